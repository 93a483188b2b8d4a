"""The catalogue of metrics: one entry a number that can be computed."""

from __future__ import annotations

from collections.abc import Iterable

from sccbgm.metrics.entries.distances import DISTANCES
from sccbgm.metrics.entries.edits import EDITS
from sccbgm.metrics.entries.genes import GENES
from sccbgm.metrics.entries.panel import PANEL
from sccbgm.metrics.entries.truth import TRUTH
from sccbgm.metrics.metric import Metric

FEW_CELLS = 20
"""Edited or target cells of a task below which its numbers are marked as those of few cells."""

METRICS: dict[str, Metric] = {
    entry.id: entry for entry in (*DISTANCES, *TRUTH, *EDITS, *GENES, *PANEL)
}

CHECKS = (*(entry.id for entry in EDITS), "cell_error")
"""Metrics of what an edit leaves as it was, and of each cell where its truth is known."""

DIAGNOSTICS = ("variance_ratio",)
"""Metrics that are written for every prediction, whatever was asked for."""

HEADLINE = "composite"
"""The metric that no adversary wins."""


def headline(metric_ids: Iterable[str]) -> str:
    """The metric that sums a dataset up, "" for none.

    The composite, else the first of predictions that says which of two is better.
    """
    ids = [id for id in metric_ids if METRICS[id].direction != "none" and not METRICS[id].asked]
    return HEADLINE if HEADLINE in ids else next(iter(ids), "")


def select(metric_ids: Iterable[str]) -> list[Metric]:
    """The metrics of these ids, in their order. Raises KeyError for an unknown id."""
    metric_ids = list(metric_ids)
    unknown = [id for id in metric_ids if id not in METRICS]
    if unknown:
        raise KeyError(f"unknown metrics {unknown}, known are {list(METRICS)}")
    return [METRICS[id] for id in metric_ids]
