"""Draw the runs of a metric as box plots."""

from pathlib import Path

import pandas as pd

from sccbgm.config.figure_ids import parse_figure
from sccbgm.config.run import load_config
from sccbgm.config.sweep import grid_points
from sccbgm.figures import box_figure, box_values, save
from sccbgm.io.logs import logged
from sccbgm.io.seals import verified
from sccbgm.tables.names import Names

with logged(snakemake.log[0]):
    benchmark = load_config(snakemake.config)
    figure = parse_figure(snakemake.wildcards.figure, benchmark.datasets)
    config, names = benchmark.config, Names(benchmark.declared)
    grid = grid_points(config.sweep, config.variants, config.scale.settings)
    metrics, paper = pd.read_parquet(verified(snakemake.input.metrics)), figure.paper
    if paper:
        metrics = metrics[metrics["dataset"].isin(paper.datasets)]
    sides = paper.sides if paper else None
    values = box_values(metrics, figure.metric, figure.by, names, grid, sides)
    drawn = box_figure(values, figure.metric, figure.by, names, paper.title if paper else "")
    save(drawn, Path(snakemake.output[0]).with_suffix(""))
