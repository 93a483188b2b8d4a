"""Energy distance, and the share of it that an edit closes."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from sccbgm.metrics.comparison import Comparison
from sccbgm.metrics.mmd import BLOCK_BYTES
from sccbgm.metrics.samples import Missing, Sample, comparable, squared_distance_blocks
from sccbgm.protocol.keys import generator

N_SPLITS = 20
"""Random halves of the target whose distances an edit's way is told from."""
MAX_CELLS = 1000
"""Cells of such a half, at most."""


def energy_distance(x: ArrayLike, y: ArrayLike) -> float:
    """Energy distance, unbiased estimate, not clamped.

    D = 2 E‖X − Y‖ − E‖X − X'‖ − E‖Y − Y'‖, Euclidean norms, no bandwidth to choose.

    x: (m, n_dims), y: (n, n_dims); result in units of x, 0 for equal distributions alone. NaN with
    fewer than two cells on a side or values that are not finite. Raises ValueError for shapes that
    do not fit. Source: Székely and Rizzo 2013, eq. 6.
    """
    return energy_of_samples(Sample(x), Sample(y))


def energy_of_samples(x: Sample, y: Sample) -> float:
    """`energy_distance` of samples that remember their own term."""
    if not comparable(x, y):
        return float("nan")
    cross = _distance_sum(x.cells, y.cells) / (len(x) * len(y))
    return 2.0 * cross - _self_mean(x) - _self_mean(y)


def energy_gain(comparison: Comparison) -> float:
    """Share of the energy distance between intervened and target cells that an edit closes.

    1 − D(T, P) / D(T, I): 1 is perfect, 0 doing nothing, negative worse than that. Unbiased, so
    that a perfect prediction can be a little above 1. Raises Missing where the intervened cells
    are no farther from the target than its own halves are from each other.
    """
    before, within = comparison.reference.sample.once("way", lambda: _way(comparison))
    if before <= within:
        raise Missing(
            "the intervened cells cannot be told from the target: their distance is "
            f"{before:.3g}, that of halves of the target up to {within:.3g}"
        )
    # The arguments as in `_way`, so that doing nothing is 0 to the last digit.
    left = comparison.predicted.once(
        "energy", lambda: energy_of_samples(comparison.reference.sample, comparison.predicted)
    )
    return 1.0 - left / before


def _way(comparison: Comparison) -> tuple[float, float]:
    """D(T, I), and the largest D of halves of T brought to the cells of T and I.

    Where nothing differs, D spreads as the sum of the reciprocal numbers of cells.
    """
    data, target = comparison.data, comparison.reference.sample
    intervened = Sample(data.intervene.x)
    rng = generator("halves", data.task.dataset, data.task.id, comparison.reference.target.id)
    largest, at_hand = 0.0, 1 / len(target) + 1 / max(len(intervened), 1)
    for _ in range(N_SPLITS):
        rows = rng.permutation(len(target))[: 2 * MAX_CELLS]
        half = len(rows) // 2
        distance = energy_of_samples(target.part(rows[:half]), target.part(rows[half : 2 * half]))
        largest = np.fmax(largest, distance * at_hand * half / 2)
    return energy_of_samples(target, intervened), float(largest)


def _self_mean(x: Sample) -> float:
    """Mean of ‖x_i − x_j‖ over i ≠ j."""
    n = len(x)
    return x.once("mean distance", lambda: _distance_sum(x.cells, x.cells) / (n * (n - 1)))


def _distance_sum(x: np.ndarray, y: np.ndarray) -> float:
    """Σ_{ij} ‖x_i − y_j‖, in blocks of at most `BLOCK_BYTES`."""
    rows = max(1, BLOCK_BYTES // (8 * len(y)))
    total = 0.0
    for block in squared_distance_blocks(x, y, rows):
        total += float(np.sqrt(block, out=block).sum())
        del block  # before the next one is made
    return total
