# One job a shard: train its members together, predict in every mode. What a method needs of the
# machine, it declares itself. Jobs that use a GPU have a name of their own, so that a profile can
# send them elsewhere.

FITS = f"{RESULTS}/fits/{{dataset}}/{{preset}}/{{method}}/{{shard}}.pt"


rule train:
    input:
        data=f"{RESULTS}/data/{{dataset}}.h5ad",
        tasks=of_block(".json"),
        pca=of_block("_pca.h5ad"),
        stage1=first_stage,
    output:
        fit=FITS if RUNTIME.keep_fits else temp(FITS),
        predictions=f"{RESULTS}/predictions/{{dataset}}/{{preset}}/{{method}}/{{shard}}.h5ad",
    log:
        f"{RESULTS}/logs/train/{{dataset}}/{{preset}}/{{method}}/{{shard}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train/{{dataset}}/{{preset}}/{{method}}/{{shard}}.tsv"
    wildcard_constraints:
        method=any_of(on_the("cpu")),
    conda:
        environment
    threads: training_threads
    resources:
        gpu=lambda wildcards: int(uses_gpu([wildcards.method])),
        mem_mb=training_memory,
        runtime=1440,
    params:
        settings=lambda wildcards: depends.shard_settings(*study_and_shard(wildcards)),
        code=lambda wildcards: training_version(wildcards.method),
    script:
        "../workflow_scripts/train.py"


use rule train as train_gpu with:
    wildcard_constraints:
        method=any_of(on_the("gpu")),
