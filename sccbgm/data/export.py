"""The cells of a task for a tool outside: those to train on and those to edit, never the target."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sccbgm.data.concepts import get_concepts
from sccbgm.data.loading import CleanCells
from sccbgm.data.pca import Basis
from sccbgm.data.tasks import split
from sccbgm.data.text import key_of
from sccbgm.io.files import written_whole
from sccbgm.protocol.task import Task

if TYPE_CHECKING:
    from anndata import AnnData

FILES = ("train.h5ad", "intervene.h5ad", "task.json")
TABLES = ("train.csv.gz", "train_cells.csv.gz", "intervene.csv.gz", "intervene_cells.csv.gz")


def exported(cells: CleanCells, task: Task, basis: Basis | None) -> dict[str, AnnData]:
    """The cells of a task, by "train" and "intervene".

    X: log-normalised genes; obs: labels; obsm["concepts"], and in "intervene", for each target,
    obsm["concepts_<target>"]: what they are edited to. obsm["X_pca"] and varm["PCs"], var["mean"]:
    the task's components, z = (x - mean) PCs, fitted on its training cells. uns["task"]: JSON of
    `description`.
    """
    adata, rows = cells.adata, split(cells.adata.obs, task)
    table = get_concepts(adata, task.concepts_key)
    both = {"train": rows.train, "intervene": rows.intervene}
    made = {name: _part(adata, chosen, table, basis) for name, chosen in both.items()}
    for target in task.targets:
        edited = table.iloc[rows.intervene].assign(**dict(target.edits))
        made["intervene"].obsm[f"concepts_{key_of(target.id)}"] = _with_keys(edited)
    for part in made.values():
        part.uns["task"] = json.dumps(description(cells, task))
    return made


def description(cells: CleanCells, task: Task) -> dict[str, Any]:
    """What is asked: the task, the edits to each target, and the scale of the values."""
    return {
        "dataset": task.dataset,
        "task": task.id,
        "intervene": task.intervene,
        "edits": {target.id: dict(target.edits) for target in task.targets},
        "scale": "ln(1 + x), x counts that add up to target_sum in a cell",
        "target_sum": float(cells.record["target_sum"]),
    }


def write_exported(made: dict[str, AnnData], folder: Path, tables: bool) -> list[Path]:
    """Write `FILES`, and `TABLES` where they are asked for. Returns their paths."""
    files = []
    for name, part in made.items():
        with written_whole(folder / f"{name}.h5ad") as beside:
            part.write_h5ad(beside, compression="gzip")
        files.append(folder / f"{name}.h5ad")
        for stem, table in _tables(name, part) if tables else ():
            with written_whole(folder / f"{stem}.csv.gz") as beside:
                table.to_csv(beside, index_label="cell", compression="gzip")
            files.append(folder / f"{stem}.csv.gz")
    with written_whole(folder / "task.json") as beside:
        beside.write_text(json.dumps(json.loads(made["train"].uns["task"]), indent=1) + "\n")
    return [*files, folder / "task.json"]


def _part(adata: AnnData, rows: np.ndarray, table: pd.DataFrame, basis: Basis | None) -> AnnData:
    import anndata

    part = anndata.AnnData(
        adata.X[rows], obs=adata.obs.iloc[rows], var=pd.DataFrame(index=adata.var_names)
    )
    for column in part.obs.select_dtypes("category"):
        part.obs[column] = part.obs[column].cat.remove_unused_categories()
    part.obsm["concepts"] = _with_keys(table.iloc[rows])
    if basis is not None:
        part.obsm["X_pca"] = basis.transform(part.X)
        part.varm["PCs"], part.var["mean"] = basis.components.T, basis.mean
    return part


def _with_keys(table: pd.DataFrame) -> pd.DataFrame:
    return table.set_axis([key_of(str(name)) for name in table], axis=1)


def _tables(name: str, part: AnnData) -> Iterator[tuple[str, pd.DataFrame]]:
    yield name, part.to_df()
    concepts = {
        key: table.add_prefix("" if key == "concepts" else f"{key.removeprefix('concepts_')}:")
        for key, table in part.obsm.items()
        if key.startswith("concepts")
    }
    yield f"{name}_cells", pd.concat([part.obs, *concepts.values()], axis=1)
