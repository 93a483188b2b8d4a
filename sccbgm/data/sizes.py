"""Sizes that the cells are known to have, compared with those that are found."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from sccbgm.config.sections import Expected
from sccbgm.io.seals import verified

TOLERANCE = 0.05
"""Of the median library size; numbers of cells, genes and labels are exact."""


def size_warnings(
    expected: Expected, obs: pd.DataFrame, n_genes: int, library_size: float, n_tasks: int
) -> list[str]:
    """A line for each size that differs: what, found, expected.

    obs: label columns of the cells that are kept. library_size: median counts of a cell, NaN where
    the file has no counts.
    """
    found: dict[str, tuple[float, float]] = {}
    if expected.cells is not None:
        found["cells"] = (len(obs), expected.cells)
    if expected.genes is not None:
        found["genes of the file"] = (n_genes, expected.genes)
    if expected.tasks is not None:
        found["tasks"] = (n_tasks, expected.tasks)
    for column, number in expected.n_labels.items():
        found[f"labels of {column}"] = (obs[column].nunique(), number)
    for column, cells in expected.labels.items():
        counts = obs[column].value_counts()
        for label, number in cells.items():
            found[f"cells of {label} ({column})"] = (counts.get(label, 0), number)
    lines = [f"{what}: found {n:,}, expected {m:,}" for what, (n, m) in found.items() if n != m]
    wanted = expected.library_size
    if wanted is not None and abs(library_size - wanted) > TOLERANCE * wanted:
        lines.append(f"median library size: found {library_size:g}, expected {wanted:g}")
    return lines


def read_warnings(path: Path) -> list[str]:
    """The differences from `expected` found when the clean cells of a file were made."""
    import h5py

    with h5py.File(verified(path)) as file:
        stored = file.get("uns/sccbgm/warnings")
        return [] if stored is None else [text.decode() for text in stored[()]]
