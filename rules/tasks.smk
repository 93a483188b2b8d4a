# A file a block of tasks: what is held out, the principal components of every task, and the
# distances that ratios are formed with, by the rules of every preset in one job.
from sccbgm.benchmark.plan import presets, scored_as

SCORED_AS = sorted(
    {
        rules_of
        for study in RUN.studies.values()
        for method in study.config.methods
        for preset in presets(study, method)
        for rules_of in scored_as(study, method, preset)
    }
)


rule tasks:
    input:
        f"{RESULTS}/data/{{dataset}}.h5ad",
    output:
        tasks=f"{RESULTS}/tasks/{{dataset}}/{{block}}.json",
        pca=f"{RESULTS}/tasks/{{dataset}}/{{block}}_pca.h5ad",
    log:
        f"{RESULTS}/logs/tasks/{{dataset}}/{{block}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/tasks/{{dataset}}/{{block}}.tsv"
    conda:
        ENV
    threads: RUNTIME.threads
    resources:
        mem_mb=components_memory,
        runtime=60,
    params:
        settings=lambda wildcards: depends.block_settings(
            RUN.blocks(wildcards.dataset)[wildcards.block], wildcards.dataset, wildcards.block
        ),
        code=lambda wildcards: versions.version("sccbgm.data.tasks", "sccbgm.data.pca"),
    script:
        "../workflow_scripts/tasks.py"


rule denominators:
    input:
        data=f"{RESULTS}/data/{{dataset}}.h5ad",
        tasks=f"{RESULTS}/tasks/{{dataset}}/{{block}}.json",
        pca=f"{RESULTS}/tasks/{{dataset}}/{{block}}_pca.h5ad",
    output:
        [
            f"{RESULTS}/tasks/{{dataset}}/{{block}}_denominators_{preset}.parquet"
            for preset in SCORED_AS
        ],
    log:
        f"{RESULTS}/logs/denominators/{{dataset}}/{{block}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/denominators/{{dataset}}/{{block}}.tsv"
    conda:
        ENV
    threads: RUNTIME.threads
    resources:
        mem_mb=distances_memory,
        runtime=240,
    params:
        presets=SCORED_AS,
        metrics=lambda wildcards: RUN.ratios(wildcards.dataset),
        code=lambda wildcards: versions.version("sccbgm.metrics.ratio", "sccbgm.data.loading"),
    script:
        "../workflow_scripts/denominators.py"
