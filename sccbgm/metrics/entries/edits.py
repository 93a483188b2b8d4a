"""Checks of an edit that need no truth."""

from __future__ import annotations

from sccbgm.metrics import checks, metric
from sccbgm.metrics.edited import neighbours_kept, old_state
from sccbgm.metrics.metric import Metric
from sccbgm.metrics.neighbours import subtype_accuracy

_RIGHT = "Whether the edit is right: a method that does nothing is perfect."
_SHARE = "as a share of the variance of the cells, Σ_i ‖a_i − b_i‖² / Σ_i ‖x_i − x̄‖²"

EDITS = (
    metric.asked(
        "identity",
        "Identity",
        "E_A(x) against x, A the state that x is in",
        _SHARE,
        checks.identity,
        f"{_RIGHT} Every loss of a bottleneck counts, whatever the edit.",
    ),
    metric.asked(
        "identity_rebuilt",
        "Identity against reconstruction",
        "E_A(x) against E(x) with no concept set",
        _SHARE,
        checks.identity_rebuilt,
        f"{_RIGHT} What the method loses of any cell: both sides have lost it.",
    ),
    metric.asked(
        "reversal",
        "Reversal",
        "E_A(E_B(x)) against x, from the state A to that of the target, B, and back",
        _SHARE,
        checks.reversal,
        f"{_RIGHT} An edit to anywhere, if it is undone.",
    ),
    metric.asked(
        "composition",
        "Order of two edits",
        "E_C(E_B(x)) against E_B(E_C(x)), C the nearest other concepts of training cells in A",
        _SHARE,
        checks.composition,
        f"{_RIGHT} Interactions between concepts, if they are wrong in both orders.",
    ),
    metric.asked(
        "monotone",
        "Steps forward with the dose",
        "share of cells and steps with ⟨E_t(x) − E_s(x), E_B(x) − E_A(x)⟩ ≥ 0, s < t of 5 doses",
        "concepts between the states, values that hard ones never have in training",
        checks.monotone,
        "How far the edit goes, and whether doses have the right effect: only the order.",
        higher=True,
    ),
    metric.score(
        "neighbours_kept",
        "Neighbours kept",
        "1/n Σ_i |N_k(x_i) ∩ N_k(x̂_i)| / k, k = 15",
        "nearest among the intervened and among the edited cells, Euclidean",
        "diagnostic of this project",
        neighbours_kept,
        "The edit: cells that are left alone, or moved anywhere together, keep them all.",
        min_cells=1,
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
    metric.score(
        "subtype_accuracy",
        "Subtype accuracy",
        "1/n Σ_i [majority subtype of the 15 nearest real cells = own subtype]",
        "kNN, k = 15, Euclidean, equal votes",
        "the paper, subtype accuracy",
        subtype_accuracy,
        "The edit: a cell that is left alone keeps its subtype. Variance within a subtype.",
        min_cells=1,
        floor=0.0,
    ),
)
