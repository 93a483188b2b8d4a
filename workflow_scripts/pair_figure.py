"""Draw two methods on every task of a dataset, with paired tests."""

from pathlib import Path

import pandas as pd

from sccbgm.benchmark.studies import load_run
from sccbgm.config.figure_ids import METRICS_OF_PAIRS, parse_figure
from sccbgm.figures import NothingToDraw, nothing_figure, pair_figure, pair_values, save
from sccbgm.io.logs import logged
from sccbgm.io.seals import verified
from sccbgm.tables.names import Names
from sccbgm.tables.paired import said_of_pairs

with logged(snakemake.log[0]):
    id = snakemake.wildcards.figure
    study = load_run(snakemake.config).making("figures", id)
    figure = parse_figure(id, study.datasets)
    metrics = pd.read_parquet(verified(snakemake.input.metrics))
    rows, sides = metrics[metrics["dataset"] == figure.dataset], figure.paper.sides
    title = f"{figure.paper.title}: {study.datasets[figure.dataset].title}"
    try:
        values = pair_values(rows, METRICS_OF_PAIRS, sides)
        tests = said_of_pairs(rows, METRICS_OF_PAIRS, *sides)
        drawn = pair_figure(values, sides, Names(study.declared), title, tests, rows["reduced"])
    except NothingToDraw as nothing:
        drawn = nothing_figure(nothing, title)
    save(drawn, Path(snakemake.output[0]).with_suffix(""))
