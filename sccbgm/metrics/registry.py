"""The catalogue of metrics: one entry a number that can be computed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from sccbgm.metrics import expression, noise_free, paired
from sccbgm.metrics.comparison import Comparison
from sccbgm.metrics.frechet import frechet_of_samples, variance_ratio
from sccbgm.metrics.mmd import mmd2_median, mmd2_of_samples
from sccbgm.metrics.neighbours import subtype_accuracy
from sccbgm.metrics.sinkhorn import sinkhorn_common, sinkhorn_of_samples
from sccbgm.metrics.wasserstein import emd_of_samples, wasserstein2_of_samples

FEW_CELLS = 20
"""Edited or target cells of a task below which its numbers are marked as those of few cells."""


@dataclass(frozen=True)
class Metric:
    """One metric.

    title: its printed name. function: where `ratio`, a distance (target, other) -> float of two
    samples, which enters as D(T, P) / (min_g D(T, S_g) + 1e-8); else (comparison) -> float. Either
    may raise `Missing`. best: the value of a perfect prediction. space: what the cells are given
    in; "x" is whatever the task has, principal components or genes.
    min_cells: fewest predictions that the metric is defined for. published_floor: fewest cells of
    a training population that the authors' reference code takes as denominator.
    unbiased: the distance is estimated without bias, below 0 as often as above where nothing
    differs; below 0 it counts 0 in the ratio. resampled: the ratio metric whose distance stands for
    this one where parts of the target are compared, itself if "".
    """

    id: str
    title: str
    formula: str
    direction: Literal["lower", "higher", "none"]
    best: float
    space: Literal["pcs", "x", "genes"]
    estimator: str
    citation: str
    function: Callable[..., float]
    ratio: bool = False
    paired: bool = False
    min_cells: int = 1
    published_floor: int = 0
    unbiased: bool = False
    resampled: str = ""


def _ratio(
    id: str,
    title: str,
    distance: str,
    estimator: str,
    citation: str,
    function: Callable[..., float],
    **more: Any,
) -> Metric:
    above = "max(D(T, P), 0)" if more.get("unbiased") else "D(T, P)"
    formula = f"{above} / (min_g D(T, S_g) + 1e-8), D = {distance}"
    return Metric(
        id=id,
        title=title,
        formula=formula,
        direction="lower",
        best=0.0,
        space="pcs",
        estimator=estimator,
        citation=citation,
        function=function,
        ratio=True,
        min_cells=2,
        **more,
    )


def _paired(
    id: str, title: str, formula: str, higher: bool, in_genes: bool, error: Callable[..., float]
) -> Metric:
    def function(comparison: Comparison) -> float:
        truth = comparison.truth_in_genes if in_genes else comparison.truth
        return error(comparison.predicted.cells, truth)

    return Metric(
        id=id,
        title=title,
        formula=formula,
        direction="higher" if higher else "lower",
        best=1.0 if higher else 0.0,
        space="genes" if in_genes else "x",
        estimator="mean over paired cells, each with its own true counterfactual",
        citation="authors' reference code",
        function=function,
        paired=True,
    )


def _noise_free(id: str, title: str, formula: str, function: Callable[..., float]) -> Metric:
    return Metric(
        id=id,
        title=title,
        formula=formula,
        direction="lower",
        best=0.0,
        space="x",
        estimator="against the expectation given the true rates, before counting noise",
        citation="diagnostic of this project",
        function=function,
        paired=True,
    )


def _recall(suffix: str, control: expression.Control) -> list[Metric]:
    against = {"train": "all training cells", "intervene": "the intervened cells"}[control]
    kinds: dict[str, tuple[str, Callable[..., float]]] = {
        "de_recall_up": ("up-regulated", partial(expression.de_recall, side="up", control=control)),
        "de_recall_down": (
            "down-regulated",
            partial(expression.de_recall, side="down", control=control),
        ),
        "de_recall": ("DE", partial(expression.de_recall_mean, control=control)),
    }
    return [
        Metric(
            id=f"{id}{suffix}",
            title=f"Recall of {kind} genes against {against}",
            formula="|true ∩ predicted| / |true|",
            direction="higher",
            best=1.0,
            space="genes",
            estimator="scanpy Wilcoxon, adjusted p < 0.001 (truth) and < 0.05 (prediction)",
            citation="authors' reference code",
            function=function,
            min_cells=2,
        )
        for id, (kind, function) in kinds.items()
    ]


_REFERENCE_MMD = "Gretton et al. 2012, eq. 3"
_SINKHORN = "Cuturi 2013; Genevay et al. 2018"

_ENTRIES = [
    _ratio(
        "rmmd",
        "rMMD",
        "unbiased MMD², k(x, y) = exp(−‖x − y‖² / n_dims)",
        "unbiased, a prediction below 0 counts 0, γ = 1/n_dims",
        _REFERENCE_MMD,
        partial(mmd2_of_samples, clamp=False),
        published_floor=10,
        unbiased=True,
    ),
    _ratio(
        "rmmd_median",
        "rMMD, median heuristic",
        "unbiased MMD², k(x, y) = exp(−‖x − y‖² / median of the target's)",
        "unbiased, a prediction below 0 counts 0, γ from the target's cells alone",
        _REFERENCE_MMD,
        mmd2_median,
        published_floor=10,
        unbiased=True,
    ),
    _ratio(
        "rfid",
        "rFID",
        "‖μ_T − μ_P‖² + Tr(Σ_T + Σ_P − 2(Σ_T Σ_P)^½)",
        "sample moments, n − 1, no regularisation",
        "Dowson and Landau 1982; Heusel et al. 2017",
        frechet_of_samples,
    ),
    _ratio(
        "rsd",
        "rSD",
        "S(T, P) − ½ S(T, T) − ½ S(P, P), S = max C · ⟨P*, C / max C⟩",
        "POT sinkhorn2, reg 0.1 of each pair's largest cost, entropy left out, not clamped",
        _SINKHORN,
        sinkhorn_of_samples,
    ),
    _ratio(
        "rsd_common",
        "rSD, common scale",
        "S(T, P) − ½ S(T, T) − ½ S(P, P), S = m ⟨P*, C / m⟩, m = max C(T, T)",
        "POT sinkhorn2, reg 0.1 of the target's largest cost in all terms, not clamped",
        _SINKHORN,
        sinkhorn_common,
    ),
    _ratio(
        "rw2",
        "rW2",
        "(min_P ⟨P, C⟩)^½, C_ij = ‖x_i − y_j‖²",
        "exact, POT emd2",
        "Peyré and Cuturi 2019",
        wasserstein2_of_samples,
    ),
    _ratio(
        "remd",
        "rEMD",
        "min_P ⟨P, C / max C⟩; each pair has its own scale, so not a ratio of distances",
        "exact, POT emd2",
        "authors' reference code",
        emd_of_samples,
        resampled="rw2",
    ),
    _paired("mse", "MSE", "mean_{i,d} (x̂_id − x_id)²", False, False, paired.mse),
    _paired(
        "mse_nonzero",
        "MSE of expressed entries",
        "mean over x_id ≠ 0 of (x̂_id − x_id)²",
        False,
        True,
        paired.mse_nonzero,
    ),
    _paired(
        "cosine",
        "Cosine of expression profiles",
        "mean_i ⟨x̂_i, x_i⟩ / ‖x̂_i‖‖x_i‖",
        True,
        True,
        paired.row_cosine,
    ),
    _paired(
        "pearson",
        "Pearson correlation of expression profiles",
        "mean_i corr_d(x̂_id, x_id)",
        True,
        True,
        paired.row_pearson,
    ),
    _noise_free(
        "mse_expected",
        "MSE against the expected counterfactual",
        "mean_{i,d} (x̂_id − E[x_id | rates])²",
        noise_free.mse_expected,
    ),
    _noise_free(
        "effect_error",
        "Relative error of the mean effect",
        "Σ_d (ê_d − e_d)² / Σ_d e_d², ê and e the predicted and true mean change",
        noise_free.effect_error,
    ),
    _noise_free(
        "effect_error_affected",
        "Relative error of the mean effect on the affected genes",
        "Σ_g (ê_g − e_g)² / Σ_g e_g² over the genes that the concept changes",
        partial(noise_free.effect_error, genes="affected"),
    ),
    _noise_free(
        "effect_missed",
        "Missed share of the mean effect",
        "|1 − ⟨ê, e⟩ / ⟨e, e⟩|, ê from the observed cells before the edit",
        noise_free.effect_missed,
    ),
    Metric(
        id="subtype_accuracy",
        title="Subtype accuracy",
        formula="1/n Σ_i [majority subtype of the 15 nearest real cells = own subtype]",
        direction="higher",
        best=1.0,
        space="x",
        estimator="kNN, k = 15, Euclidean, equal votes",
        citation="the paper, subtype accuracy",
        function=subtype_accuracy,
    ),
    *_recall("", "train"),
    *_recall("_vs_intervene", "intervene"),
    Metric(
        id="variance_ratio",
        title="Variance ratio",
        formula="Tr Σ_P / Tr Σ_T",
        direction="none",
        best=1.0,
        space="x",
        estimator="sample covariances, n − 1",
        citation="diagnostic of this project",
        function=lambda c: variance_ratio(c.predicted, c.reference.sample),
        min_cells=2,
    ),
]

METRICS: dict[str, Metric] = {metric.id: metric for metric in _ENTRIES}

DIAGNOSTICS = ("variance_ratio",)
"""Metrics that are written for every prediction, whatever was asked for."""


def select(metric_ids: Iterable[str]) -> list[Metric]:
    """The metrics of these ids, in their order. Raises KeyError for an unknown id."""
    metric_ids = list(metric_ids)
    unknown = [id for id in metric_ids if id not in METRICS]
    if unknown:
        raise KeyError(f"unknown metrics {unknown}, known are {list(METRICS)}")
    return [METRICS[id] for id in metric_ids]
