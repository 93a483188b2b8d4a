# What failed, and whether the run may end with success.


rule status:
    input:
        metrics=f"{RESULTS}/metrics.parquet",
        predictions=[f"{RESULTS}/predictions/{path}.h5ad" for path in SHARDS],
    output:
        f"{RESULTS}/status.json",
    log:
        f"{RESULTS}/logs/status.log",
    conda:
        ENV
    resources:
        mem_mb=2000,
        runtime=10,
    script:
        "../workflow_scripts/status.py"


# Last, and without an output where a member failed: the run then ends with an error, and what
# could be made is there.
rule complete:
    input:
        status=f"{RESULTS}/status.json",
        made=[*tables(), *figures()],
    output:
        touch(f"{RESULTS}/complete"),
    log:
        f"{RESULTS}/logs/complete.log",
    conda:
        ENV
    resources:
        mem_mb=1000,
        runtime=5,
    script:
        "../workflow_scripts/complete.py"
