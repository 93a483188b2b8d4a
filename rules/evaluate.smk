# Tidy rows: one a number. Nothing is averaged before metrics.parquet.


rule evaluate:
    input:
        data=f"{RESULTS}/data/{{dataset}}.h5ad",
        tasks=f"{RESULTS}/tasks/{{dataset}}/tasks.json",
        pca=f"{RESULTS}/tasks/{{dataset}}/pca.h5ad",
        denominators=f"{RESULTS}/tasks/{{dataset}}/denominators_{{preset}}.parquet",
        predictions=f"{RESULTS}/predictions/{{dataset}}/{{preset}}/{{method}}/{{shard}}.h5ad",
    output:
        f"{RESULTS}/metrics/{{dataset}}/{{preset}}/{{method}}/{{shard}}.parquet",
    log:
        f"{RESULTS}/logs/evaluate/{{dataset}}/{{preset}}/{{method}}/{{shard}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate/{{dataset}}/{{preset}}/{{method}}/{{shard}}.tsv"
    conda:
        ENV
    threads: BENCHMARK.config.runtime.threads
    resources:
        mem_mb=memory(8000, 6),
        runtime=240,
    params:
        metrics=lambda wildcards: metrics_for(BENCHMARK, wildcards.dataset),
    script:
        "../workflow_scripts/evaluate.py"


rule collect:
    input:
        [f"{RESULTS}/metrics/{shard.path}.parquet" for shard in EVALUATED],
    output:
        f"{RESULTS}/metrics.parquet",
    log:
        f"{RESULTS}/logs/collect.log",
    conda:
        ENV
    resources:
        mem_mb=4000,
        runtime=30,
    script:
        "../workflow_scripts/collect.py"
