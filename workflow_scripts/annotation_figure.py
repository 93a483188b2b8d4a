"""Draw generated cells by their annotations."""

from pathlib import Path

import anndata

from sccbgm.benchmark.studies import load_run
from sccbgm.config.figure_ids import parse_figure
from sccbgm.figures import annotation_figure, annotation_points, save
from sccbgm.io.logs import logged
from sccbgm.io.seals import verified

with logged(snakemake.log[0]):
    id = snakemake.wildcards.figure
    study = load_run(snakemake.config).making("figures", id)
    figure = parse_figure(id, study.datasets)
    dataset = study.datasets[figure.dataset]
    points = annotation_points(anndata.read_h5ad(verified(snakemake.input[0])), figure.kind)
    title = figure.paper.title if figure.paper else dataset.title
    drawn = annotation_figure(points, title, dataset.reduced)
    save(drawn, Path(snakemake.output[0]).with_suffix(""))
