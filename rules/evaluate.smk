# Tidy rows: one a number. Nothing is averaged before metrics.parquet.
from sccbgm.benchmark.collect import collect_settings


rule evaluate:
    input:
        data=f"{RESULTS}/data/{{dataset}}.h5ad",
        tasks=of_block(".json"),
        pca=of_block("_pca.h5ad"),
        denominators=denominators,
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
        mem_mb=evaluation_memory,
        runtime=240,
    params:
        settings=lambda wildcards: depends.evaluation_settings(BENCHMARK, wildcards.dataset),
        code=lambda wildcards: versions.evaluation(),
    script:
        "../workflow_scripts/evaluate.py"


rule collect:
    input:
        rows_of_shards,
    output:
        f"{RESULTS}/metrics.parquet",
    log:
        f"{RESULTS}/logs/collect.log",
    conda:
        ENV
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        settings=lambda wildcards: collect_settings(BENCHMARK, EVALUATED),
        versions=lambda wildcards: method_versions(),
        lost=lambda wildcards: lost_shards(),
    script:
        "../workflow_scripts/collect.py"
