"""Score one prediction: a row a metric."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from sccbgm.metrics.comparison import Comparison, Reference
from sccbgm.metrics.measure import NAN, Measured, measure, unusable
from sccbgm.metrics.ratio import EPSILON, Closest, Denominators
from sccbgm.metrics.registry import DIAGNOSTICS, Metric, select
from sccbgm.metrics.samples import Missing, Sample
from sccbgm.protocol.task import TaskData

if TYPE_CHECKING:
    import pandas as pd

NO_RATIO: dict[str, Any] = {
    "distance": NAN,
    "denominator": NAN,
    "denominator_group": "",
    "n_denominator": 0,
}
"""Columns beside the value of a number that is no ratio."""


def with_diagnostics(metric_ids: Sequence[str]) -> list[str]:
    """The ids in their order, each once, followed by the diagnostics that are not among them."""
    return list(dict.fromkeys([*metric_ids, *DIAGNOSTICS]))


def evaluate(
    data: TaskData,
    target_id: str,
    prediction: ArrayLike,
    denominators: pd.DataFrame | Denominators | None,
    metric_ids: Sequence[str],
    reference: Reference | None = None,
    closest_group: bool = False,
) -> list[dict[str, Any]]:
    """Rows of one prediction of one target, one a metric in the order asked for, then diagnostics.

    prediction: (n_cells, n_dims), row i the edited intervened cell i. denominators: the table of
    `sccbgm.metrics.denominators`, or what was made of it where many predictions are scored; None
    where no metric is a ratio. reference: the target's cells, made once likewise.
    closest_group: the prediction stands for the closest population by each of the metrics, which
    no single set of cells is: its distance is the denominator and its ratio exactly 1.

    A row: metric, value, reason, n_predicted; and of a ratio the distance D(T, P) and the
    denominator D(T, S), neither of them clamped, denominator_group and n_denominator, its cells.
    What cannot be computed (fewer cells than the metric needs, values that are not finite or no
    cells at all, no denominator, one that cannot be told from 0, no pairs, an error) is NaN with
    the reason; a value with a reason is inexact. Raises KeyError for unknown metrics, targets or
    missing denominators.
    """
    reference = reference or Reference(data, target_id)
    metrics = select(with_diagnostics(metric_ids))
    table = None if denominators is None else _indexed(denominators)
    predicted, fault = _read(prediction, reference.sample.cells.shape[1])
    comparison = Comparison(reference, predicted)
    return [_row(metric, comparison, fault, table, closest_group) for metric in metrics]


def _indexed(table: pd.DataFrame | Denominators) -> Denominators:
    return table if isinstance(table, Denominators) else Denominators(table)


def _read(prediction: ArrayLike, n_dims: int) -> tuple[Sample, str]:
    """The predicted cells, and why they are none: then without rows."""
    none = np.empty((0, n_dims))
    try:
        predicted = Sample(prediction)
    except (TypeError, ValueError) as error:
        return Sample(none), f"the prediction is not a matrix of numbers: {error}"
    if predicted.cells.shape[1] != n_dims:
        shape = predicted.cells.shape
        return Sample(none), f"the prediction needs {n_dims} columns, found shape {shape}"
    return predicted, ""


def _row(
    metric: Metric,
    comparison: Comparison,
    fault: str,
    denominators: Denominators | None,
    closest_group: bool,
) -> dict[str, Any]:
    target, predicted = comparison.reference.sample, comparison.predicted
    reason = fault or unusable("prediction", predicted, metric)
    reason = reason or unusable("target", target, metric)
    row = {"metric": metric.id, "n_predicted": len(predicted), **NO_RATIO}
    if not metric.ratio:
        measured = Measured(NAN, reason) if reason else measure(metric, comparison)
        return row | measured._asdict()
    try:
        closest = _closest(metric, comparison, denominators)
    except Missing as missing:
        return row | Measured(NAN, reason or str(missing))._asdict()
    row |= {
        "denominator": closest.distance,
        "denominator_group": closest.group,
        "n_denominator": closest.n_cells,
    }
    if closest_group:
        row["n_predicted"] = closest.n_cells
        distance, ratio = closest.distance, Measured(1.0, closest.reason)
    else:
        measured = Measured(NAN, reason) if reason else measure(metric, target, predicted)
        distance, ratio = measured.value, _ratio(metric, measured, closest)
    if closest.indistinct and not np.isnan(distance):
        ratio = Measured(NAN, closest.indistinct)
    return row | {"distance": distance} | ratio._asdict()


def _closest(metric: Metric, comparison: Comparison, denominators: Denominators | None) -> Closest:
    task, target = comparison.data.task.id, comparison.reference.target.id
    if denominators is None:
        raise KeyError(f"no denominators of {metric.id} for task {task!r}, target {target!r}")
    return denominators.closest(task, target, metric.id)


def _ratio(metric: Metric, distance: Measured, closest: Closest) -> Measured:
    """D(T, P) / (min_g D(T, S_g) + 1e-8), with what is to be said of either."""
    if np.isnan(distance.value):
        return distance
    above = max(distance.value, 0.0) if metric.unbiased else distance.value
    said = [distance.reason, f"denominator: {closest.reason}" if closest.reason else ""]
    return Measured(above / (closest.distance + EPSILON), "; ".join(filter(None, said)))
