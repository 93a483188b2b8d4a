"""The cells of a file of predictions, as every reader of it takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from anndata import AnnData


def predicted_cells(file: AnnData, rows: np.ndarray) -> np.ndarray:
    """(n, n_dims) predicted cells in some rows of the file, all of one task.

    file: X (n_rows, width); obs["n_dims"] how many of the columns are the row's own, since tasks of
    one file can have different numbers of components; all of them where obs has no such column.
    rows: their numbers. Raises ValueError for rows of different widths.
    """
    cells = np.asarray(file.X[rows])
    if "n_dims" not in file.obs:
        return cells
    found = np.unique(file.obs["n_dims"].to_numpy()[rows])
    if len(found) > 1:
        raise ValueError(f"predicted cells of one task have {found.tolist()} dimensions")
    return cells[:, : int(found[0])] if len(found) else cells
