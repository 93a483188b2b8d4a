"""Can a population be told from the target? As far as the target's own parts are from each other.

A ratio over a distance that is noise means nothing, however exactly it is computed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from sccbgm.metrics.measure import NAN, measure
from sccbgm.metrics.registry import METRICS, Metric
from sccbgm.metrics.samples import Sample

N_SPLITS = 20
N_SPLITS_UNBIASED = 100
MAX_CELLS = 2000
"""Target cells that are split, at most; drawn anew for each split."""
MIN_CELLS = 4
"""Fewest target cells that make two parts between which every ratio metric has a distance."""


class Resampled(NamedTuple):
    """Two distances in the units of a metric, NaN where they could not be computed.

    apart: from the target to the population. within: the largest between two parts of the target.
    indistinct: why the population cannot be told from the target, "" if it can: apart > within.
    """

    apart: float
    within: float
    indistinct: str


def resample(
    metric: Metric, target: Sample, population: Sample, distance: float, rng: np.random.Generator
) -> Resampled:
    """Split the target in two at random, many times, and measure its parts T₁, T₂.

    |T₂| = min(⌊n/2⌋, m) of n target cells and m of the population. An unbiased estimate is compared
    as it is with 100 splits, brought to its numbers of cells: where nothing differs it spreads as
    1/n + 1/m (Gretton et al. 2012, theorem 12), so

    apart = D(T, S), within = max D(T₁, T₂) · (1/n + 1/m) / (1/|T₁| + 1/|T₂|).

    Other distances grow as cells become fewer, by no simple law, so they are compared at the same
    numbers of cells, in 20 splits, S₂ as many cells of the population as T₂ has:

    apart = mean D(T₁, S₂), within = max D(T₁, T₂).

    A population of the target's own distribution is told apart by chance in about one of 50 cases
    by an unbiased estimate, in one of ten by others.

    distance: D(T, S). rng: decides the splits, the same for every metric where it is made with the
    same key; the order of the cells decides nothing.
    """
    if len(target) < MIN_CELLS:
        few = f"the target has {len(target)} cells, {MIN_CELLS} needed to tell populations from it"
        return Resampled(NAN, NAN, few)
    metric = METRICS.get(metric.resampled, metric)
    if metric.unbiased:
        apart, within = distance, _spread(metric, target, len(population), rng)
    else:
        apart, within = _at_equal_numbers(metric, target, population, rng)
    if apart > max(within, 0.0):
        return Resampled(apart, within, "")
    indistinct = (
        "the closest population cannot be told from the target: "
        f"their distance is {apart:.3g}, that of parts of the target up to {within:.3g}"
    )
    return Resampled(apart, within, indistinct)


def _spread(metric: Metric, target: Sample, m: int, rng: np.random.Generator) -> float:
    largest = -np.inf
    for first, second in _splits(target, m, N_SPLITS_UNBIASED, rng):
        of_parts = 1 / len(first) + 1 / len(second)
        distance = measure(metric, first, second).value
        largest = max(largest, distance * (1 / len(target) + 1 / m) / of_parts)
    return largest


def _at_equal_numbers(
    metric: Metric, target: Sample, population: Sample, rng: np.random.Generator
) -> tuple[float, float]:
    own, other = [], []
    order = _order(population)
    for first, second in _splits(target, len(population), N_SPLITS, rng):
        chosen = population.part(rng.permutation(order)[: len(second)])
        own.append(measure(metric, first, second).value)
        other.append(measure(metric, first, chosen).value)
    return float(np.mean(other)), float(np.max(own))


def _splits(
    target: Sample, m: int, times: int, rng: np.random.Generator
) -> Iterator[tuple[Sample, Sample]]:
    order = _order(target)
    for _ in range(times):
        rows = rng.permutation(order)[:MAX_CELLS]
        n = min(len(rows) // 2, m)
        yield target.part(rows[n:]), target.part(rows[:n])


def _order(sample: Sample) -> np.ndarray:
    """Numbers of the cells, sorted by what they are."""
    return np.lexsort(sample.cells.T[:2])
