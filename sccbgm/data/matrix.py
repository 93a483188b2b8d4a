"""What a matrix of cells holds: counts, log-normalised values, or neither."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from anndata import AnnData

logger = logging.getLogger(__name__)

SAMPLED_ROWS = 2000
LOGNORM_MAX = 20.0


def values(matrix: Any) -> np.ndarray:
    """Stored values of a dense or sparse matrix, flat; zeros of a sparse one are left out."""
    return matrix.data if sparse.issparse(matrix) else np.asarray(matrix).ravel()


def sample_rows(matrix: Any) -> Any:
    """At most 2000 rows, evenly spaced, of a dense or sparse matrix."""
    if matrix.shape[0] <= SAMPLED_ROWS:
        return matrix
    return matrix[np.linspace(0, matrix.shape[0] - 1, SAMPLED_ROWS).astype(int)]


def row_sums(matrix: Any) -> np.ndarray:
    """(n_cells,) float64 sums of the rows."""
    return np.asarray(matrix.sum(axis=1, dtype=np.float64)).ravel()


def describe(matrix: Any) -> str:
    """Either "counts" or "lognorm" or what speaks against both, judged on a sample of rows.

    Counts are finite, not negative and integer. Log-normalised values are finite, not negative,
    not all integer and below 20.
    """
    found = values(sample_rows(matrix))
    if found.size == 0:
        return "no value other than zero"
    if not np.isfinite(found).all():
        return "values that are not finite"
    if found.min() < 0:
        return f"negative values (smallest {found.min():g})"
    if np.issubdtype(found.dtype, np.integer) or (found == np.rint(found)).all():
        return "counts"
    if found.max() < LOGNORM_MAX:
        return "lognorm"
    return f"values that are not integers, up to {found.max():g}"


def candidates(adata: AnnData) -> list[tuple[str, Any]]:
    """Matrices in which counts may be, in the order in which they are looked at."""
    found = [("X", adata.X)]
    found += [
        (f"layers[{key!r}]", adata.layers[key]) for key in ("counts", "raw") if key in adata.layers
    ]
    if adata.raw is not None and adata.var_names.isin(adata.raw.var_names).all():
        columns = adata.raw.var_names.get_indexer(adata.var_names)
        found.append((".raw", adata.raw.X[:, columns]))
    return found


def find_input(adata: AnnData, expected: str) -> tuple[Any, str]:
    """The matrix to start from and its state, "counts" or "lognorm".

    Where counts are expected, the first of X, layers["counts"], layers["raw"] and .raw that holds
    counts is taken; where there is none, a log-normalised X is taken as it is. Where log-normalised
    values are expected, X is taken whatever it is. Each deviation is logged.

    Raises ValueError saying what every matrix holds, where none can be used.
    """
    states = []
    for where, matrix in candidates(adata) if expected == "counts" else [("X", adata.X)]:
        if matrix is None:
            states.append(f"{where} is empty")
            continue
        state = describe(matrix)
        if state == "counts":
            if (where, expected) != ("X", "counts"):
                logger.warning("%s holds counts, expected %s in X: using them", where, expected)
            return matrix, state
        states.append(f"{where} holds {state}")
    if "X holds lognorm" in states:
        if expected == "counts":
            logger.warning("no counts found, X looks log-normalised: not normalised again")
        return adata.X, "lognorm"
    raise ValueError(f"expected {expected}: {', '.join(states)}")
