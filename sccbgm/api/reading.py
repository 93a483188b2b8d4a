"""Cells, genes and components out of an AnnData, each checked as it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from sccbgm.api.faults import expect

if TYPE_CHECKING:
    from anndata import AnnData


def check_cells(adata: object, fewest: int = 1) -> None:
    """Raise ValueError unless this is an AnnData of that many cells or more."""
    import anndata

    if not isinstance(adata, anndata.AnnData):
        raise ValueError(f"adata: found {type(adata).__name__}; expected an AnnData")
    if adata.n_obs < fewest:
        raise ValueError(f"adata: found {adata.n_obs} cells; expected {fewest} or more")


def expression(adata: AnnData, genes: tuple[str, ...], counts: bool = False) -> Any:
    """(n_cells, n_genes) float32 values of X by name of gene, sparse where X is.

    Raises ValueError for missing genes, values that are not finite and, unless they are allowed,
    for counts.
    """
    if adata.X is None:
        raise ValueError("X: found nothing; expected log-normalised expression")
    columns = positions(adata, genes)
    matrix = adata.X[:, columns] if len(genes) else adata.X
    matrix = matrix.tocsr() if sparse.issparse(matrix) else np.asarray(matrix)
    matrix = matrix.astype(np.float32)
    values = np.asarray(matrix.data if sparse.issparse(matrix) else matrix)
    _check_finite(values, "X")
    if not counts and values.any() and np.array_equal(values, np.rint(values)):
        raise ValueError(
            "X: found integers, such as counts; expected log-normalised expression "
            "(scanpy.pp.normalize_total, then scanpy.pp.log1p)"
        )
    return matrix


def stored(adata: AnnData, rep: str) -> np.ndarray:
    """(n_cells, n_dims) float32 of obsm[rep], finite."""
    if not isinstance(rep, str):
        found = type(rep).__name__
        raise ValueError(f"rep: found {found}; expected an obsm key, or None for components of X")
    expect(rep, adata.obsm, "rep", "obsm key")
    values = adata.obsm[rep]
    try:
        x = np.asarray(values.toarray() if sparse.issparse(values) else values, dtype=np.float32)
    except (ValueError, TypeError) as error:
        raise ValueError(f"obsm[{rep!r}]: found {error}; expected numbers") from None
    _check_finite(x, f"obsm[{rep!r}]")
    return x


def positions(adata: AnnData, genes: tuple[str, ...]) -> np.ndarray:
    """Columns of genes, by name. Raises ValueError where some are missing."""
    unique_genes(adata)
    columns = adata.var_names.get_indexer(list(genes))
    missing = [gene for gene, column in zip(genes, columns, strict=True) if column < 0]
    if missing:
        raise ValueError(
            f"var_names: found no {missing[:3]} ({len(missing)} genes missing); expected the "
            f"{len(genes)} genes that the model was fitted on, in any order"
        )
    return columns


def unique_genes(adata: AnnData) -> list[str]:
    """Names of the genes. Raises ValueError where one occurs twice."""
    twice = adata.var_names[adata.var_names.duplicated()]
    if len(twice):
        raise ValueError(f"var_names: found {list(twice[:3])} more than once; expected each once")
    return list(map(str, adata.var_names))


def _check_finite(values: np.ndarray, where: str) -> None:
    odd = int((~np.isfinite(values)).sum())
    if odd:
        raise ValueError(f"{where}: found {odd} values that are NaN or infinite; expected none")
