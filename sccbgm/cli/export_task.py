"""Write the training and the intervened cells of a task as h5ad, without the target's cells.

An outside tool fits the ones, edits the others, and `sccbgm score` takes its predictions.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from sccbgm.cli.configs import add_config, read_run
from sccbgm.cli.prepared import add_dataset, chosen, prepare

EXAMPLE = "sccbgm export-task config/demo.yaml --task intervention_0 --output exported"
CODES = {1: "the cells could not be prepared: Snakemake says why"}


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_config(parser)
    add_dataset(parser)
    parser.add_argument("--task", nargs="+", required=True, metavar="ID", help="ids of tasks")
    parser.add_argument(
        "--output", type=Path, default=Path("exported"), metavar="FOLDER",
        help="where a folder a task is written (exported)",
    )  # fmt: skip
    parser.add_argument("--csv", action="store_true", help="tables beside the h5ad files, for R")


def run(options: argparse.Namespace) -> int:
    """Prepare the dataset where it is not, and write."""
    from sccbgm.benchmark.plan import blocks
    from sccbgm.config.errors import ConfigError, accepted

    asked = read_run(options.config)
    dataset = chosen(asked, options.dataset)
    ready = prepare(options.config, asked, dataset, options.cores)
    if ready is None:
        return 1
    block_of = {
        task: block
        for block, study in ready.blocks(dataset).items()
        for task in blocks(study, dataset)[block]
    }
    unknown = [accepted(task, block_of, "task") for task in options.task if task not in block_of]
    if unknown:
        raise ConfigError("\n".join(f"--task: {words}" for words in unknown))
    import anndata

    from sccbgm.data.export import exported, write_exported
    from sccbgm.data.loading import CleanCells
    from sccbgm.data.pca import Bases
    from sccbgm.data.tasks import read_tasks
    from sccbgm.io.seals import verified

    cells = CleanCells(anndata.read_h5ad(verified(ready.results / "data" / f"{dataset}.h5ad")))
    for id in options.task:
        stem = ready.results / "tasks" / dataset / block_of[id]
        task = next(t for t in read_tasks(f"{stem}.json") if t.id == id)
        basis = Bases(f"{stem}_pca.h5ad", [id])[id]
        made = exported(cells, task, basis)
        for file in write_exported(made, options.output / dataset / id, options.csv):
            print(file)
    return 0
