"""Draw the runs of a metric as box plots."""

from pathlib import Path

import pandas as pd

from sccbgm.config.figure_ids import parse_figure
from sccbgm.config.run import load_config
from sccbgm.figures import box_figure, box_values, save
from sccbgm.io.logs import logged
from sccbgm.tables.labels import CONTROLS, metric_title

with logged(snakemake.log[0]):
    benchmark = load_config(snakemake.config)
    figure = parse_figure(f"boxes_{snakemake.wildcards.boxes}", benchmark.datasets)
    methods = [method for method in benchmark.config.methods if method not in CONTROLS]
    metrics = pd.read_parquet(snakemake.input.metrics)
    values = box_values(metrics, figure.metric, figure.by, methods)
    reduced = " ".join(sorted(set(metrics["reduced"].astype(str)) - {""}))
    words = {"noise": "annotation noise", "task": "intervention"}
    title = f"{metric_title(figure.metric)} by {words[figure.by]}"
    drawn = box_figure(values, figure.metric, methods, title, reduced)
    save(drawn, Path(snakemake.output[0]).with_suffix(""))
