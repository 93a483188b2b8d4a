"""Draw the real and the edited cells of a task."""

from pathlib import Path

import anndata

from sccbgm.benchmark.studies import load_run
from sccbgm.config.figure_ids import parse_figure
from sccbgm.data.loading import load_tasks
from sccbgm.figures import read_predictions, save, umap_figure, umap_points
from sccbgm.io.logs import logged
from sccbgm.tables.names import Names

with logged(snakemake.log[0]):
    id, files = snakemake.wildcards.figure, snakemake.input
    study = load_run(snakemake.config).making("figures", id)
    figure = parse_figure(id, study.datasets)
    dataset, seed = study.datasets[figure.dataset], study.seeds(figure.dataset)[0]
    task = load_tasks(files.data, files.tasks, files.pca, [figure.task])[figure.task]
    names, target = Names(study.declared), task.task.targets[0].id
    sides, paths = figure.paper.sides if figure.paper else {}, map(Path, files.predictions)
    edited = read_predictions(paths, figure.task, target, seed, names, sides)
    obs = anndata.read_h5ad(files.data, backed="r").obs
    points = umap_points(task, obs, edited, names, labels=sides)
    title = figure.paper.title if figure.paper else f"{dataset.title}: {figure.task}"
    drawn = umap_figure(points, title, names, dataset.reduced)
    save(drawn, Path(snakemake.output[0]).with_suffix(""))
