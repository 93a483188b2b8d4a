"""Draw generated cells by their annotations."""

from pathlib import Path

import anndata

from sccbgm.benchmark.studies import load_run
from sccbgm.config.figure_ids import parse_figure
from sccbgm.figures import annotation_figure, annotation_points, save
from sccbgm.io.logs import logged

with logged(snakemake.log[0]):
    datasets = load_run(snakemake.config).datasets
    wildcards = snakemake.wildcards
    figure = parse_figure(f"cells_{wildcards.kind}__{wildcards.dataset}", datasets)
    dataset = datasets[figure.dataset]
    points = annotation_points(anndata.read_h5ad(snakemake.input[0]), figure.kind)
    drawn = annotation_figure(points, dataset.title, dataset.reduced)
    save(drawn, Path(snakemake.output[0]).with_suffix(""))
