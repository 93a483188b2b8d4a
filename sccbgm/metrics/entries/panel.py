"""The composite and its parts: scores that are 1 for the target itself."""

from __future__ import annotations

from sccbgm.metrics import expression, metric
from sccbgm.metrics.composite import composite
from sccbgm.metrics.covariance import MIN_CELLS, covariance_likeness
from sccbgm.metrics.effect import discrimination, effect_direction
from sccbgm.metrics.energy import energy_gain
from sccbgm.metrics.entries.blind import MEANS, PAIRS, RECALLS
from sccbgm.metrics.frechet import variance_ratio
from sccbgm.metrics.metric import Metric

_REBUILT = "scanpy Wilcoxon against intervened cells, adjusted p < 0.05, all rebuilt from x"

PANEL = (
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
    metric.score(
        "energy_gain",
        "Energy gain",
        "1 − D(T, P) / D(T, I), D = 2 E‖X − Y‖ − E‖X − X'‖ − E‖Y − Y'‖",
        "unbiased; no value where D(T, I) is within the distances of halves of the target",
        "Székely and Rizzo 2013",
        energy_gain,
        f"Rare cells; half of the cells edited and half copied score 3/4. {PAIRS}",
    ),
    metric.score(
        "effect_direction",
        "Share of the effect",
        "mean_i clip(⟨x̂_i − x_i, e_i⟩ / ⟨e_i, e_i⟩, 0, 1), e_i = x'_i − x_i, or mean T − mean I",
        "the cell's own effect in a paired task, else the mean effect",
        "diagnostic of this project",
        effect_direction,
        "Changes across the true effect, overshoot, and variance.",
        rowwise=True,
    ),
    metric.score(
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
    metric.score(
        "discrimination",
        "Reciprocal rank of the right target",
        "1 / (1 + #{populations at least as near to the mean prediction as its target})",
        "means, Euclidean; other targets, intervened cells, training populations of 10 cells",
        "diagnostic of this project",
        discrimination,
        MEANS,
    ),
    metric.score(
        "de_precision_rebuilt",
        "Precision of DE genes, rebuilt",
        "|true ∩ predicted| / |predicted|",
        _REBUILT,
        "diagnostic of this project",
        expression.rebuilt_precision,
        "How many genes are missed and how far the others change.",
        space="genes",
    ),
    metric.score(
        "de_recall_rebuilt",
        "Recall of DE genes, rebuilt",
        "|true ∩ predicted| / |true|",
        _REBUILT,
        "diagnostic of this project",
        expression.rebuilt_recall,
        RECALLS,
        space="genes",
    ),
    metric.score(
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
)
