# One job a shard: train its members together, predict in every mode.


rule train:
    input:
        data=f"{RESULTS}/data/{{dataset}}.h5ad",
        tasks=of_block(".json"),
        pca=of_block("_pca.h5ad"),
        stage1=first_stage,
    output:
        fit=f"{RESULTS}/fits/{{dataset}}/{{preset}}/{{method}}/{{shard}}.pt",
        predictions=f"{RESULTS}/predictions/{{dataset}}/{{preset}}/{{method}}/{{shard}}.h5ad",
    log:
        f"{RESULTS}/logs/train/{{dataset}}/{{preset}}/{{method}}/{{shard}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train/{{dataset}}/{{preset}}/{{method}}/{{shard}}.tsv"
    wildcard_constraints:
        method="(?!(biolord|cinema_ot|scgen)/)[a-z0-9_]+",
    conda:
        ENV
    threads: BENCHMARK.config.runtime.threads
    resources:
        gpu=gpus,
        mem_mb=memory(8000, 6),
        runtime=1440,
    params:
        settings=lambda wildcards: depends.shard_settings(BENCHMARK, shard(wildcards)),
        code=lambda wildcards: versions.training(BENCHMARK, wildcards.method),
    script:
        "../workflow_scripts/train.py"
