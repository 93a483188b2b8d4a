# From cells to tables: `snakemake --cores 8` runs config/config.yaml, `--configfile` another one.
# Stages and the files between them: results/README.md. Settings: config/README.md.


include: "rules/places.smk"


if not workflow.overwrite_configfiles:

    configfile: of_repository("config/config.yaml")


report: "report/workflow.rst"


include: "rules/common.smk"
include: "rules/failures.smk"
include: "rules/scheduler.smk"
include: "rules/cluster.smk"
include: "rules/times.smk"
include: "rules/inputs.smk"
include: "rules/resources.smk"
include: "rules/download.smk"
include: "rules/synthetic.smk"
include: "rules/lookalike.smk"
include: "rules/derived.smk"
include: "rules/preprocess.smk"
include: "rules/tasks.smk"
include: "rules/train.smk"
include: "rules/evaluate.smk"
include: "rules/tables.smk"
include: "rules/figures.smk"
include: "rules/paper.smk"
include: "rules/doubles.smk"
include: "rules/norman.smk"
include: "rules/analysed.smk"
include: "rules/analyses.smk"
include: "rules/compared.smk"
include: "rules/comparisons.smk"
include: "rules/report.smk"
include: "rules/named.smk"
include: "rules/targets.smk"
include: "rules/progress.smk"


onstart:
    look_for_jobs_when_one_ends()
    if workflow.is_main_process and not FINISHING:
        RUN_LOCK.append(lock_results(RESULTS))
        not_beside_an_earlier_run()
        no_file_after_now()
        note_this_run()
        note_the_logs()
        forget_the_last_run()
        tell_what_is_expected()


onsuccess:
    if workflow.is_main_process and not FINISHING:
        say_what_to_open()


onerror:
    if workflow.is_main_process and not FINISHING:
        finish_what_is_there()


rule all:
    default_target: True
    input:
        TARGETS["tables"],
        TARGETS["figures"],
        there(LISTED),
        derived_shards,
        f"{RESULTS}/status.json",
        f"{RESULTS}/report.html",
        f"{RESULTS}/complete",
