"""Exact optimal transport between two samples."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import ArrayLike

from sccbgm.metrics.pot import pot
from sccbgm.metrics.samples import Inexact, Sample, comparable, is_rounding, squared_distances

MAX_ITERATIONS = 10_000_000
"""Pivots of the network simplex; POT's default of 100,000 stops early on thousands of cells."""


def wasserstein2(x: ArrayLike, y: ArrayLike) -> float:
    """2-Wasserstein distance between two samples with uniform weights.

    W₂ = (min_P Σ_ij P_ij ‖x_i − y_j‖²)^{1/2}, P ≥ 0 with uniform marginals.

    x: (m, n_dims), y: (n, n_dims); result in units of x. Solved exactly by POT's `emd2`, with
    dense (m, n) costs; warns with `Inexact` where the solver stops early. NaN for an empty side
    or values that are not finite. Raises ValueError for shapes that do not fit.
    Source: Peyré and Cuturi 2019, section 2.2.
    """
    return wasserstein2_of_samples(Sample(x), Sample(y))


def emd(x: ArrayLike, y: ArrayLike) -> float:
    """Optimal transport cost of squared-Euclidean costs divided by their own maximum, in [0, 1].

    EMD = min_P ⟨P, C⟩ / max C. The scale is the pair's own, so values of different pairs have
    different units. Shapes, NaN and errors as in `wasserstein2`. Source: authors' reference code.
    """
    return emd_of_samples(Sample(x), Sample(y))


def wasserstein2_of_samples(x: Sample, y: Sample) -> float:
    """`wasserstein2` of samples."""
    if not comparable(x, y, min_cells=1):
        return float("nan")
    return float(np.sqrt(max(_transport_cost(squared_distances(x.cells, y.cells)), 0.0)))


def emd_of_samples(x: Sample, y: Sample) -> float:
    """`emd` of samples."""
    if not comparable(x, y, min_cells=1):
        return float("nan")
    costs = squared_distances(x.cells, y.cells)
    largest = float(costs.max())
    return 0.0 if is_rounding(largest, x, y) else _transport_cost(costs / largest)


def _transport_cost(costs: np.ndarray) -> float:
    """min_P ⟨P, C⟩ over couplings of uniform weights."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        cost, log = pot().emd2([], [], costs, numItermax=MAX_ITERATIONS, log=True)
    if log["warning"]:
        warnings.warn(f"optimal transport: {log['warning']}", Inexact, stacklevel=3)
    return float(cost)
