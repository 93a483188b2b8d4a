"""Draw the runs of a table."""

from pathlib import Path

import pandas as pd

from sccbgm.benchmark.studies import load_run
from sccbgm.figures import metric_figure, save
from sccbgm.io.logs import logged
from sccbgm.io.seals import verified
from sccbgm.tables import build

with logged(snakemake.log[0]):
    metrics = pd.read_parquet(verified(snakemake.input.metrics))
    paper = Path(snakemake.input.published[0]).parent
    study = load_run(snakemake.config).making("figures", snakemake.params.figure)
    table = build(snakemake.wildcards.table, metrics, paper, study.declared)
    save(metric_figure(table), Path(snakemake.output[0]).with_suffix(""))
