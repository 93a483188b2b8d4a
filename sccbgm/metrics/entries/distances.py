"""Distances to the target over those of the closest training population."""

from __future__ import annotations

from functools import partial

from sccbgm.metrics import metric
from sccbgm.metrics.entries.blind import PAIRS
from sccbgm.metrics.frechet import frechet_of_samples
from sccbgm.metrics.mmd import mmd2_median, mmd2_of_samples
from sccbgm.metrics.sinkhorn import sinkhorn_common, sinkhorn_of_samples
from sccbgm.metrics.wasserstein import emd_of_samples, wasserstein2_of_samples

_KERNEL = (
    "Anything farther off than the kernel's width: all that is far is equally far, such as cells "
    f"of any other type or with any larger spread. {PAIRS}"
)
_BLUR = f"Variance: the plan is blurred by reg 0.1, so that shrunken clouds look right. {PAIRS}"
_REFERENCE_MMD = "Gretton et al. 2012, eq. 3"
_SINKHORN = "Cuturi 2013; Genevay et al. 2018"

DISTANCES = (
    metric.ratio(
        "rmmd",
        "rMMD",
        "unbiased MMD², k(x, y) = exp(−‖x − y‖² / n_dims)",
        "unbiased, a prediction below 0 counts 0, γ = 1/n_dims",
        _REFERENCE_MMD,
        partial(mmd2_of_samples, clamp=False),
        _KERNEL,
        published_floor=10,
        unbiased=True,
    ),
    metric.ratio(
        "rmmd_median",
        "rMMD, median heuristic",
        "unbiased MMD², k(x, y) = exp(−‖x − y‖² / median of the target's)",
        "unbiased, a prediction below 0 counts 0, γ from the target's cells alone",
        _REFERENCE_MMD,
        mmd2_median,
        PAIRS,
        published_floor=10,
        unbiased=True,
    ),
    metric.ratio(
        "rfid",
        "rFID",
        "‖μ_T − μ_P‖² + Tr(Σ_T + Σ_P − 2(Σ_T Σ_P)^½)",
        "sample moments, n − 1, no regularisation",
        "Dowson and Landau 1982; Heusel et al. 2017",
        frechet_of_samples,
        f"Everything but mean and covariance; few cells weigh as a difference. {PAIRS}",
    ),
    metric.ratio(
        "rsd",
        "rSD",
        "S(T, P) − ½ S(T, T) − ½ S(P, P), S = max C · ⟨P*, C / max C⟩",
        "as POT sinkhorn2, reg 0.1 of each pair's largest cost, entropy left out, not clamped",
        _SINKHORN,
        sinkhorn_of_samples,
        _BLUR,
    ),
    metric.ratio(
        "rsd_common",
        "rSD, common scale",
        "S(T, P) − ½ S(T, T) − ½ S(P, P), S = m ⟨P*, C / m⟩, m = max C(T, T)",
        "as POT sinkhorn2, reg 0.1 of the target's largest cost in all terms, not clamped",
        _SINKHORN,
        sinkhorn_common,
        _BLUR,
    ),
    metric.ratio(
        "rw2",
        "rW2",
        "(min_P ⟨P, C⟩)^½, C_ij = ‖x_i − y_j‖²",
        "exact, POT emd2",
        "Peyré and Cuturi 2019",
        wasserstein2_of_samples,
        f"With fewer cells than dimensions a cloud is far from itself. {PAIRS}",
    ),
    metric.ratio(
        "remd",
        "rEMD",
        "min_P ⟨P, C / max C⟩; each pair has its own scale, so not a ratio of distances",
        "exact, POT emd2",
        "authors' reference code",
        emd_of_samples,
        f"Any change of scale, since each pair has its own: more spread can look better. {PAIRS}",
        resampled="rw2",
    ),
)
