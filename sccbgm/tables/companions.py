"""Tables beside a published one: the same runs on noise-free scores, or another split."""

from __future__ import annotations

from dataclasses import replace

from sccbgm.tables.spec import TableSpec

SCORES: dict[str, tuple[str, str]] = {
    "expected": (
        "mse_expected",
        "Mean squared error between predicted cells and the expectation of their counterfactuals "
        "given the true rates, before counting noise; 0 for the best possible prediction, and a "
        "copy of the cell pays for its counting noise.",
    ),
    "effect": (
        "effect_error",
        "Squared error of the mean predicted change over the squared mean true change, before "
        "counting noise; 0 is perfect, 1 is no change.",
    ),
    "effect_affected": (
        "effect_error_affected",
        "Squared error of the mean predicted change over the squared mean true change, before "
        "counting noise, on the genes that the concept affects; 0 is perfect, 1 is no change.",
    ),
    "missed": (
        "effect_missed",
        "Share of the true mean change that the predicted mean change lacks along its direction; "
        "0 is perfect, 1 is doing nothing, and changes in other directions do not count.",
    ),
}
"""Suffix of a table's id -> metric and what it is."""

SEEN = "seen"

YARDSTICKS = ("no_edit", "mean_training", "mean_intervened", "true_shift", "best_possible")
"""Yardsticks for an error on true counterfactuals: to copy the cell, to answer with a constant,
to know the mean change, to know the rates."""


def on_score(table: TableSpec, suffix: str) -> TableSpec:
    """The table with another score of the same runs, for which nothing is published."""
    metric, caption = SCORES[suffix]
    return replace(
        table,
        id=f"{table.id}_{suffix}",
        title=f"{{metric}} [runs of {table.id}]",
        caption=f"{caption} Not in the paper; the runs are those of {table.id}.",
        metric=metric,
        published="",
    )


def where_seen(table: TableSpec) -> TableSpec:
    """The table of the datasets `<id>_seen`, whose intervened cells are trained on."""
    return replace(
        table,
        id=f"{table.id}_{SEEN}",
        title=f"{table.title}, intervened cells seen in training",
        caption=f"{table.caption} Here they do, as in the authors' reference code.",
        columns=tuple(replace(c, dataset=f"{c.dataset}_{SEEN}") for c in table.columns),
    )
