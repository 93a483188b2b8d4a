"""Sinkhorn divergence with a regularisation relative to the largest cost."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sccbgm.metrics.pot import pot
from sccbgm.metrics.samples import (
    Inexact,
    Missing,
    Sample,
    comparable,
    is_rounding,
    squared_distances,
)

MAX_ITERATIONS = 1000
STOP_THRESHOLD = 1e-9
MAX_EXPONENT = 300.0
"""Largest C / (reg · M) at which exp(−C / (reg · M)) and the scalings of its rows are in range."""


@dataclass(frozen=True)
class Transport:
    """An entropic transport: its cost in squared units, and whether the solver converged."""

    cost: float
    converged: bool
    error: float


def sinkhorn_divergence(
    x: ArrayLike, y: ArrayLike, reg: float = 0.1, scale: float | None = None
) -> float:
    """Sinkhorn divergence of squared-Euclidean costs, sharp form.

    D = S(x, y) − ½ S(x, x) − ½ S(y, y), S = M ⟨P*, C/M⟩, C_ij = ‖x_i − y_j‖²,
    P* = argmin_P ⟨P, C/M⟩ + reg Σ P log P with uniform marginals; the entropy is not in S.

    M is the largest entry of each C, so the effective ε = reg · M differs between the three terms
    and D can be negative; `scale` (squared length) takes one M for all three instead.
    x: (m, n_dims), y: (n, n_dims). Solved in float64 by the steps of POT's `sinkhorn` with its
    default stopping (1000 iterations, marginal error 1e-9); warns with `Inexact` where a solve did
    not reach it. Memory: two dense matrices of the largest of the three sizes.

    NaN with fewer than two cells on a side or values that are not finite. Raises ValueError for
    shapes that do not fit, reg ≤ 0 or scale ≤ 0.
    Source: Cuturi 2013; Genevay et al. 2018; relative regularisation of the authors' reference
    code.
    """
    return sinkhorn_of_samples(Sample(x), Sample(y), reg, scale)


def sinkhorn_of_samples(
    x: Sample, y: Sample, reg: float = 0.1, scale: float | None = None
) -> float:
    """`sinkhorn_divergence` of samples that remember their own term."""
    if not reg > 0 or (scale is not None and not scale > 0):
        raise ValueError(f"reg and scale must be positive, found reg={reg}, scale={scale}")
    if not comparable(x, y):
        return float("nan")
    terms = {
        "cross": transport(x.cells, y.cells, reg, scale),
        "first self": _self_transport(x, reg, scale),
        "second self": _self_transport(y, reg, scale),
    }
    for name, term in terms.items():
        if not term.converged:
            warnings.warn(
                f"Sinkhorn stopped before convergence in the {name} term "
                f"(marginal error {term.error:.1e})",
                Inexact,
                stacklevel=2,
            )
    return terms["cross"].cost - 0.5 * (terms["first self"].cost + terms["second self"].cost)


def sinkhorn_common(target: Sample, other: Sample, reg: float = 0.1) -> float:
    """Sinkhorn divergence with the target's own largest cost as the scale of all three terms.

    Raises Missing where that cost is 0 but for rounding: all target cells are copies of one.
    """
    if not comparable(target, other):
        return float("nan")
    whole = target.whole
    scale = whole.once(
        "largest cost", lambda: float(squared_distances(whole.cells, whole.cells).max())
    )
    if is_rounding(scale, whole):
        raise Missing("the largest distance between target cells is 0")
    return sinkhorn_of_samples(target, other, reg, scale)


def transport(x: np.ndarray, y: np.ndarray, reg: float, scale: float | None = None) -> Transport:
    """Entropic transport between uniform weights on x and y; `scale` replaces the largest cost.

    Its own largest cost keeps the kernel exp(−C / (reg · scale)) in the range of floating numbers.
    Where another scale does not, what depends on x_i or on y_j alone is taken off the costs, which
    leaves P* as it is, and what is still out of range is solved in the log domain.
    """
    costs = squared_distances(x, y)
    largest = float(costs.max())
    if largest == 0.0:
        return Transport(0.0, True, 0.0)
    largest = largest if scale is None else scale
    costs /= largest
    solved = costs if costs.max() <= MAX_EXPONENT * reg else _without_separable_part(costs)
    in_range = solved.max() <= MAX_EXPONENT * reg
    plan, error = (_scaled if in_range else _in_the_log_domain)(solved, reg)
    plan *= costs
    return Transport(largest * float(plan.sum()), error < STOP_THRESHOLD, error)


def _scaled(costs: np.ndarray, reg: float) -> tuple[np.ndarray, float]:
    """P = diag(u) K diag(v), K = exp(−C / reg), whose rows weigh 1/m, and the error of its columns.

    The steps and the stopping of POT's `sinkhorn`, which would spend most of its time on a search
    for numbers out of range after every step, that `MAX_EXPONENT` rules out, and on the column sums
    Kᵀu of the error, that the next step needs anyway.
    """
    kernel = costs / -reg
    np.exp(kernel, out=kernel)
    m, n = kernel.shape
    u, error = np.full(m, 1 / m), np.inf
    sums = u @ kernel
    for step in range(MAX_ITERATIONS):
        v = 1 / n / sums
        u = 1 / m / (kernel @ v)
        sums = u @ kernel
        if step % 10 == 0:
            error = float(np.linalg.norm(v * sums - 1 / n))
            if error < STOP_THRESHOLD:
                break
    kernel *= u[:, None]
    kernel *= v
    return kernel, error


def _in_the_log_domain(costs: np.ndarray, reg: float) -> tuple[np.ndarray, float]:
    """The plan and its marginal error where exp(−C / reg) is out of range."""
    m, n = costs.shape
    with warnings.catch_warnings(), np.errstate(over="ignore"):
        # POT's warning of a solve that broke off: `converged` says it instead, and is kept.
        warnings.simplefilter("ignore", UserWarning)
        plan, log = pot().sinkhorn(
            np.full(m, 1 / m),
            np.full(n, 1 / n),
            costs,
            reg,
            method="sinkhorn_log",
            numItermax=MAX_ITERATIONS,
            stopThr=STOP_THRESHOLD,
            log=True,
        )
    return plan, float(log["err"][-1])


def _without_separable_part(costs: np.ndarray) -> np.ndarray:
    """Costs minus the minimum of each row, then of each column."""
    reduced = costs - costs.min(axis=1, keepdims=True)
    return reduced - reduced.min(axis=0, keepdims=True)


def _self_transport(x: Sample, reg: float, scale: float | None) -> Transport:
    return x.once(("sinkhorn", reg, scale), lambda: transport(x.cells, x.cells, reg, scale))
