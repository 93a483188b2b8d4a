# What failed, and whether the run may end with success.


rule status:
    input:
        metrics=f"{RESULTS}/metrics.parquet",
        predictions=there(f"{RESULTS}/predictions/{path}.h5ad" for path in SHARDS),
        # Not read: the status is made whenever anything is, since a run begins without one.
        made=there([*tables(), *figures()]),
    output:
        f"{RESULTS}/status.json",
    log:
        f"{RESULTS}/logs/status.log",
    conda:
        ENV
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        unfinished=lambda wildcards: UNFINISHED,
    script:
        "../workflow_scripts/status.py"


# Last, and without an output where a member failed: the run then ends with an error.
rule complete:
    input:
        f"{RESULTS}/status.json",
    output:
        touch(f"{RESULTS}/complete"),
    log:
        f"{RESULTS}/logs/complete.log",
    conda:
        ENV
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        again=lambda wildcards: retry_command(),
    script:
        "../workflow_scripts/complete.py"
