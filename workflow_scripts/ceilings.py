"""Scores of real cells as predictions of the held-out ones."""

from pathlib import Path

from threadpoolctl import threadpool_limits

from sccbgm.benchmark.evaluate import ceilings_of_block
from sccbgm.benchmark.studies import load_run
from sccbgm.io.logs import logged
from sccbgm.io.seals import sealed

with logged(snakemake.log[0]), threadpool_limits(snakemake.threads):
    config = load_run(snakemake.config).datasets[snakemake.wildcards.dataset]
    files = {name: Path(path) for name, path in snakemake.input.items()}
    table = ceilings_of_block(config, files, snakemake.params.metrics)
    with sealed(snakemake.output[0]) as path:
        table.to_parquet(path, index=False)
