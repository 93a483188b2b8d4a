"""A file of predicted cells that were made elsewhere: read, and held against a task."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sccbgm.io.hdf5 import survive
from sccbgm.protocol.task import TaskData

if TYPE_CHECKING:
    import pandas as pd

ENDINGS = (".h5ad", ".csv", ".csv.gz", ".tsv", ".tsv.gz", ".parquet")
ROWS = ("dataset", "task", "target", "cell", "seed")
"""Columns that say which cell a row is the prediction of; task and cell are needed."""
COMPONENT = re.compile(r"PC\d+")
LARGEST = 20.0
"""exp(20) is 500 million counts: no logarithm of a cell's counts is larger."""
SHOWN = 3


@dataclass(frozen=True)
class PredictedCells:
    """Rows of predicted cells.

    rows: task and cell, and as far as the file has them dataset, target and seed; as text.
    values: (n_rows, n_columns). names: of the columns: genes, or PC1, PC2... of the task's basis.
    """

    path: Path
    rows: pd.DataFrame
    values: Any
    names: tuple[str, ...]

    @property
    def seeds(self) -> tuple[int, ...] | None:
        """The seeds that the file has predictions of, None where they are of no seed."""
        return tuple(sorted(set(self.rows["seed"]))) if "seed" in self.rows else None


def read_predicted(path: str | Path) -> PredictedCells:
    """Read a file, by its ending: h5ad, csv, tsv (also .gz), parquet.

    Raises ValueError, naming the file and what is missing.
    """
    path = Path(path)
    try:
        rows, values, names = (_h5ad if path.suffix == ".h5ad" else _table)(path)
    except Exception as error:  # of a damaged file the readers raise what they come upon
        said = " ".join(str(error).split())
        raise ValueError(f"{path}: cannot be read: {said}") from error
    missing = [name for name in ("task", "cell") if name not in rows]
    faults = [f"no column {', '.join(missing)}; there are {list(rows)}"] if missing else []
    if len(set(names)) < len(names):
        faults.append("columns with the same name")
    if "seed" in rows:
        try:
            rows = rows.assign(seed=rows["seed"].astype(float).astype(int))
        except ValueError:
            faults.append("seed: expected whole numbers")
    if faults:
        raise ValueError(f"{path}: {'; '.join(faults)}")
    return PredictedCells(path, rows, values, names)


def cells_of(given: PredictedCells, data: TaskData, target: str, seed: int) -> np.ndarray:
    """(n_intervene, n_dims) predicted cells of a task, in the order of its intervened cells.

    Raises ValueError, with the reason, where they are not there or cannot be used.
    """
    values = _values(given, _rows_of(given, data, target, seed), data)
    if not np.isfinite(values).all():
        raise ValueError(f"{given.path.name}: values that are not finite")
    return values


def _h5ad(path: Path) -> tuple[pd.DataFrame, Any, tuple[str, ...]]:
    import anndata

    survive(path)
    adata = anndata.read_h5ad(path)
    if adata.X is None:
        raise ValueError("X is empty; expected the predicted cells")
    rows = adata.obs[[name for name in ROWS if name in adata.obs]].astype(str)
    if "cell" not in rows:
        rows = rows.assign(cell=adata.obs_names.astype(str))
    return rows.reset_index(drop=True), adata.X, tuple(map(str, adata.var_names))


def _table(path: Path) -> tuple[pd.DataFrame, Any, tuple[str, ...]]:
    import pandas as pd

    if path.suffix == ".parquet":
        table = pd.read_parquet(path)
    else:
        separator = "\t" if ".tsv" in path.suffixes else ","
        table = pd.read_csv(path, sep=separator, dtype=dict.fromkeys(ROWS, str), na_filter=False)
    names = [name for name in table if name not in ROWS]
    values = table[names].to_numpy()
    if values.dtype.kind not in "biuf":
        texts = [name for name in names if table[name].dtype.kind not in "biuf"]
        raise ValueError(f"columns that are not numbers: {texts[:SHOWN]}")
    rows = table[[name for name in ROWS if name in table]].astype(str)
    return rows, values, tuple(map(str, names))


def _rows_of(given: PredictedCells, data: TaskData, target: str, seed: int) -> np.ndarray:
    """Row numbers in the file of the task's intervened cells, in their order."""
    assert data.cell_names is not None
    wanted = {"dataset": data.task.dataset, "task": data.task.id, "target": target, "seed": seed}
    if "target" not in given.rows and len(data.task.targets) > 1:
        raise ValueError(f"{given.path.name}: no column target, and the task has several")
    its = np.ones(len(given.rows), dtype=bool)
    for name, value in wanted.items():
        if name in given.rows:
            its &= (given.rows[name] == value).to_numpy()
    if not its.any():
        asked = ", ".join(f"{k} {v}" for k, v in wanted.items() if k in given.rows)
        raise ValueError(f"{given.path.name}: no predictions of {asked}")
    import pandas as pd

    cells = pd.Index(given.rows["cell"].to_numpy()[its])
    edited = pd.Index(data.cell_names[data.intervene.rows].astype(str))
    faults = {
        "cells occur more than once": cells[cells.duplicated()],
        "cells are not among those to edit": cells.difference(edited),
        "cells to edit are missing": edited.difference(cells),
    }
    said = [f"{len(names)} {what} ({_some(names)})" for what, names in faults.items() if len(names)]
    if said:
        raise ValueError(f"{given.path.name}: {'; '.join(said)}")
    return np.flatnonzero(its)[cells.get_indexer(edited)]


def _values(given: PredictedCells, rows: np.ndarray, data: TaskData) -> np.ndarray:
    """Predicted cells in the task's own space: components as given, genes projected."""
    if all(COMPONENT.fullmatch(name) for name in given.names):
        n_dims = data.intervene.x.shape[1]
        if len(given.names) != n_dims:
            raise ValueError(
                f"{given.path.name}: {len(given.names)} components; the task has {n_dims}"
            )
        return _dense(given, rows, np.argsort([int(name[2:]) for name in given.names]))
    place = {name: i for i, name in enumerate(given.names)}
    if missing := [name for name in data.gene_names if name not in place]:
        raise ValueError(
            f"{given.path.name}: {len(missing)} of {len(data.gene_names)} genes are missing "
            f"({_some(missing)}); columns are the genes of the prepared cells, or PC1, PC2..."
        )
    genes = _dense(given, rows, np.array([place[name] for name in data.gene_names]))
    if genes.max() > LARGEST:
        raise ValueError(
            f"{given.path.name}: values up to {genes.max():g}; expected log-normalised genes, "
            "ln(1 + normalised counts), as in the exported cells"
        )
    assert data.project is not None
    return np.asarray(data.project(genes), dtype=np.float32)


def _dense(given: PredictedCells, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    from scipy import sparse

    chosen = given.values[rows]
    dense = chosen.toarray() if sparse.issparse(chosen) else np.asarray(chosen)
    return dense[:, columns].astype(np.float32)


def _some(names: Iterable[str]) -> str:
    shown = [str(name) for name in names]
    return ", ".join(shown[:SHOWN]) + ("..." if len(shown) > SHOWN else "")
