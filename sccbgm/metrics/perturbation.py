"""How well cells predicted for a perturbation agree with the real ones, in expression space.

P (n, n_genes) predicted, Y (m, n_genes) real cells of one perturbation, log-normalised; bars are
means over cells, C the mean of the control cells that were trained on.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist, pdist

from sccbgm.metrics.samples import ROUNDING

BANDWIDTHS = 1000.0 * 2.0 ** np.arange(-5, 5)
"""Of the ten kernels exp(-d^2 / bandwidth) that are summed (Zhang et al. 2023, released code)."""

MMD_CELLS = 32
"""Cells of a batch that the discrepancy is computed on (same source)."""

ENERGY_CELLS = 500
"""Cells of a side that the energy distance is computed on, at most: the first."""


@dataclass(frozen=True)
class Perturbed:
    """One perturbation: predicted P, real Y, control mean C (n_genes,), and marker genes.

    markers: (k,) columns of the genes that differ most between Y and the controls.
    """

    predicted: np.ndarray
    real: np.ndarray
    control: np.ndarray
    markers: np.ndarray

    def of_markers(self) -> Perturbed:
        """The same, of the marker genes alone."""
        g = self.markers
        return Perturbed(self.predicted[:, g], self.real[:, g], self.control[g], np.arange(len(g)))


def relative_rmse(p: Perturbed) -> float:
    """sqrt(mean (P - Y)^2 / mean Y^2), cells paired as they come, as many on both sides.

    Random pairs reward predictions without variance: read it next to `variance_ratio`.
    """
    n = min(len(p.predicted), len(p.real))
    real = p.real[:n]
    return float(np.sqrt(np.mean((p.predicted[:n] - real) ** 2) / np.mean(real**2)))


def r2(p: Perturbed) -> float:
    """Coefficient of determination of mean expression, the real mean as the truth."""
    return _r2(p.real.mean(0), p.predicted.mean(0))


def r2_swapped(p: Perturbed) -> float:
    """As `r2` with the predicted mean as the truth, at least 0 (code of Zhang et al. 2023)."""
    return max(_r2(p.predicted.mean(0), p.real.mean(0)), 0.0)


def pearson_squared(p: Perturbed) -> float:
    """Squared correlation of predicted and real mean expression."""
    return _correlation(p.predicted.mean(0), p.real.mean(0)) ** 2


def delta_pearson(p: Perturbed) -> float:
    """Correlation of the changes P̄ - C and Ȳ - C; NaN where no change is predicted but rounding."""
    change = p.predicted.mean(0) - p.control
    if np.linalg.norm(change) <= ROUNDING * np.linalg.norm(p.control):
        return float("nan")
    return _correlation(change, p.real.mean(0) - p.control)


def l2(p: Perturbed) -> float:
    """||P̄ - Ȳ||."""
    return float(np.linalg.norm(p.predicted.mean(0) - p.real.mean(0)))


def pseudobulk_rmse(p: Perturbed) -> float:
    """||P̄ - Ȳ|| / ||Ȳ||."""
    return l2(p) / float(np.linalg.norm(p.real.mean(0)))


def variance_ratio(p: Perturbed) -> float:
    """Mean variance of a gene over predicted cells, by that over real cells: 1 is right."""
    return float(p.predicted.var(0).mean() / p.real.var(0).mean())


def mmd(p: Perturbed) -> float:
    """Squared discrepancy with the sum of ten Gaussian kernels, mean over batches of 32 cells.

    Biased (V) estimate: mean k(P, P) + mean k(Y, Y) - 2 mean k(P, Y). Fewer than 32 cells make
    one batch, a last partial batch is left out.
    """
    n = min(len(p.predicted), len(p.real))
    size = min(n, MMD_CELLS)
    starts = range(0, n - size + 1, size)
    return float(np.mean([_mmd(p.predicted[i : i + size], p.real[i : i + size]) for i in starts]))


def energy_distance(p: Perturbed) -> float:
    """2 E||P - Y|| - E||P - P'|| - E||Y - Y'||, unbiased, Euclidean norms (not squared)."""
    predicted, real = p.predicted[:ENERGY_CELLS], p.real[:ENERGY_CELLS]
    return float(2 * cdist(predicted, real).mean() - pdist(predicted).mean() - pdist(real).mean())


METRICS: dict[str, Callable[[Perturbed], float]] = {
    "rel_rmse": relative_rmse,
    "r2": r2,
    "r2_ancestor": r2_swapped,
    "pearson2": pearson_squared,
    "delta_pearson": delta_pearson,
    "l2": l2,
    "pseudobulk_rmse": pseudobulk_rmse,
    "mmd": mmd,
    "energy": energy_distance,
    "var_ratio": variance_ratio,
}
"""Name -> function; those in `OF_MARKERS` are given for the marker genes too, as "<name>_de"."""

OF_MARKERS = ("rel_rmse", "r2", "r2_ancestor", "pearson2", "delta_pearson")


def evaluate(p: Perturbed) -> dict[str, float]:
    """Every metric of one perturbation."""
    values = {name: metric(p) for name, metric in METRICS.items()}
    markers = p.of_markers()
    return values | {f"{name}_de": METRICS[name](markers) for name in OF_MARKERS}


def marker_genes(real: np.ndarray, control: np.ndarray, n: int = 20) -> np.ndarray:
    """Columns of the n genes with the largest |t| (Welch) between real and control cells."""
    from scipy.stats import ttest_ind

    with np.errstate(invalid="ignore", divide="ignore"):
        t = np.abs(ttest_ind(real, control, equal_var=False).statistic)
    return np.argsort(-np.nan_to_num(t), kind="stable")[:n]


def _r2(truth: np.ndarray, estimate: np.ndarray) -> float:
    from sklearn.metrics import r2_score

    return float(r2_score(truth, estimate, force_finite=False))


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    from scipy.stats import ConstantInputWarning, pearsonr

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConstantInputWarning)  # NaN says it
        return float(pearsonr(a, b).statistic)


def _mmd(x: np.ndarray, y: np.ndarray) -> float:
    both = np.concatenate([x, y]).astype(np.float64)
    distance = cdist(both, both, "sqeuclidean")
    kernel = sum(np.exp(-distance / bandwidth) for bandwidth in BANDWIDTHS)
    n = len(x)
    return float(kernel[:n, :n].mean() + kernel[n:, n:].mean() - 2 * kernel[:n, n:].mean())
