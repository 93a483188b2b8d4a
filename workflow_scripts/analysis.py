"""Run an analysis on a dataset."""

from pathlib import Path

from threadpoolctl import threadpool_limits

from sccbgm.analyses.run import origin_of, run, runtime_of, write
from sccbgm.benchmark.studies import load_run
from sccbgm.io.logs import logged

with logged(snakemake.log[0]), threadpool_limits(snakemake.threads):
    study = load_run(snakemake.config).studies[snakemake.params.study]
    cells = Path(snakemake.input.cells) if snakemake.input.cells else None
    asked = study, snakemake.wildcards.analysis, snakemake.wildcards.dataset, cells
    result = run(*asked, runtime_of(study, snakemake.threads))
    made = origin_of(*asked, snakemake.params.code)
    write(result, Path(snakemake.output.rows), Path(snakemake.output.cells), made)
