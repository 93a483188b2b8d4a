"""Principal components of the training cells of every task, from one pass over the cells."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.linalg
from scipy import sparse

from sccbgm.data.task import Task
from sccbgm.data.tasks import split

if TYPE_CHECKING:
    from anndata import AnnData

logger = logging.getLogger(__name__)

CHUNK_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Basis:
    """A linear map between genes and principal components.

    mean: (n_genes,); components: (n_components, n_genes) with orthonormal rows.
    """

    mean: np.ndarray
    components: np.ndarray

    def transform(self, genes: Any) -> np.ndarray:
        """z = (x - mean) W^T; (n_cells, n_genes), dense or CSR -> (n_cells, n_components) float32."""
        offset = self.mean.astype(np.float64) @ self.components.T.astype(np.float64)
        return np.asarray(genes @ self.components.T, dtype=np.float32) - offset.astype(np.float32)

    def inverse(self, components: np.ndarray) -> np.ndarray:
        """x = mean + z W; (n_cells, n_components) -> (n_cells, n_genes)."""
        return components @ self.components + self.mean


@dataclass(frozen=True)
class Moments:
    """Count, sum and Gram matrix of cells about a fixed centre, in float64.

    total: sum_i (x_i - centre), (n_genes,); gram: sum_i (x_i - centre)(x_i - centre)^T.
    Those of disjoint sets of cells add, so those of a part are those of all less the rest.
    """

    n: int
    total: np.ndarray
    gram: np.ndarray

    @staticmethod
    def of(cells: Any, centre: np.ndarray) -> Moments:
        """Moments of a dense or sparse (n_cells, n_genes) matrix, made dense a chunk at a time."""
        total = np.zeros_like(centre)
        gram = np.zeros((len(centre), len(centre)))
        for chunk in _chunks(cells):
            chunk -= centre
            total += chunk.sum(axis=0)
            gram += chunk.T @ chunk
        return Moments(cells.shape[0], total, gram)

    def __sub__(self, part: Moments) -> Moments:
        return Moments(self.n - part.n, self.total - part.total, self.gram - part.gram)

    def covariance(self) -> np.ndarray:
        """(n_genes, n_genes) sample covariance, C = (gram - n d d^T) / (n - 1) with d = total / n."""
        return (self.gram - np.outer(self.total, self.total / self.n)) / (self.n - 1)


def fit_bases(adata: AnnData, tasks: Sequence[Task], n_components: int | None) -> AnnData:
    """Principal components of each task's training cells, min(n_components, genes-1, cells-1).

    The Gram matrix of all cells is formed once; that of a task's training cells is what remains
    after taking away its other cells (or is formed directly, where those are the majority).

    Returns an AnnData of rows "<task>/mean", "<task>/PC1", ... and genes as columns, X float32,
    with obs `task`, `component` (0 for the mean) and `variance`. Where `n_components` is None it
    has no rows: models then see the genes themselves.
    """
    import anndata
    import pandas as pd

    blocks, obs = [np.zeros((0, adata.n_vars), dtype=np.float32)], []
    for task, basis, variances in _bases(adata, tasks, n_components):
        blocks.append(np.vstack([basis.mean, basis.components]))
        for i, variance in enumerate([np.nan, *variances]):
            name = f"{task.id}/PC{i}" if i else f"{task.id}/mean"
            obs.append((name, task.id, i, variance))
    table = pd.DataFrame(obs, columns=["name", "task", "component", "variance"]).set_index("name")
    table.index.name = None
    table = table.astype({"task": str, "component": int, "variance": float})
    table.index = table.index.astype(str)
    return anndata.AnnData(
        np.vstack(blocks),
        obs=table,
        var=adata.var[[]].copy(),
        uns={"n_components": n_components or 0},
    )


def read_bases(path: str | Path, task_ids: Sequence[str]) -> dict[str, Basis | None]:
    """Bases of some tasks out of a file of `fit_bases`; None where models see the genes.

    Raises KeyError where the file has no basis of a task.
    """
    import anndata

    stored = anndata.read_h5ad(path, backed="r")
    try:
        if not int(stored.uns["n_components"]):
            return dict.fromkeys(task_ids)
        rows = {str(k): v for k, v in stored.obs.groupby("task", observed=True).indices.items()}
        if missing := [task for task in task_ids if task not in rows]:
            raise KeyError(f"{path}: no principal components of the tasks {missing}")
        bases: dict[str, Basis | None] = {}
        for task in task_ids:
            block = np.asarray(stored.X[rows[task][0] : rows[task][-1] + 1])
            bases[task] = Basis(block[0], block[1:])
        return bases
    finally:
        stored.file.close()


def principal_components(covariance: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k largest eigenvalues, descending, and their eigenvectors as rows.

    The sign of a component is such that its entry of largest magnitude is positive.
    """
    n = len(covariance)
    variances, vectors = scipy.linalg.eigh(covariance, subset_by_index=[n - k, n - 1])
    return variances[::-1], with_signs(vectors[:, ::-1].T)


def with_signs(components: np.ndarray) -> np.ndarray:
    """Rows turned so that the entry of largest magnitude is positive."""
    largest = np.abs(components).argmax(axis=1)
    return components * np.sign(components[np.arange(len(components)), largest])[:, None]


def _bases(
    adata: AnnData, tasks: Sequence[Task], n_components: int | None
) -> Iterator[tuple[Task, Basis, np.ndarray]]:
    if n_components is None:
        return
    centre = np.asarray(adata.X.mean(axis=0), dtype=np.float64).ravel()
    everything = Moments.of(adata.X, centre)
    for task in tasks:
        training = np.zeros(adata.n_obs, dtype=bool)
        training[split(adata.obs, task).train] = True
        if 2 * training.sum() >= adata.n_obs:
            moments = everything - Moments.of(adata.X[~training], centre)
        else:
            moments = Moments.of(adata.X[training], centre)
        k = min(n_components, adata.n_vars - 1, moments.n - 1)
        variances, components = principal_components(moments.covariance(), k)
        mean = centre + moments.total / moments.n
        basis = Basis(mean.astype(np.float32), components.astype(np.float32))
        logger.info("%s: %d components of %d cells", task.id, k, moments.n)
        yield task, basis, variances


def _chunks(cells: Any) -> Iterator[np.ndarray]:
    """Dense float64 blocks of rows, each at most 64 MiB."""
    step = max(1, CHUNK_BYTES // (8 * cells.shape[1]))
    for start in range(0, cells.shape[0], step):
        block = cells[start : start + step]
        dense = block.toarray() if sparse.issparse(block) else np.asarray(block)
        yield dense.astype(np.float64)
