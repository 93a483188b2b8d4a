"""Draw an analysis."""

from pathlib import Path

import anndata
import pandas as pd

from sccbgm.benchmark.studies import load_run
from sccbgm.config.analyses import find
from sccbgm.figures import NothingToDraw, analysed_figure, nothing_figure, save
from sccbgm.io.logs import logged
from sccbgm.io.seals import verified

with logged(snakemake.log[0]):
    datasets = load_run(snakemake.config).making("figures", snakemake.wildcards.id).datasets
    asked = find(snakemake.wildcards.id, "figure", datasets)
    rows = pd.read_parquet(verified(snakemake.input.rows[0]))
    cells = anndata.read_h5ad(verified(snakemake.input.cells[0]))
    title = f"{asked.output.title}: {datasets[asked.datasets[0]].title}"
    try:
        drawn = analysed_figure(asked.id, rows, cells, title)
    except NothingToDraw as nothing:
        drawn = nothing_figure(nothing, title)
    save(drawn, Path(snakemake.output[0]).with_suffix(""))
