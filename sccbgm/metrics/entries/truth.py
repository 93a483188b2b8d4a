"""Errors against each cell's own true counterfactual, observed or before its counting noise."""

from __future__ import annotations

from functools import partial

from sccbgm.metrics import metric, noise_free, paired
from sccbgm.metrics.entries.blind import MEANS

_NOISE = "Copies: factual and counterfactual cell share their counting noise."
_PROFILE = "The edit, which is small beside the differences between genes."

TRUTH = (
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
        MEANS,
    ),
    metric.noise_free(
        "effect_error_affected",
        "Relative error of the mean effect on the affected genes",
        "Σ_g (ê_g − e_g)² / Σ_g e_g² over the genes that the concept changes",
        partial(noise_free.effect_error, genes="affected"),
        f"What happens to all other genes. {MEANS}",
    ),
    metric.noise_free(
        "effect_missed",
        "Missed share of the mean effect",
        "|1 − ⟨ê, e⟩ / ⟨e, e⟩|, ê from the observed cells before the edit",
        noise_free.effect_missed,
        f"Changes in other directions than the true one. {MEANS}",
    ),
    metric.noise_free(
        "cell_error",
        "Relative error of each cell's effect",
        "Σ_i ‖(x̂_i − x_i) − e_i‖² / Σ_i ‖e_i‖², e_i = E[x'_i | rates] − E[x_i | rates]",
        noise_free.cell_error,
        "Nothing of the edit; a prediction that draws its own counting noise pays for it.",
    ),
)
