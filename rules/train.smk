# One job a shard: train its members together, predict in every mode.


rule train:
    input:
        data=f"{RESULTS}/data/{{dataset}}.h5ad",
        tasks=f"{RESULTS}/tasks/{{dataset}}/tasks.json",
        pca=f"{RESULTS}/tasks/{{dataset}}/pca.h5ad",
        stage1=first_stage,
        method=method_file,
    output:
        fit=f"{RESULTS}/fits/{{dataset}}/{{preset}}/{{method}}/{{shard}}.pt",
        predictions=f"{RESULTS}/predictions/{{dataset}}/{{preset}}/{{method}}/{{shard}}.h5ad",
    log:
        f"{RESULTS}/logs/train/{{dataset}}/{{preset}}/{{method}}/{{shard}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train/{{dataset}}/{{preset}}/{{method}}/{{shard}}.tsv"
    conda:
        ENV
    threads: BENCHMARK.config.runtime.threads
    resources:
        gpu=gpus,
        mem_mb=lambda wildcards, input, attempt: attempt * max(8000, int(6 * input.size_mb)),
        runtime=1440,
    params:
        settings=lambda wildcards: shard_settings(BENCHMARK, shard(wildcards)),
    script:
        "../workflow_scripts/train.py"
