"""Draw two methods on every task of a dataset, with paired tests."""

from pathlib import Path

import pandas as pd

from sccbgm.config.figure_ids import METRICS_OF_PAIRS, parse_figure
from sccbgm.config.run import load_config
from sccbgm.figures import pair_figure, pair_values, save
from sccbgm.io.logs import logged
from sccbgm.io.seals import verified
from sccbgm.tables.names import Names
from sccbgm.tables.paired import said_of_pairs

with logged(snakemake.log[0]):
    benchmark = load_config(snakemake.config)
    figure = parse_figure(snakemake.wildcards.figure, benchmark.datasets)
    metrics = pd.read_parquet(verified(snakemake.input.metrics))
    rows, sides = metrics[metrics["dataset"] == figure.dataset], figure.paper.sides
    values = pair_values(rows, METRICS_OF_PAIRS, sides)
    tests = said_of_pairs(rows, METRICS_OF_PAIRS, *sides)
    title = f"{figure.paper.title}: {benchmark.datasets[figure.dataset].title}"
    drawn = pair_figure(values, sides, Names(benchmark.declared), title, tests, rows["reduced"])
    save(drawn, Path(snakemake.output[0]).with_suffix(""))
