"""Cells, genes and components out of an AnnData, each checked as it is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from sccbgm.api.faults import Fault, expect
from sccbgm.data.genes import library_size, log_normalise
from sccbgm.data.matrix import content_of

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

RAW = ".raw"
"""The name of `adata.raw` among layers."""


@dataclass(frozen=True)
class Source:
    """Where the expression of cells is, and what it is.

    layer: a key of layers, ".raw", or None for X. target_sum: None for log-normalised values; of
    counts, the sum that each cell's are scaled to before ln(1 + x).
    """

    layer: str | None = None
    target_sum: float | None = None

    @property
    def name(self) -> str:
        """The matrix, as faults name it."""
        if self.layer is None or self.layer == RAW:
            return self.layer or "X"
        return f"layers[{self.layer!r}]"


def check_cells(adata: object, fewest: int = 1) -> None:
    """Raise Fault unless this is an AnnData of that many cells or more."""
    import anndata

    if not isinstance(adata, anndata.AnnData):
        raise Fault(f"adata: found {type(adata).__name__}; expected an AnnData")
    if adata.n_obs < fewest:
        raise Fault(f"adata: found {adata.n_obs} cells; expected {fewest} or more")


def expression(adata: AnnData, genes: tuple[str, ...], source: Source, checked: bool = True) -> Any:
    """(n_cells, n_genes) float32 log-normalised values by name of gene, sparse where they are.

    checked: whether whole numbers are refused where log-normalised values are declared. Raises
    Fault for missing genes, values that are not finite, and for others than were declared.
    """
    if source.target_sum is not None:
        return normalised(read_counts(adata, genes, source.layer), source.target_sum)
    matrix = _matrix(adata, genes, source)
    values = np.asarray(matrix.data if sparse.issparse(matrix) else matrix)
    _check_finite(values, source.name)
    if checked and values.any() and np.array_equal(values, np.rint(values)):
        raise Fault(
            f"{source.name}: found integers, such as counts; expected log-normalised expression, "
            "or counts=True, which normalises counts"
        )
    return matrix


def read_counts(adata: AnnData, genes: tuple[str, ...], layer: str | None) -> Any:
    """(n_cells, n_genes) counts. Raises Fault for anything else than whole numbers from 0 up."""
    source = Source(layer)
    matrix = _matrix(adata, genes, source)
    found = content_of(matrix)
    if found.kind != "counts":
        raise Fault(f"{source.name}: found {found.words}; expected counts, or counts=False")
    return matrix


def median_library(counts: Any, cells: np.ndarray) -> float:
    """Median counts of a cell of the mask, over those genes. Raises Fault where none has any."""
    try:
        return library_size(counts, cells)
    except ValueError as error:
        raise Fault(f"counts: {error}") from None


def normalised(counts: Any, target_sum: float) -> Any:
    """ln(1 + target_sum * counts / sum of the cell's counts), float32."""
    import anndata

    cells = anndata.AnnData(counts)
    log_normalise(cells, target_sum)
    return cells.X


def stored(adata: AnnData, rep: str) -> np.ndarray:
    """(n_cells, n_dims) float32 of obsm[rep], finite."""
    if not isinstance(rep, str):
        found = type(rep).__name__
        raise Fault(f"rep: found {found}; expected an obsm key, or None for components of X")
    expect(rep, adata.obsm, "rep", "obsm key")
    values = adata.obsm[rep]
    try:
        x = np.asarray(values.toarray() if sparse.issparse(values) else values, dtype=np.float32)
    except (ValueError, TypeError) as error:
        raise Fault(f"obsm[{rep!r}]: found {error}; expected numbers") from None
    _check_finite(x, f"obsm[{rep!r}]")
    return x


def gene_names(adata: AnnData, layer: str | None = None) -> pd.Index:
    """Names of the genes of a matrix. Raises Fault where one occurs twice."""
    names = adata.raw.var_names if layer == RAW and adata.raw is not None else adata.var_names
    twice = names[names.duplicated()]
    if len(twice):
        where = "raw.var_names" if layer == RAW else "var_names"
        raise Fault(f"{where}: found {list(twice[:3])} more than once; expected each once")
    return names.astype(str)


def positions(names: pd.Index, genes: Sequence[str]) -> np.ndarray:
    """Columns of genes, by name. Raises Fault where some are missing."""
    import pandas as pd

    columns = names.get_indexer(pd.Index(genes))
    missing = [gene for gene, column in zip(genes, columns, strict=True) if column < 0]
    if missing:
        raise Fault(
            f"var_names: found no {missing[:3]} ({len(missing)} genes missing); expected the "
            f"{len(genes)} genes that the model was fitted on, in any order"
        )
    return columns


def _matrix(adata: AnnData, genes: tuple[str, ...], source: Source) -> Any:
    """(n_cells, n_genes) float32 of a matrix, CSR or dense, in memory."""
    layer = source.layer
    if layer is None:
        found = adata.X
    elif layer == RAW:
        found = None if adata.raw is None else adata.raw.X
    else:
        expect(layer, [*adata.layers, RAW], "layer", "layer")
        found = adata.layers[layer]
    if found is None:
        raise Fault(f"{source.name}: found nothing; expected expression of genes")
    columns = positions(gene_names(adata, layer), genes)
    if hasattr(found, "to_memory"):  # a sparse matrix in a file
        found = found.to_memory()
    matrix = found.tocsr() if sparse.issparse(found) else np.asarray(found)
    if matrix.dtype.kind not in "biuf":
        raise Fault(f"{source.name}: found values of type {matrix.dtype}; expected numbers")
    # Half precision has no products: first the type, then the columns
    matrix = matrix.astype(np.float32)
    in_order = np.array_equal(columns, np.arange(matrix.shape[1]))
    return matrix if in_order else matrix[:, columns]


def _check_finite(values: np.ndarray, where: str) -> None:
    odd = int((~np.isfinite(values)).sum())
    if odd:
        raise Fault(f"{where}: found {odd} values that are NaN or infinite; expected none")
