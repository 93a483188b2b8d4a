"""Score one prediction: a row a metric."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

from sccbgm.metrics.comparison import Comparison, Reference
from sccbgm.metrics.ratio import EPSILON, Measured, closest, measure, unusable
from sccbgm.metrics.registry import DIAGNOSTICS, Metric, select
from sccbgm.metrics.samples import Missing, Sample
from sccbgm.protocol.task import TaskData

if TYPE_CHECKING:
    import pandas as pd

NAN = float("nan")


def with_diagnostics(metric_ids: Sequence[str]) -> list[str]:
    """The ids in their order, each once, followed by the diagnostics that are not among them."""
    return list(dict.fromkeys([*metric_ids, *DIAGNOSTICS]))


def evaluate(
    data: TaskData,
    target_id: str,
    prediction: ArrayLike,
    denominators: pd.DataFrame,
    metric_ids: Sequence[str],
    reference: Reference | None = None,
) -> list[dict[str, Any]]:
    """Rows (metric, value, reason, denominator_group) of one prediction of one target.

    prediction: (n_cells, n_dims), row i the edited intervened cell i. denominators: the table of
    `sccbgm.metrics.denominators`. reference: the target's cells, made once where many
    predictions of a target are scored. One row a metric in the order asked for, then the
    diagnostics. What cannot be computed (fewer cells than the metric needs, values that are not
    finite, no denominator, no pairs) is NaN with the reason; a value with a reason is inexact.
    Raises KeyError for unknown metrics, targets or missing denominators, ValueError for a
    prediction of the wrong shape.
    """
    reference = reference or Reference(data, target_id)
    predicted = Sample(prediction)
    n_dims = reference.sample.cells.shape[1]
    if predicted.cells.shape[1] != n_dims:
        raise ValueError(
            f"a prediction for {target_id} of {data.task.id} needs {n_dims} columns, "
            f"found shape {predicted.cells.shape}"
        )
    comparison = Comparison(reference, predicted)
    return [
        _row(metric, comparison, denominators) for metric in select(with_diagnostics(metric_ids))
    ]


def _row(metric: Metric, comparison: Comparison, denominators: pd.DataFrame) -> dict[str, Any]:
    target, predicted = comparison.reference.sample, comparison.predicted
    group = ""
    reason = unusable("prediction", predicted, metric) or unusable("target", target, metric)
    if reason:
        measured = Measured(NAN, reason)
    elif metric.ratio:
        measured, group = _ratio(metric, comparison, denominators)
    else:
        measured = measure(metric, comparison)
    return {
        "metric": metric.id,
        "value": measured.value,
        "reason": measured.reason,
        "denominator_group": group,
    }


def _ratio(
    metric: Metric, comparison: Comparison, denominators: pd.DataFrame
) -> tuple[Measured, str]:
    """D(T, P) / (min_g D(T, S_g) + 1e-8), and the population of the minimum."""
    reference = comparison.reference
    try:
        group, smallest = closest(
            denominators, comparison.data.task.id, reference.target.id, metric.id
        )
    except Missing as missing:
        return Measured(NAN, str(missing)), ""
    distance = measure(metric, reference.sample, comparison.predicted)
    notes = [distance.reason] if distance.reason else []
    if smallest == 0.0:
        notes.append("the closest population is at distance 0")
    return Measured(distance.value / (smallest + EPSILON), "; ".join(notes)), group
