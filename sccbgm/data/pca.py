"""Principal components of the training cells of every task, from one pass over the cells."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.linalg

from sccbgm.data.matrix import chunks
from sccbgm.data.tasks import split
from sccbgm.io.seals import verified
from sccbgm.protocol.task import Task

if TYPE_CHECKING:
    from anndata import AnnData

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Basis:
    """A linear map between genes and principal components.

    mean: (n_genes,); components: (n_components, n_genes) with orthonormal rows.
    """

    mean: np.ndarray
    components: np.ndarray

    def transform(self, genes: Any) -> np.ndarray:
        """z = (x - mean) W^T; (n_cells, n_genes) -> (n_cells, n_components) float32, dense."""
        offset = self.mean.astype(np.float64) @ self.components.T.astype(np.float64)
        return np.asarray(genes @ self.components.T, dtype=np.float32) - offset.astype(np.float32)

    def inverse(self, components: np.ndarray) -> np.ndarray:
        """x = mean + z W; (n_cells, n_components) -> (n_cells, n_genes)."""
        return components @ self.components + self.mean


@dataclass(frozen=True)
class Moments:
    """Count, sum and Gram matrix of cells about a fixed centre, in float64.

    total: sum_i (x_i - centre), (n_genes,); gram: sum_i (x_i - centre)(x_i - centre)^T.
    """

    n: int
    total: np.ndarray
    gram: np.ndarray

    @staticmethod
    def of(cells: Any, centre: np.ndarray) -> Moments:
        """Moments of a dense or sparse (n_cells, n_genes) matrix, made dense a chunk at a time."""
        total = np.zeros_like(centre)
        gram = np.zeros((len(centre), len(centre)))
        for block in chunks(cells):
            block -= centre
            total += block.sum(axis=0)
            gram += block.T @ block
        return Moments(cells.shape[0], total, gram)

    def without(self, removed: Moments) -> Moments:
        """Moments of the cells that remain when some of them are taken away."""
        return Moments(self.n - removed.n, self.total - removed.total, self.gram - removed.gram)

    def covariance(self) -> np.ndarray:
        """(n_genes, n_genes) covariance (gram - n d d^T) / (n - 1), where d = total / n."""
        return (self.gram - np.outer(self.total, self.total / self.n)) / (self.n - 1)


def fit_bases(adata: AnnData, tasks: Sequence[Task], n_components: int | None) -> AnnData:
    """Principal components of each task's training cells, min(n_components, genes-1, cells-1).

    Tasks with no fewer cells than genes: the Gram matrix of the cells that any task trains on is
    formed once, that of one task is what remains after taking its held-out cells away, and LAPACK
    finds its leading eigenvectors (for 3,000 genes and 128 components 1.8 s a task on one core
    and 0.3 GB, whatever the number of cells). Tasks with fewer cells than genes are decomposed in
    the space of their cells.

    Returns an AnnData of rows "<task>/mean", "<task>/PC1", ... and genes as columns, X float32,
    with obs `task`, `component` (0 for the mean) and `variance`. Where `n_components` is None it
    has no rows: models then see the genes themselves.
    """
    import anndata
    import pandas as pd

    most = len(tasks) * (n_components + 1) if n_components else 0
    x = np.empty((most, adata.n_vars), dtype=np.float32)
    obs: list[tuple[str, str, int, float]] = []
    for task, basis, variances in _bases(adata, tasks, n_components):
        x[len(obs)] = basis.mean
        x[len(obs) + 1 : len(obs) + 1 + len(variances)] = basis.components
        for i, variance in enumerate([np.nan, *variances]):
            name = f"{task.id}/PC{i}" if i else f"{task.id}/mean"
            obs.append((name, task.id, i, float(variance)))
    table = pd.DataFrame(obs, columns=["name", "task", "component", "variance"]).set_index("name")
    table.index.name = None
    table = table.astype({"task": str, "component": int, "variance": float})
    table.index = table.index.astype(str)
    return anndata.AnnData(
        x[: len(obs)],
        obs=table,
        var=adata.var[[]].copy(),
        uns={"n_components": n_components or 0},
    )


class Bases(Mapping[str, Basis | None]):
    """Bases of some tasks in a file of `fit_bases`, each read when it is looked up.

    None where models see the genes. Raises KeyError where the file has no basis of a task, OSError
    where it is damaged.
    """

    def __init__(self, path: str | Path, task_ids: Sequence[str]) -> None:
        import anndata

        self.path, self.task_ids = path, tuple(task_ids)
        stored = anndata.read_h5ad(verified(path), backed="r")
        try:
            self.n_components = int(stored.uns["n_components"])
            rows = stored.obs.groupby("task", observed=True).indices
        finally:
            stored.file.close()
        self._rows = {str(task): (found[0], found[-1] + 1) for task, found in rows.items()}
        missing = [task for task in self.task_ids if task not in self._rows]
        if missing and self.n_components:
            raise KeyError(f"{path}: no principal components of the tasks {missing}")

    def __getitem__(self, task_id: str) -> Basis | None:
        import h5py

        if task_id not in self.task_ids:
            raise KeyError(task_id)
        if not self.n_components:
            return None
        with h5py.File(self.path) as file:
            block = file["X"][slice(*self._rows[task_id])]
        return Basis(block[0], block[1:])

    def __iter__(self) -> Iterator[str]:
        return iter(self.task_ids)

    def __len__(self) -> int:
        return len(self.task_ids)


def principal_components(covariance: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k largest eigenvalues, descending, and their eigenvectors as rows.

    The sign of a component is such that its entry of largest magnitude is positive.
    """
    n = len(covariance)
    variances, vectors = scipy.linalg.eigh(covariance, subset_by_index=[n - k, n - 1])
    return np.maximum(variances[::-1], 0), with_signs(vectors[:, ::-1].T)


def components_of_few(centred: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The same out of (n_cells, n_genes) cells about their mean, for fewer cells than genes.

    With u_i the eigenvectors of the Gram matrix X X^T between cells, the components are X^T u_i at
    length 1; where cells are copies and the variance is 0, any direction across the others.
    """
    n = len(centred)
    values, vectors = scipy.linalg.eigh(centred @ centred.T, subset_by_index=[n - k, n - 1])
    components = scipy.linalg.qr(centred.T @ vectors[:, ::-1], mode="economic")[0].T
    return np.maximum(values[::-1], 0) / (n - 1), with_signs(components)


def with_signs(components: np.ndarray) -> np.ndarray:
    """Rows turned so that the entry of largest magnitude is positive."""
    largest = np.abs(components).argmax(axis=1)
    return components * np.sign(components[np.arange(len(components)), largest])[:, None]


def _bases(
    adata: AnnData, tasks: Sequence[Task], n_components: int | None
) -> Iterator[tuple[Task, Basis, np.ndarray]]:
    if n_components is None:
        return
    training = np.zeros((len(tasks), adata.n_obs), dtype=bool)
    for i, task in enumerate(tasks):
        training[i, split(adata.obs, task).train] = True
    of_any = training.any(axis=0)
    cells_of_any = adata.X if of_any.all() else adata.X[of_any]
    centre = np.asarray(cells_of_any.mean(axis=0), dtype=np.float64).ravel()
    all_moments: Moments | None = None
    for task, cells in zip(tasks, training, strict=True):
        n, away = int(cells.sum()), of_any & ~cells
        k = min(n_components, adata.n_vars - 1, n - 1)
        if k < 1:
            raise ValueError(
                f"{task.id}: {n} training cells with {adata.n_vars} genes have no principal "
                "component; expected two of each or more"
            )
        if n < adata.n_vars:
            dense = np.concatenate(list(chunks(adata.X[cells])))
            mean = dense.mean(axis=0)
            variances, components = components_of_few(dense - mean, k)
        else:
            if away.sum() > n:  # what remains would lose digits, and is the smaller part
                moments = Moments.of(adata.X[cells], centre)
            else:
                all_moments = all_moments or Moments.of(cells_of_any, centre)
                moments = all_moments.without(Moments.of(adata.X[away], centre))
            mean = centre + moments.total / n
            variances, components = principal_components(moments.covariance(), k)
        logger.info("%s: %d components of %d cells", task.id, k, n)
        basis = Basis(mean.astype(np.float32), components.astype(np.float32))
        yield task, basis, variances
