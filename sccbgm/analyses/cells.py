"""Cells of an analysis as the arrays that methods see, through the benchmark's own pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sccbgm.config.dataset import DatasetConfig
from sccbgm.config.sections import Expected, HeldOutTasks, OneHot, Pair
from sccbgm.data.concepts import get_concepts, set_concepts
from sccbgm.data.loading import CleanCells
from sccbgm.data.pca import Basis, fit_bases
from sccbgm.data.preprocess import preprocess, read_record
from sccbgm.protocol.keys import derive_key
from sccbgm.protocol.task import Task, TaskData

if TYPE_CHECKING:
    from anndata import AnnData

TRAIN, TEST = "train", "test"
TEST_SHARE = 0.4


def roles(adata: AnnData, role: np.ndarray, concepts: pd.DataFrame | None = None) -> AnnData:
    """The same cells with obs["role"], and other concepts where some are given.

    The matrix is shared with `adata`, which is not changed.
    """
    import anndata

    table = get_concepts(adata) if concepts is None else concepts
    record = read_record(adata)
    hard = [str(name) for name in table if str(name) in set(map(str, record["hard"]))]
    cells = anndata.AnnData(
        adata.X,
        obs=adata.obs.assign(role=pd.Categorical(role)),
        var=adata.var,
        uns={"sccbgm": record | {"hard": hard}},
    )
    set_concepts(cells, table)
    return cells


def basis_of(adata: AnnData, task: Task, n_pcs: int | None) -> Basis | None:
    """Principal components of the task's training cells, None where models see the genes."""
    rows = fit_bases(adata, [task], n_pcs)
    return Basis(np.asarray(rows.X[0]), np.asarray(rows.X[1:])) if rows.n_obs else None


def arrays(adata: AnnData, task: Task, basis: Basis | None) -> TaskData:
    """The task's cells in that basis."""
    return CleanCells(adata).task(task, basis)


def random_split(adata: AnnData, study_name: str, dataset: str, seed: int) -> np.ndarray:
    """(n_cells,) "train" or "test", 60 to 40 in every population of broad type and condition."""
    from sklearn.model_selection import train_test_split

    populations = adata.obs["broad"].astype(str) + "\n" + adata.obs["condition"].astype(str)
    sizes = populations.value_counts()
    if sizes.min() < 2:
        few = [name.replace("\n", ", ") for name in sizes[sizes < 2].index]
        raise ValueError(f"{dataset}: one cell cannot be split, and there is one of {few}")
    key = derive_key("split", study_name, dataset, seed) % 2**32
    _, test = train_test_split(
        np.arange(adata.n_obs), test_size=TEST_SHARE, stratify=populations, random_state=key
    )
    role = np.full(adata.n_obs, TRAIN)
    role[test] = TEST
    return role


def leading_components(adata: AnnData, n: int) -> np.ndarray:
    """(n_cells, n) principal components of all cells together, fewer where there are no more."""
    everything = Task("", "all", "role", TRAIN, (), ())
    n = min(n, adata.n_obs - 1, adata.n_vars - 1)
    basis = basis_of(roles(adata, np.full(adata.n_obs, TRAIN)), everything, n)
    assert basis is not None
    return basis.transform(adata.X)


def every_type(adata: AnnData, config: DatasetConfig) -> AnnData:
    """Clean cells of a file without leaving a broad type out.

    The benchmark drops types that it does not hold out (Kang's megakaryocytes); here labels,
    normalisation and the choice of genes have them too.
    """
    columns, tasks = config.columns, config.tasks
    broad, dropped = columns.broad, config.preprocess.drop.get("broad", ())
    assert broad is not None and isinstance(tasks, HeldOutTasks)
    if broad.labels is not None:
        text = {str(v) for name in broad.names if name in adata.obs for v in set(adata.obs[name])}
        there = tuple(label for label in dropped if label in text)
        broad = broad.model_copy(update={"labels": (*broad.labels, *there)})
    sides = {
        "column": "condition",
        "denominators": "condition",
        "held_out": (Pair(id="all", group="all"),),
        "targets": tasks.targets_of(tasks.held_out[0]),
    }
    drop = {role: labels for role, labels in config.preprocess.drop.items() if role != "broad"}
    whole = {
        "columns": columns.model_copy(
            update={
                "broad": broad,
                "subtype": None if broad.groups is None else columns.subtype,
                "labels": {},
            }
        ),
        "subtypes": None,
        "expected": Expected(),
        "preprocess": config.preprocess.model_copy(update={"drop": drop}),
        "concepts": (OneHot(kind="one_hot", column="broad"),),
        "tasks": tasks.model_copy(update=sides),
    }
    return preprocess(adata, config.model_copy(update=whole))
