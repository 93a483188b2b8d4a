"""From counts to log-normalised expression of the selected genes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from sccbgm.data.matrix import row_sums

if TYPE_CHECKING:
    from anndata import AnnData

logger = logging.getLogger(__name__)


def library_size(counts: Any, cells: np.ndarray) -> float:
    """Median counts of a cell, over those of `cells` that have any.

    Raises ValueError where none of them has.
    """
    totals = row_sums(counts)
    if empty := int((totals == 0).sum()):
        logger.warning("%d cells have no counts", empty)
    if not (totals[cells] > 0).any():
        raise ValueError("the median library size is that of no cell: none has counts")
    return float(np.median(totals[cells & (totals > 0)]))


def log_normalise(adata: AnnData, target_sum: float) -> None:
    """x_ij = ln(1 + target_sum * counts_ij / sum_j counts_ij), in place, float32."""
    import scanpy as sc

    adata.X = adata.X.astype(np.float32)
    sc.pp.normalize_total(adata, target_sum=target_sum)
    sc.pp.log1p(adata)


def select_genes(
    adata: AnnData, n_top: int, how: Literal["hvg", "mean_expression"], cells: np.ndarray
) -> np.ndarray:
    """(n_genes,) True for the `n_top` genes that are kept; all of them if there are no more.

    hvg: highly variable genes by normalised dispersion (scanpy's flavour "seurat");
    mean_expression: largest mean of log-normalised expression. Both over `cells`.
    """
    import scanpy as sc

    if adata.n_vars <= n_top:
        logger.info("%d genes, no more than the %d wanted: all are kept", adata.n_vars, n_top)
        return np.ones(adata.n_vars, dtype=bool)
    selection = adata if cells.all() else adata[cells]
    if how == "hvg":
        table = sc.pp.highly_variable_genes(selection, n_top_genes=n_top, inplace=False)
        return table["highly_variable"].to_numpy()
    means = np.asarray(selection.X.mean(axis=0)).ravel()
    chosen = np.zeros(adata.n_vars, dtype=bool)
    chosen[np.argsort(-means, kind="stable")[:n_top]] = True
    return chosen
