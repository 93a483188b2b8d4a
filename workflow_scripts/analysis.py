"""Run an analysis on a dataset."""

from pathlib import Path

from threadpoolctl import threadpool_limits

from sccbgm.analyses.run import run, runtime_of, write
from sccbgm.config.run import load_config
from sccbgm.io.logs import logged

with logged(snakemake.log[0]), threadpool_limits(snakemake.threads):
    benchmark = load_config(snakemake.config)
    cells = Path(snakemake.input.cells) if snakemake.input.cells else None
    wildcards = snakemake.wildcards
    runtime = runtime_of(benchmark, snakemake.threads)
    result = run(benchmark, wildcards.analysis, wildcards.dataset, cells, runtime)
    write(result, Path(snakemake.output.rows), Path(snakemake.output.cells))
