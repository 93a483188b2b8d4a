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
    figure = parse_figure(f"boxes_{snakemake.wildcards.boxes}", benchmark.datasets)
    config, names = benchmark.config, Names(benchmark.declared)
    grid = grid_points(config.sweep, config.variants, config.scale.settings)
    metrics = pd.read_parquet(verified(snakemake.input.metrics))
    values = box_values(metrics, figure.metric, figure.by, names, grid)
    drawn = box_figure(values, figure.metric, figure.by, names)
    save(drawn, Path(snakemake.output[0]).with_suffix(""))
