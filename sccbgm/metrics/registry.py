"""The catalogue of metrics: one entry a number that can be computed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from sccbgm.metrics import expression, metric, noise_free, paired
from sccbgm.metrics.composite import composite
from sccbgm.metrics.covariance import MIN_CELLS, covariance_likeness
from sccbgm.metrics.edited import neighbours_kept, old_state
from sccbgm.metrics.effect import discrimination, effect_direction
from sccbgm.metrics.energy import energy_gain
from sccbgm.metrics.frechet import frechet_of_samples, variance_ratio
from sccbgm.metrics.metric import Metric
from sccbgm.metrics.mmd import mmd2_median, mmd2_of_samples
from sccbgm.metrics.neighbours import subtype_accuracy
from sccbgm.metrics.sinkhorn import sinkhorn_common, sinkhorn_of_samples
from sccbgm.metrics.wasserstein import emd_of_samples, wasserstein2_of_samples

FEW_CELLS = 20
"""Edited or target cells of a task below which its numbers are marked as those of few cells."""

_PAIRS = "Which cell became which."
_KERNEL = (
    "Anything farther off than the kernel's width: all that is far is equally far, such as cells "
    f"of any other type or with any larger spread. {_PAIRS}"
)
_BLUR = f"Variance: the plan is blurred by reg 0.1, so that shrunken clouds look right. {_PAIRS}"
_NOISE = "Copies: factual and counterfactual cell share their counting noise."
_PROFILE = "The edit, which is small beside the differences between genes."
_MEANS = "Everything but means: a prediction without variance is perfect."
_RECALLS = "Genes that are wrongly regulated: the more, the higher. Variance: none helps."
_REBUILT = "scanpy Wilcoxon against intervened cells, adjusted p < 0.05, all rebuilt from x"
_REFERENCE_MMD = "Gretton et al. 2012, eq. 3"
_SINKHORN = "Cuturi 2013; Genevay et al. 2018"


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
            blind=_RECALLS,
            min_cells=2,
        )
        for id, (kind, function) in kinds.items()
    ]


_ENTRIES = [
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
        _PAIRS,
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
        f"Everything but mean and covariance; few cells weigh as a difference. {_PAIRS}",
    ),
    metric.ratio(
        "rsd",
        "rSD",
        "S(T, P) − ½ S(T, T) − ½ S(P, P), S = max C · ⟨P*, C / max C⟩",
        "POT sinkhorn2, reg 0.1 of each pair's largest cost, entropy left out, not clamped",
        _SINKHORN,
        sinkhorn_of_samples,
        _BLUR,
    ),
    metric.ratio(
        "rsd_common",
        "rSD, common scale",
        "S(T, P) − ½ S(T, T) − ½ S(P, P), S = m ⟨P*, C / m⟩, m = max C(T, T)",
        "POT sinkhorn2, reg 0.1 of the target's largest cost in all terms, not clamped",
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
        f"With fewer cells than dimensions a cloud is far from itself. {_PAIRS}",
    ),
    metric.ratio(
        "remd",
        "rEMD",
        "min_P ⟨P, C / max C⟩; each pair has its own scale, so not a ratio of distances",
        "exact, POT emd2",
        "authors' reference code",
        emd_of_samples,
        f"Any change of scale, since each pair has its own: more spread can look better. {_PAIRS}",
        resampled="rw2",
    ),
    metric.paired(
        "mse",
        "MSE",
        "mean_{i,d} (x̂_id − x_id)²",
        False,
        False,
        paired.mse,
        f"{_NOISE} A prediction without variance beats a real cell that is not the very cell.",
    ),
    metric.paired(
        "mse_nonzero",
        "MSE of expressed entries",
        "mean over x_id ≠ 0 of (x̂_id − x_id)²",
        False,
        True,
        paired.mse_nonzero,
        f"Whatever is predicted where the truth is 0. {_NOISE}",
    ),
    metric.paired(
        "cosine",
        "Cosine of expression profiles",
        "mean_i ⟨x̂_i, x_i⟩ / ‖x̂_i‖‖x_i‖",
        True,
        True,
        paired.row_cosine,
        f"The scale of a cell. {_NOISE} {_PROFILE}",
    ),
    metric.paired(
        "pearson",
        "Pearson correlation of expression profiles",
        "mean_i corr_d(x̂_id, x_id)",
        True,
        True,
        paired.row_pearson,
        f"Scale and level of a cell. {_NOISE} {_PROFILE}",
    ),
    metric.noise_free(
        "mse_expected",
        "MSE against the expected counterfactual",
        "mean_{i,d} (x̂_id − E[x_id | rates])²",
        noise_free.mse_expected,
        "Variance: the counting noise that a real cell has is an error here.",
    ),
    metric.noise_free(
        "effect_error",
        "Relative error of the mean effect",
        "Σ_d (ê_d − e_d)² / Σ_d e_d², ê and e the predicted and true mean change",
        noise_free.effect_error,
        _MEANS,
    ),
    metric.noise_free(
        "effect_error_affected",
        "Relative error of the mean effect on the affected genes",
        "Σ_g (ê_g − e_g)² / Σ_g e_g² over the genes that the concept changes",
        partial(noise_free.effect_error, genes="affected"),
        f"What happens to all other genes. {_MEANS}",
    ),
    metric.noise_free(
        "effect_missed",
        "Missed share of the mean effect",
        "|1 − ⟨ê, e⟩ / ⟨e, e⟩|, ê from the observed cells before the edit",
        noise_free.effect_missed,
        f"Changes in other directions than the true one. {_MEANS}",
    ),
    metric.noise_free(
        "cell_error",
        "Relative error of each cell's effect",
        "Σ_i ‖(x̂_i − x_i) − e_i‖² / Σ_i ‖e_i‖², e_i = E[x'_i | rates] − E[x_i | rates]",
        noise_free.cell_error,
        "Nothing of the edit; a prediction that draws its own counting noise pays for it.",
    ),
    Metric(
        id="neighbours_kept",
        title="Neighbours kept",
        formula="1/n Σ_i |N_k(x_i) ∩ N_k(x̂_i)| / k, k = 15",
        direction="higher",
        best=1.0,
        space="x",
        estimator="nearest among the intervened and among the edited cells, Euclidean",
        citation="diagnostic of this project",
        function=neighbours_kept,
        blind="The edit: cells that are left alone, or moved anywhere together, keep them all.",
        floor=0.0,
    ),
    Metric(
        id="old_state",
        title="Old state still read",
        formula="mean_i P(state before the edit | x̂_i)",
        direction="lower",
        best=0.0,
        space="x",
        estimator="logistic regression (C = 1, standardised) on training cells of both states",
        citation="after the paper, leakage of concepts",
        function=old_state,
        blind="Everything but the edited concept: stimulated cells of any type are perfect.",
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
        blind="The edit: a cell that is left alone keeps its subtype. Variance within a subtype.",
        floor=0.0,
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
        blind="Everything but the sum of variances: any cells that are spread as widely.",
        floor=0.0,
        min_cells=2,
    ),
    metric.panel(
        "energy_gain",
        "Energy gain",
        "1 − D(T, P) / D(T, I), D = 2 E‖X − Y‖ − E‖X − X'‖ − E‖Y − Y'‖",
        "unbiased; no value where D(T, I) is within the distances of halves of the target",
        "Székely and Rizzo 2013",
        energy_gain,
        f"Rare cells; half of the cells edited and half copied score 3/4. {_PAIRS}",
    ),
    metric.panel(
        "effect_direction",
        "Share of the effect",
        "mean_i clip(⟨x̂_i − x_i, e_i⟩ / ⟨e_i, e_i⟩, 0, 1), e_i = x'_i − x_i, or mean T − mean I",
        "the cell's own effect in a paired task, else the mean effect",
        "diagnostic of this project",
        effect_direction,
        "Changes across the true effect, overshoot, and variance.",
        rowwise=True,
    ),
    metric.panel(
        "covariance_likeness",
        "Likeness of covariances",
        "Tr(Σ_P Σ_T) / (Tr Σ_P² · Tr Σ_T²)^½",
        "of unbiased estimates: draws of the target score about 1, however few their cells",
        "Escoufier 1973; Himeno and Yamada 2014",
        lambda c: covariance_likeness(c.predicted, c.reference.sample),
        "Means, and how much cells vary: the edit itself. Copies of the very target are above 1.",
        min_cells=MIN_CELLS,
        floor=0.0,
    ),
    metric.panel(
        "discrimination",
        "Reciprocal rank of the right target",
        "1 / (1 + #{populations at least as near to the mean prediction as its target})",
        "means, Euclidean; other targets, intervened cells, training populations of 10 cells",
        "diagnostic of this project",
        discrimination,
        _MEANS,
    ),
    metric.panel(
        "de_precision_rebuilt",
        "Precision of DE genes, rebuilt",
        "|true ∩ predicted| / |predicted|",
        _REBUILT,
        "diagnostic of this project",
        expression.rebuilt_precision,
        "How many genes are missed and how far the others change.",
        space="genes",
    ),
    metric.panel(
        "de_recall_rebuilt",
        "Recall of DE genes, rebuilt",
        "|true ∩ predicted| / |true|",
        _REBUILT,
        "diagnostic of this project",
        expression.rebuilt_recall,
        _RECALLS,
        space="genes",
    ),
    metric.panel(
        "composite",
        "Composite",
        "min of energy gain, share of the effect, min(v, 1/v) of the variance ratio v, likeness of "
        "covariances, precision and recall of DE genes, reciprocal rank; each clipped to [0, 1]",
        "as its parts",
        "argued in docs/adversaries.md",
        composite,
        min_cells=MIN_CELLS,
        blind="What all parts are blind to: the order of cells in a task that is not paired.",
        rowwise=True,
    ),
]

METRICS: dict[str, Metric] = {entry.id: entry for entry in _ENTRIES}

DIAGNOSTICS = ("variance_ratio",)
"""Metrics that are written for every prediction, whatever was asked for."""


def select(metric_ids: Iterable[str]) -> list[Metric]:
    """The metrics of these ids, in their order. Raises KeyError for an unknown id."""
    metric_ids = list(metric_ids)
    unknown = [id for id in metric_ids if id not in METRICS]
    if unknown:
        raise KeyError(f"unknown metrics {unknown}, known are {list(METRICS)}")
    return [METRICS[id] for id in metric_ids]
