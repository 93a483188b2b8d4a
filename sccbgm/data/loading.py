"""From the files of a dataset to the arrays that methods and metrics see."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
from scipy import sparse

from sccbgm.data.concepts import get_concepts
from sccbgm.data.pca import Bases, Basis
from sccbgm.data.preprocess import read_record
from sccbgm.data.tasks import read_tasks, split
from sccbgm.io.seals import verified
from sccbgm.protocol.task import Cells, Task, TaskData
from sccbgm.synthetic.truth import truth_of

ROWS = 10_000
"""Cells of a sparse matrix that are projected at once."""


def load_tasks(
    data_path: str | Path,
    tasks_path: str | Path,
    pca_path: str | Path,
    task_ids: Sequence[str] | None = None,
) -> Mapping[str, TaskData]:
    """Tasks as arrays, by id: all of the file's, or those asked for, in that order.

    x is the cells' principal components in the task's own basis, or log-normalised genes where
    the dataset has none. The cells are read once and shared by the tasks. A task is made when it
    is looked up, its training cells projected when their x is, and both are let go with their last
    user: who takes one task after the other needs the memory of one.

    Raises KeyError for an unknown task id, ValueError where the data are on another scale,
    OSError, naming it, for a damaged file.
    """
    import anndata

    tasks = {task.id: task for task in read_tasks(tasks_path)}
    wanted = list(tasks) if task_ids is None else list(task_ids)
    if unknown := [task_id for task_id in wanted if task_id not in tasks]:
        raise KeyError(f"{tasks_path}: no tasks {unknown}, there are {list(tasks)}")
    bases = Bases(pca_path, wanted)
    cells = CleanCells(anndata.read_h5ad(verified(data_path)))
    return _Tasks(cells, {task_id: tasks[task_id] for task_id in wanted}, bases)


class _Tasks(Mapping[str, TaskData]):
    """Tasks that are made when they are looked up; the same object while somebody holds it."""

    def __init__(self, cells: CleanCells, tasks: Mapping[str, Task], bases: Bases) -> None:
        self._cells, self._tasks, self._bases = cells, tasks, bases
        self._held: WeakValueDictionary[str, TaskData] = WeakValueDictionary()

    def __getitem__(self, task_id: str) -> TaskData:
        data = self._held.get(task_id)
        if data is None:
            data = self._cells.task(self._tasks[task_id], self._bases[task_id])
            self._held[task_id] = data
        return data

    def __contains__(self, task_id: object) -> bool:
        return task_id in self._tasks  # without making it

    def __iter__(self) -> Iterator[str]:
        return iter(self._tasks)

    def __len__(self) -> int:
        return len(self._tasks)


class CleanCells:
    """A preprocessed dataset, of which the arrays of any task are made.

    Raises ValueError where it is on another scale than "log1p".
    """

    def __init__(self, adata: Any) -> None:
        self.adata, self.record = adata, read_record(adata)
        self._labels = cache(lambda column: adata.obs[column].astype(str).to_numpy(dtype=str))
        self._concepts = cache(self._read_concepts)
        self._names = adata.obs_names.to_numpy(dtype=object)

    def _read_concepts(self, key: str) -> tuple[tuple[str, ...], np.ndarray]:
        """Names, and (n_cells, n_concepts) values."""
        table = get_concepts(self.adata, key)
        return tuple(map(str, table.columns)), table.to_numpy(dtype=np.float32)

    def task(self, task: Task, basis: Basis | None) -> TaskData:
        """The arrays of one task: cells in the basis, or as genes where there is none."""
        adata, record = self.adata, self.record
        rows = split(adata.obs, task)
        names, concepts = self._concepts(task.concepts_key)
        hard = {str(name) for name in record["hard"]}
        genes = _genes(adata.X)
        project = _identity if basis is None else basis.transform
        x_of = genes if basis is None else lambda chosen: _components(adata.X, chosen, basis)

        def cells(chosen: np.ndarray) -> Cells:
            return _Projected(lambda: x_of(chosen), concepts[chosen], chosen)

        return TaskData(
            task=task,
            concept_names=names,
            hard=np.array([name in hard for name in names]),
            train=cells(rows.train),
            intervene=cells(rows.intervene),
            targets={target: cells(chosen) for target, chosen in rows.targets.items()},
            train_groups=self._labels(record["group_column"])[rows.train],
            train_context=self._labels(record["context_column"])[rows.train],
            gene_names=tuple(map(str, adata.var_names)),
            genes=genes,
            project=project,
            reconstruct=_identity if basis is None else basis.inverse,
            truth=truth_of(adata, float(record["target_sum"]), project),
            cell_names=self._names,
        )


class _Projected(Cells):
    """Cells whose x are computed when they are first asked for, and then kept."""

    _x: np.ndarray | Callable[[], np.ndarray]

    def __init__(
        self, x: np.ndarray | Callable[[], np.ndarray], concepts: np.ndarray, rows: np.ndarray
    ) -> None:
        self.__dict__.update(_x=x, concepts=concepts, rows=rows)

    @property
    def x(self) -> np.ndarray:
        """See `Cells`."""
        x = self._x() if callable(self._x) else self._x
        self.__dict__["_x"] = x
        return x


def _components(matrix: Any, rows: np.ndarray, basis: Basis) -> np.ndarray:
    """Rows of a matrix in a basis. Of a sparse one no copy of all rows is held."""
    if not sparse.issparse(matrix):
        return basis.transform(matrix[rows])
    x = np.empty((len(rows), len(basis.components)), dtype=np.float32)
    for start in range(0, len(rows), ROWS):
        part = slice(start, start + ROWS)
        x[part] = basis.transform(matrix[rows[part]])
    return x


def _identity(values: np.ndarray) -> np.ndarray:
    return values


def _genes(matrix: Any) -> Callable[[np.ndarray], np.ndarray]:
    """Row numbers -> (n, n_genes) dense float32."""

    def genes(rows: np.ndarray) -> np.ndarray:
        chosen = matrix[rows]
        dense = chosen.toarray() if sparse.issparse(chosen) else np.asarray(chosen)
        return dense.astype(np.float32, copy=False)

    return genes
