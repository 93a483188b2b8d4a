"""Cells as points: float64 arrays, distances between them, and terms that are computed once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike

T = TypeVar("T")


ROUNDING = 1e-5
"""Share of the cells' norm up to which a difference is rounding: they come in single precision."""


class Missing(ValueError):
    """A metric cannot be computed; the message is the reason that is written beside the NaN."""


class Inexact(UserWarning):
    """A metric was computed, but its solver stopped before it converged."""


class Sample:
    """Cells (n_cells, n_dims) in float64 that remember terms which depend on them alone.

    Comparing one sample with many others costs its own terms once:
    `sample.once("median", lambda: median(sample.cells))`.
    whole, rows: the sample that this one is a part of, and which of its cells these are.
    """

    def __init__(
        self, cells: ArrayLike, whole: Sample | None = None, rows: np.ndarray | None = None
    ) -> None:
        self.cells, self.rows = as_cells(cells), rows
        # Not itself, or it would outlive its last user until the next garbage collection.
        self._whole = whole
        self._terms: dict[Hashable, object] = {}

    def __len__(self) -> int:
        return len(self.cells)

    @property
    def whole(self) -> Sample:
        """The sample that this one is a part of, itself if of none.

        Scales that a metric takes from the target are those of the whole, so that distances of
        parts have the same scale.
        """
        return self if self._whole is None else self._whole

    def once(self, key: Hashable, compute: Callable[[], T]) -> T:
        """The value of `compute()`, from the first call with this key."""
        if key not in self._terms:
            self._terms[key] = compute()
        return self._terms[key]  # type: ignore[return-value]

    def part(self, rows: np.ndarray) -> Sample:
        """Some of the cells, by their numbers."""
        return Sample(self.cells[rows], self.whole, rows if self.rows is None else self.rows[rows])


def as_cells(x: ArrayLike) -> np.ndarray:
    """A float64 array of shape (n_cells, n_dims). Raises ValueError for any other shape."""
    cells = np.asarray(x, dtype=np.float64)
    if cells.ndim != 2 or cells.shape[1] == 0:
        raise ValueError(f"expected an array (n_cells, n_dims), found shape {cells.shape}")
    return cells


def comparable(x: Sample, y: Sample, min_cells: int = 2) -> bool:
    """Whether a distance between the samples is defined: enough cells, all of them finite.

    Raises ValueError where the dimensions differ.
    """
    if x.cells.shape[1] != y.cells.shape[1]:
        raise ValueError(
            f"both samples need the same dimensions, found {x.cells.shape} and {y.cells.shape}"
        )
    return min(len(x), len(y)) >= min_cells and finite(x) and finite(y)


def finite(x: Sample) -> bool:
    """Whether every value of the sample is a finite number."""
    return x.once("finite", lambda: bool(np.isfinite(x.cells).all()))


def is_rounding(squared_distance: float, *samples: Sample) -> bool:
    """Whether a squared distance between cells of the samples cannot be told from 0.

    d² ≤ (`ROUNDING` · max ‖x_i‖)², the largest norm of a cell of any of the samples: copies of a
    cell, projected to principal components, differ by so much.
    """
    return squared_distance <= (ROUNDING * max(map(_largest_norm, samples))) ** 2


def _largest_norm(x: Sample) -> float:
    def compute() -> float:
        return float(np.linalg.norm(x.cells, axis=1).max(initial=0.0))

    return x.once("largest norm", compute)


def squared_distances(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """C[i, j] = ‖x_i − y_j‖², shape (len(x), len(y))."""
    (block,) = squared_distance_blocks(x, y, rows=max(len(x), 1))
    return block


def squared_distance_blocks(x: np.ndarray, y: np.ndarray, rows: int) -> Iterator[np.ndarray]:
    """Blocks of at most `rows` rows of the squared distances; each may be overwritten.

    Expanded as ‖x_i‖² + ‖y_j‖² − 2⟨x_i, y_j⟩ about the mean of y, where cancellation is least;
    rounding below zero is set to zero.
    """
    centre = y.mean(axis=0)
    x, y = x - centre, y - centre
    norms_x, norms_y = np.einsum("id,id->i", x, x), np.einsum("jd,jd->j", y, y)
    for start in range(0, max(len(x), 1), rows):
        block = slice(start, start + rows)
        squares = x[block] @ y.T
        squares *= -2.0
        squares += norms_x[block, None]
        squares += norms_y[None, :]
        yield np.maximum(squares, 0.0, out=squares)
        del squares  # before the next block is made
