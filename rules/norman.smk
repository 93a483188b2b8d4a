# Unseen double perturbations from single ones (Norman et al. 2019): `snakemake norman`.
from pathlib import Path

from sccbgm.config.norman import load_norman_config

NORMAN = {
    path.stem: load_norman_config(path)
    for path in sorted(Path(workflow.basedir, "config/norman").glob("*.yaml"))
}


rule norman:
    input:
        expand(f"{RESULTS}/norman/{{experiment}}/summary.csv", experiment="norman"),


rule norman_download:
    output:
        f"{RESULTS}/norman/{{experiment}}/raw.h5ad",
    log:
        f"{RESULTS}/logs/norman/{{experiment}}/download.log",
    conda:
        ENV
    params:
        source=lambda wildcards: NORMAN[wildcards.experiment].source.model_dump(),
    script:
        "../workflow_scripts/norman_download.py"


rule norman_experiment:
    input:
        cells=lambda wildcards: norman_cells(NORMAN[wildcards.experiment], wildcards),
    output:
        rows=f"{RESULTS}/norman/{{experiment}}/metrics.parquet",
        summary=f"{RESULTS}/norman/{{experiment}}/summary.csv",
    log:
        f"{RESULTS}/logs/norman/{{experiment}}/experiment.log",
    benchmark:
        f"{RESULTS}/benchmarks/norman/{{experiment}}.tsv"
    conda:
        ENV
    threads: BENCHMARK.config.runtime.threads
    resources:
        gpu=int(BENCHMARK.config.runtime.device != "cpu"),
        mem_mb=memory(8000, 24),
        runtime=1440,
    params:
        settings=lambda wildcards: NORMAN[wildcards.experiment].model_dump(mode="json"),
        runtime=BENCHMARK.config.runtime.model_dump(mode="json"),
    script:
        "../workflow_scripts/norman.py"
