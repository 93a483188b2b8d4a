"""From the files of a dataset to the arrays that methods and metrics see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from sccbgm.data.concepts import get_concepts
from sccbgm.data.pca import Basis, read_bases
from sccbgm.data.preprocess import read_record
from sccbgm.data.tasks import read_tasks, split
from sccbgm.io.seals import verified
from sccbgm.protocol.task import Cells, Task, TaskData
from sccbgm.synthetic.truth import truth_of


def load_tasks(
    data_path: str | Path,
    tasks_path: str | Path,
    pca_path: str | Path,
    task_ids: Sequence[str] | None = None,
) -> dict[str, TaskData]:
    """Tasks as arrays, by id: all of the file's, or those asked for, in that order.

    x is the cells' principal components in the task's own basis, or log-normalised genes where
    the dataset has none. The cells are read once and shared by the tasks.

    Raises KeyError for an unknown task id, ValueError where the data are on another scale,
    OSError, naming it, for a damaged file.
    """
    import anndata

    tasks = {task.id: task for task in read_tasks(tasks_path)}
    wanted = list(tasks) if task_ids is None else list(task_ids)
    if unknown := [task_id for task_id in wanted if task_id not in tasks]:
        raise KeyError(f"{tasks_path}: no tasks {unknown}, there are {list(tasks)}")
    bases = read_bases(pca_path, wanted)
    adata = anndata.read_h5ad(verified(data_path))
    record = read_record(adata)
    return {
        task_id: task_arrays(adata, record, tasks[task_id], bases[task_id]) for task_id in wanted
    }


def task_arrays(adata: Any, record: dict[str, Any], task: Task, basis: Basis | None) -> TaskData:
    """The arrays of one task: cells in the basis, or as genes where there is none.

    adata: a preprocessed dataset. record: what `read_record` says of it.
    """
    rows = split(adata.obs, task)
    table = get_concepts(adata, task.concepts_key)
    values = table.to_numpy(dtype=np.float32)
    hard = {str(name) for name in record["hard"]}
    genes = _genes(adata.X)
    project = _identity if basis is None else basis.transform
    x_of = genes if basis is None else lambda chosen: basis.transform(adata.X[chosen])

    def cells(chosen: np.ndarray) -> Cells:
        return Cells(x_of(chosen), values[chosen], chosen)

    def labels(column: str) -> np.ndarray:
        return adata.obs[column].astype(str).to_numpy(dtype=str)[rows.train]

    return TaskData(
        task=task,
        concept_names=tuple(map(str, table.columns)),
        hard=np.array([str(name) in hard for name in table.columns]),
        train=cells(rows.train),
        intervene=cells(rows.intervene),
        targets={target: cells(chosen) for target, chosen in rows.targets.items()},
        train_groups=labels(record["group_column"]),
        train_context=labels(record["context_column"]),
        gene_names=tuple(map(str, adata.var_names)),
        genes=genes,
        project=project,
        reconstruct=_identity if basis is None else basis.inverse,
        truth=truth_of(adata, float(record["target_sum"]), project),
    )


def _identity(values: np.ndarray) -> np.ndarray:
    return values


def _genes(matrix: Any) -> Callable[[np.ndarray], np.ndarray]:
    """Row numbers -> (n, n_genes) dense float32."""

    def genes(rows: np.ndarray) -> np.ndarray:
        chosen = matrix[rows]
        dense = chosen.toarray() if sparse.issparse(chosen) else np.asarray(chosen)
        return dense.astype(np.float32, copy=False)

    return genes
