"""Draw the runs of a metric as box plots."""

from pathlib import Path

import pandas as pd

from sccbgm.benchmark.studies import load_run
from sccbgm.config.figure_ids import parse_figure
from sccbgm.config.sweep import grid_points
from sccbgm.figures import NothingToDraw, box_figure, box_values, nothing_figure, save
from sccbgm.io.logs import logged
from sccbgm.io.seals import verified
from sccbgm.tables.names import Names

with logged(snakemake.log[0]):
    id = snakemake.wildcards.figure
    study = load_run(snakemake.config).making("figures", id)
    figure = parse_figure(id, study.datasets)
    config, names = study.config, Names(study.declared)
    grid = grid_points(config.sweep, config.variants, config.scale.settings)
    metrics, paper = pd.read_parquet(verified(snakemake.input.metrics)), figure.paper
    if paper:
        metrics = metrics[metrics["dataset"].isin(paper.datasets)]
    sides, title = (paper.sides, paper.title) if paper else (None, "")
    try:
        values = box_values(metrics, figure.metric, figure.by, names, grid, sides)
        drawn = box_figure(values, figure.metric, figure.by, names, title)
    except NothingToDraw as nothing:
        drawn = nothing_figure(nothing, title or id)
    save(drawn, Path(snakemake.output[0]).with_suffix(""))
