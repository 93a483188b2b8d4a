"""Draw the real and the edited cells of a task."""

from pathlib import Path

import anndata

from sccbgm.config.figure_ids import parse_figure
from sccbgm.config.run import load_config
from sccbgm.data.loading import load_tasks
from sccbgm.figures import read_predictions, save, umap_figure, umap_points
from sccbgm.io.logs import logged

with logged(snakemake.log[0]):
    benchmark, files = load_config(snakemake.config), snakemake.input
    figure = parse_figure(f"umap_{snakemake.wildcards.task}", benchmark.datasets)
    dataset, seed = benchmark.datasets[figure.dataset], benchmark.seeds(figure.dataset)[0]
    task = load_tasks(files.data, files.tasks, files.pca, [figure.task])[figure.task]
    edited = read_predictions(
        [Path(path) for path in files.predictions], figure.task, task.task.targets[0].id, seed
    )
    points = umap_points(task, anndata.read_h5ad(files.data, backed="r").obs, edited)
    title = f"{dataset.title}: {figure.task}"
    save(umap_figure(points, title, dataset.reduced), Path(snakemake.output[0]).with_suffix(""))
