"""The ratio form: distances to a target, relative to the closest training population's."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from sccbgm.metrics.registry import Metric, select
from sccbgm.metrics.samples import Inexact, Missing, Sample, finite
from sccbgm.protocol.task import TaskData

if TYPE_CHECKING:
    import pandas as pd

Rule = Literal["recommended", "reference"]
MIN_GROUP = 10
"""Training cells below which a population is too small to be a denominator."""
EPSILON = 1e-8
COLUMNS = ["task", "target", "metric", "group", "n_cells", "value", "reason"]


class Measured(NamedTuple):
    """A number and what is to be said about it: why it is NaN, or why it is inexact."""

    value: float
    reason: str


def measure(metric: Metric, *arguments: object) -> Measured:
    """Call a metric's function; failure becomes NaN with a reason, never an exception.

    What is a fault of the program or of its input (shapes that do not fit) still raises.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", Inexact)
        try:
            value = float(metric.function(*arguments))
        except Missing as missing:
            return Measured(float("nan"), str(missing))
        except np.linalg.LinAlgError as error:
            return Measured(float("nan"), f"linear algebra failed: {error}")
    notes = []
    for warning in caught:
        if issubclass(warning.category, Inexact):
            notes.append(str(warning.message))
        else:
            warnings.warn(warning.message, warning.category, stacklevel=2)
    if not np.isfinite(value):
        notes.append(f"the value is not finite ({value})")
        value = float("nan")
    return Measured(value, "; ".join(dict.fromkeys(notes)))


def denominators(
    data: TaskData, metric_ids: Sequence[str], rule: Rule = "recommended"
) -> pd.DataFrame:
    """Distances D(T, S_g) of every target of a task to every population of its training cells.

    Columns: task, target, metric, group, n_cells, value (not a ratio), reason. Metrics that are
    not ratios are left out. rule: "recommended" leaves populations of fewer than 10 cells out of
    every metric, "reference" only out of rMMD, as the authors' reference code does; what is left
    out has NaN and a reason. Populations and targets share their own terms, so each is computed
    once. Raises KeyError for an unknown metric.
    """
    import pandas as pd

    metrics = [metric for metric in select(metric_ids) if metric.ratio]
    groups = {str(label): Sample(cells) for label, cells in _populations(data)}
    rows: list[dict[str, Any]] = []
    for target in data.task.targets:
        reference = Sample(data.targets[target.id].x)
        for metric in metrics:
            for label, sample in groups.items():
                value, reason = _distance(metric, reference, sample, rule)
                values = (data.task.id, target.id, metric.id, label, len(sample), value, reason)
                rows.append(dict(zip(COLUMNS, values, strict=True)))
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.astype({"n_cells": "int64", "value": "float64"})


def closest(denominators: pd.DataFrame, task: str, target: str, metric: str) -> tuple[str, float]:
    """The training population closest to a target, and its distance.

    Populations without a value do not count; of equal ones the first in the table. Raises
    KeyError where the table does not hold the triple, Missing where no population has a value.
    """
    table = denominators
    rows = table[(table.task == task) & (table.target == target) & (table.metric == metric)]
    if rows.empty:
        raise KeyError(f"no denominators of {metric} for task {task!r}, target {target!r}")
    values = rows["value"].to_numpy()
    if np.isnan(values).all():
        raise Missing("no training population qualifies as denominator")
    best = int(np.nanargmin(values))
    return str(rows["group"].iloc[best]), float(values[best])


def _populations(data: TaskData) -> Iterator[tuple[str, np.ndarray]]:
    """Training cells by group label, labels sorted."""
    labels = np.asarray(data.train_groups).astype(str)
    for label in np.unique(labels):
        yield label, data.train.x[labels == label]


def _distance(metric: Metric, target: Sample, group: Sample, rule: Rule) -> Measured:
    floor = MIN_GROUP if rule == "recommended" else metric.published_floor
    if len(group) < floor:
        return Measured(float("nan"), f"the population has {len(group)} cells, {floor} needed")
    reason = unusable("target", target, metric) or unusable("population", group, metric)
    return Measured(float("nan"), reason) if reason else measure(metric, target, group)


def unusable(name: str, sample: Sample, metric: Metric) -> str:
    """Why a metric is not defined on a sample; empty if it is."""
    if len(sample) < metric.min_cells:
        return f"the {name} has {len(sample)} cells, {metric.min_cells} needed"
    if not finite(sample):
        bad = int((~np.isfinite(sample.cells)).any(axis=1).sum())
        return f"{bad} of {len(sample)} cells of the {name} are not finite"
    return ""
