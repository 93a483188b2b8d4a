# Tidy rows: one a number. Nothing is averaged before they are collected, study by study.
from sccbgm.benchmark.collect import collect_settings


# Questions that are asked of fitted methods: whatever a prediction alone does not show.
rule check:
    input:
        data=f"{RESULTS}/data/{{dataset}}.h5ad",
        tasks=of_block(".json"),
        pca=of_block("_pca.h5ad"),
        stage1=first_stage,
        fit=f"{RESULTS}/fits/{{dataset}}/{{preset}}/{{method}}/{{shard}}.pt",
    output:
        f"{RESULTS}/checks/{{dataset}}/{{preset}}/{{method}}/{{shard}}.parquet",
    log:
        f"{RESULTS}/logs/check/{{dataset}}/{{preset}}/{{method}}/{{shard}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/check/{{dataset}}/{{preset}}/{{method}}/{{shard}}.tsv"
    wildcard_constraints:
        method=any_of(on_the("cpu")),
    conda:
        environment
    threads: RUNTIME.threads
    resources:
        gpu=lambda wildcards: int(uses_gpu([wildcards.method])),
        mem_mb=training_memory,
        runtime=240,
    params:
        metrics=lambda wildcards: RUN.checks(study_and_shard(wildcards)[1].path),
        code=lambda wildcards: versions.checks(training_version(wildcards.method)),
    script:
        "../workflow_scripts/check.py"


use rule check as check_gpu with:
    wildcard_constraints:
        method=any_of(on_the("gpu")),


rule evaluate:
    input:
        data=f"{RESULTS}/data/{{dataset}}.h5ad",
        tasks=of_block(".json"),
        pca=of_block("_pca.h5ad"),
        denominators=denominators,
        predictions=f"{RESULTS}/predictions/{{dataset}}/{{preset}}/{{method}}/{{shard}}.h5ad",
        checks=checks,
    output:
        f"{RESULTS}/metrics/{{dataset}}/{{preset}}/{{method}}/{{shard}}.parquet",
    log:
        f"{RESULTS}/logs/evaluate/{{dataset}}/{{preset}}/{{method}}/{{shard}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate/{{dataset}}/{{preset}}/{{method}}/{{shard}}.tsv"
    conda:
        ENV
    threads: RUNTIME.threads
    resources:
        mem_mb=evaluation_memory,
        runtime=240,
    params:
        settings=lambda wildcards: depends.evaluation_settings(
            dataset(wildcards), RUN.metrics(wildcards.dataset)
        ),
        code=lambda wildcards: versions.evaluation(),
    script:
        "../workflow_scripts/evaluate.py"


rule collect:
    input:
        rows_of_study,
    output:
        str(RUN.rows_file(STUDY)),
    log:
        f"{RESULTS}/logs/collect{STUDY}.log",
    conda:
        ENV
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        settings=lambda wildcards: collect_settings(
            RUN.studies[study_id(wildcards)], [*RUN.scored[study_id(wildcards)].values()]
        ),
        versions=method_versions,
        lost=lost_shards,
    script:
        "../workflow_scripts/collect.py"
