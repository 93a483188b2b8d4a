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
    run, files = load_run(snakemake.config), snakemake.input
    name = f"umap_{snakemake.wildcards.task}"
    study = run.studies[run.owner("figures", name)]
    figure = parse_figure(name, study.datasets)
    dataset, seed = study.datasets[figure.dataset], study.seeds(figure.dataset)[0]
    task = load_tasks(files.data, files.tasks, files.pca, [figure.task])[figure.task]
    names, target = Names(study.declared), task.task.targets[0].id
    edited = read_predictions(map(Path, files.predictions), figure.task, target, seed, names)
    points = umap_points(task, anndata.read_h5ad(files.data, backed="r").obs, edited, names)
    drawn = umap_figure(points, f"{dataset.title}: {figure.task}", names, dataset.reduced)
    save(drawn, Path(snakemake.output[0]).with_suffix(""))
