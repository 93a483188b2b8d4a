"""The quantile function of the Poisson distribution, exact and fast for small rates."""

from __future__ import annotations

import numpy as np
from scipy import stats

UNDECIDED = 1e-13
"""Comparisons closer than this are left to SciPy; the recursion's own error stays below 1e-14."""
MAX_STEPS = 200
"""Terms summed before an entry is left to SciPy."""
COMPACT_BELOW = 8
"""Open entries are gathered once fewer than one in this many are left; measured, not critical."""


def poisson_quantile(probability: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """Smallest integer n with P(X <= n) >= probability, for X ~ Poisson(rate).

    Sums exp(-rate) rate^n / n! for all entries at once and drops those that are done. Entries
    whose comparison is too close for float64 sums, and rates that need more than MAX_STEPS
    terms, are decided by `scipy.stats.poisson.ppf`, which the result therefore equals.

    Args:
        probability: float64, each strictly between 0 and 1.
        rate: float64, same shape, each finite and not negative.

    Returns:
        int32 array of the same shape.

    Raises:
        ValueError: for a probability or a rate outside its range.
    """
    if probability.size == 0:
        return np.zeros(probability.shape, dtype=np.int32)
    if not (probability.min() > 0 and probability.max() < 1):
        raise ValueError("poisson_quantile: probabilities must lie strictly between 0 and 1")
    if not (rate.min() >= 0 and rate.max() < np.inf):
        raise ValueError("poisson_quantile: rates must be finite and not negative")
    shape, probability, rate = probability.shape, probability.ravel(), rate.ravel()
    least, most = _count_steps(probability, rate)
    counts = most.astype(np.int32)
    undecided = np.flatnonzero(least != most)
    if undecided.size:
        counts[undecided] = stats.poisson.ppf(probability[undecided], rate[undecided])
    return counts.reshape(shape)


def _count_steps(probability: np.ndarray, rate: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Smallest and largest quantile that the rounding error allows, uint8 arrays.

    They count the n whose distribution function is surely, and possibly, below `probability`.
    """
    least, most = (np.zeros(rate.shape, dtype=np.uint8) for _ in range(2))
    part_least, part_most, entries = least, most, None
    term = np.exp(-rate)
    gap = probability - term
    for step in range(1, MAX_STEPS + 1):
        part_least += (gap > UNDECIDED).view(np.uint8)
        open_ = gap > -UNDECIDED
        part_most += open_.view(np.uint8)
        n_open = np.count_nonzero(open_)
        if n_open < gap.size // COMPACT_BELOW or n_open == 0:
            if entries is not None:
                least[entries], most[entries] = part_least, part_most
            if n_open == 0:
                return least, most
            entries = np.flatnonzero(open_) if entries is None else entries[open_]
            rate, term, gap = rate[open_], term[open_], gap[open_]
            part_least, part_most = least[entries], most[entries]
        term *= rate
        term *= 1.0 / step
        gap -= term
    still_open = slice(None) if entries is None else entries
    least[still_open], most[still_open] = 0, MAX_STEPS
    return least, most
