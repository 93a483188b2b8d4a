"""The content of a matrix: counts, log-normalised values, or neither, judged on all of it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from anndata import AnnData

logger = logging.getLogger(__name__)

CHUNK_BYTES = 64 * 2**20
LOGNORM_MAX = 20.0
"""exp(20) is 500 million counts: no logarithm of a cell's counts is larger."""
LARGEST_COUNT = 2.0**31
"""No cell has as many counts of a gene."""
EQUAL_SUMS = 1e-3
"""Sums of expm1(x) are equal where they differ by less than this share of their median."""
EQUAL_SUMS_HALF = 2e-2
"""The same of values in half precision, which have three digits."""


def chunks(cells: Any) -> Iterator[np.ndarray]:
    """Dense float64 blocks of rows of a dense or sparse matrix, each at most 64 MiB."""
    step = max(1, CHUNK_BYTES // (8 * max(1, cells.shape[1])))
    for start in range(0, cells.shape[0], step):
        block = cells[start : start + step]
        dense = block.toarray() if sparse.issparse(block) else np.asarray(block)
        yield dense.astype(np.float64)


def row_sums(matrix: Any) -> np.ndarray:
    """(n_cells,) float64 sums of the rows."""
    return np.asarray(matrix.sum(axis=1, dtype=np.float64)).ravel()


@dataclass(frozen=True)
class Content:
    """The properties that all values of a matrix have in common.

    kind: "counts" (whole numbers, none negative, some positive), "fractions" (not negative, not
    all whole), or "unusable", for the reason `words`. spread: smallest and largest sum of
    expm1(x) over the genes of a cell, as shares of their median; cells of zeros aside. tolerance:
    the difference between these two that is none.
    """

    kind: str
    words: str
    spread: tuple[float, float] = (np.nan, np.nan)
    expm1_sum: float = np.nan
    tolerance: float = EQUAL_SUMS

    @property
    def may_be_logs(self) -> bool:
        """Not counts, and not too large for logarithms of counts."""
        return self.kind == "fractions" and bool(np.isfinite(self.expm1_sum))

    @property
    def normalised(self) -> bool:
        """Logarithms of counts that were scaled to the same sum in every cell."""
        low, high = self.spread
        return self.may_be_logs and high - low < self.tolerance


def content_of(matrix: Any) -> Content:
    """The content of a dense or sparse matrix (n_cells, n_genes); every value is looked at."""
    if matrix.dtype.kind not in "biuf":
        return Content("unusable", f"values of type {matrix.dtype}, not numbers")
    whole, largest = True, 0.0
    for values in _values(matrix):
        if not np.isfinite(values).all():
            return Content("unusable", "values that are not finite")
        if values.min() < 0:
            return Content("unusable", f"negative values (smallest {values.min():g})")
        largest = max(largest, float(values.max()))
        whole = whole and bool((values == np.rint(values)).all())
    if largest == 0:
        return Content("unusable", "no value other than zero")
    if whole and largest > LARGEST_COUNT:
        return Content("unusable", f"whole numbers up to {largest:g}, too large for counts")
    if whole:
        return Content("counts", "counts")
    words = f"values that are not whole numbers, up to {largest:g}"
    sums = row_sums(matrix)
    if np.ptp(sums[sums > 0]) < EQUAL_SUMS * sums.max() and (sums > 0).sum() > 1:
        return Content("fractions", f"{words}, with the same sum in every cell, so no logarithms")
    if largest > LOGNORM_MAX:
        return Content("fractions", f"{words}, too large for logarithms of counts")
    return _with_sums(matrix, words)


def _with_sums(matrix: Any, words: str) -> Content:
    sums = np.concatenate([np.expm1(block).sum(axis=1) for block in chunks(matrix)])
    sums = sums[sums > 0]
    median = float(np.median(sums))
    spread = (float(sums.min()) / median, float(sums.max()) / median)
    if len(sums) < 2:
        spread = (np.nan, np.nan)  # one sum equals itself, whatever the values are
    words += f"; sums of expm1 between {sums.min():.5g} and {sums.max():.5g} a cell"
    tolerance = EQUAL_SUMS_HALF if matrix.dtype == np.float16 else EQUAL_SUMS
    return Content("fractions", words, spread, median, tolerance)


def _values(matrix: Any) -> Iterator[np.ndarray]:
    """Values in flat blocks of at most 64 MiB as float64; zeros of a sparse matrix are left out."""
    if not sparse.issparse(matrix):
        yield from (block.ravel() for block in chunks(matrix) if block.size)
        return
    step = CHUNK_BYTES // 8
    for start in range(0, matrix.nnz, step):
        yield matrix.data[start : start + step].astype(np.float64)


@dataclass(frozen=True)
class Input:
    """The matrix to start from, CSR or dense, and how it was judged.

    state: "counts" or "lognorm". where: "X", 'layers["counts"]'... evidence: in words, why.
    """

    matrix: Any
    state: str
    where: str
    evidence: str
    expm1_sum: float = np.nan


def find_input(adata: AnnData, expected: str, keep: np.ndarray, named: str | None = None) -> Input:
    """The matrix to start from, of the cells in the mask `keep`.

    Where counts are expected, the first of X, layers["counts"], layers["raw"] and .raw that holds
    whole numbers is taken; where there is none, an X whose sums of expm1(x) are the same in all
    cells is log-normalised and taken as it is. Where log-normalised values are declared, X is
    taken as such, unless it holds whole numbers, which are counts. Each deviation is logged.
    named: the one matrix to look at, "X", ".raw" or the name of a layer.

    Raises ValueError saying what every matrix holds, and what to do, where none can be used.
    """
    held: list[str] = []
    x: tuple[Any, Content] | None = None
    for where, matrix in _candidates(adata, expected, named):
        if matrix is None:
            held.append(f"{where} is empty")
            continue
        rows = _rows(matrix, keep)
        found = content_of(rows)
        if found.kind == "counts":
            if (where, expected) != ("X", "counts") and named is None:
                logger.warning("%s holds counts, expected %s in X: using them", where, expected)
            return _logged(Input(rows, "counts", where, "every value is a whole number"))
        held.append(f"{where} holds {found.words}")
        x = (rows, found) if named or where == "X" else x
    where = "X" if named is None else where
    if x is not None and x[1].normalised:
        if expected == "counts":
            logger.warning("no counts found, %s is log-normalised: not normalised again", where)
        evidence = f"sums of expm1 are {x[1].expm1_sum:.6g} in every cell, to {x[1].tolerance:g}"
        return _logged(Input(x[0], "lognorm", where, evidence, x[1].expm1_sum))
    if x is not None and x[1].may_be_logs and expected == "lognorm":
        return _logged(Input(x[0], "lognorm", where, f"declared; {x[1].words}"))
    advice = ""
    if any("not whole numbers" in words for words in held) and expected == "counts":
        advice = (
            ". Corrected counts cannot be used: put the raw counts in X or layers['counts']. "
            "ln(1 + normalised counts) of a part of the genes are declared with "
            "preprocess.input: lognorm"
        )
    raise ValueError(f"expected {expected}: {'; '.join(held)}{advice}")


def _candidates(adata: AnnData, expected: str, named: str | None) -> Iterator[tuple[str, Any]]:
    """Matrices in which the values may be, in the order in which they are looked at.

    Raises ValueError where there is no matrix of that name.
    """
    if named not in (None, "X", ".raw", *adata.layers):
        known = ", ".join(["X", ".raw", *map(str, adata.layers)])
        raise ValueError(f"no matrix is named {named!r}; there are {known}")
    if named in (None, "X"):
        yield "X", adata.X
    for key in adata.layers:
        if key == named or (named is None and expected == "counts" and key in ("counts", "raw")):
            yield f"layers[{key!r}]", adata.layers[key]
    if named == ".raw" or (named is None and expected == "counts"):
        if adata.raw is not None and adata.var_names.isin(adata.raw.var_names).all():
            yield ".raw", adata.raw.X[:, adata.raw.var_names.get_indexer(adata.var_names)]
        elif named is not None:
            raise ValueError(".raw is not there, or has not all genes of X")


def _rows(matrix: Any, keep: np.ndarray) -> Any:
    """Some rows, as CSR without repeated entries, or as a dense array."""
    if not sparse.issparse(matrix):
        dense = np.asarray(matrix)
        return dense if keep.all() else dense[keep]
    rows = sparse.csr_matrix(matrix)
    rows = rows if keep.all() else rows[keep]
    if not rows.has_canonical_format:
        rows = rows.copy()
        rows.sum_duplicates()
    return rows


def _logged(found: Input) -> Input:
    logger.info("%s: %s (%s)", found.where, found.state, found.evidence)
    return found
