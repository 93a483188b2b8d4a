# A file a block of tasks: what is held out, the principal components of every task, and the
# distances that ratios are formed with, by the rules of every preset in one job.

SCORED_AS = sorted(
    {
        rules_of
        for method in BENCHMARK.config.methods
        for preset in presets(BENCHMARK, method)
        for rules_of in scored_as(BENCHMARK, method, preset)
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
    threads: BENCHMARK.config.runtime.threads
    resources:
        mem_mb=block_memory,
        runtime=60,
    params:
        settings=lambda wildcards: depends.block_settings(
            BENCHMARK, wildcards.dataset, wildcards.block
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
    threads: BENCHMARK.config.runtime.threads
    resources:
        mem_mb=block_memory,
        runtime=240,
    params:
        presets=SCORED_AS,
        metrics=lambda wildcards: depends.ratios_for(BENCHMARK, wildcards.dataset),
        code=lambda wildcards: versions.version("sccbgm.metrics.ratio", "sccbgm.data.loading"),
    script:
        "../workflow_scripts/denominators.py"
