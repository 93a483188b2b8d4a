"""The ratio form: distances to a target, relative to the closest training population's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sccbgm.metrics.comparison import MIN_GROUP
from sccbgm.metrics.measure import NAN, Measured, measure, unusable
from sccbgm.metrics.registry import Metric, select
from sccbgm.metrics.resampling import Resampled, resample
from sccbgm.metrics.samples import Missing, Sample
from sccbgm.protocol.keys import generator
from sccbgm.protocol.method import Preset
from sccbgm.protocol.task import TaskData

if TYPE_CHECKING:
    import pandas as pd

EPSILON = 1e-8
KEY = ["task", "target", "metric"]
COLUMNS = [*KEY, "group", "n_cells", "value", "reason", "apart", "within", "indistinct"]


class Closest(NamedTuple):
    """The training population that is closest to a target by a metric.

    distance: D(T, S), not clamped. reason: what is to be said about it, "" if nothing.
    indistinct: why it cannot be told from the target, so that a ratio over it has no value; ""
    if it can.
    """

    group: str
    distance: float
    n_cells: int
    reason: str
    indistinct: str


def denominators(
    data: TaskData, metric_ids: Sequence[str], preset: Preset = "recommended"
) -> pd.DataFrame:
    """Distances D(T, S_g) of every target of a task to every population of its training cells.

    Columns: task, target, metric, group, n_cells, value (not a ratio, not clamped), reason; and of
    the closest population alone apart, within and indistinct (see `resample`). Metrics that are
    not ratios are left out. preset: "recommended" leaves populations of fewer than 10 cells out of
    every metric, "reference" only out of rMMD, as the authors' reference code does; what is left
    out has NaN and a reason. Raises KeyError for an unknown metric.
    """
    return denominators_by_preset(data, metric_ids, [preset])[preset]


def denominators_by_preset(
    data: TaskData, metric_ids: Sequence[str], presets: Sequence[Preset]
) -> dict[Preset, pd.DataFrame]:
    """`denominators` by the rules of several presets.

    Presets share distances, targets the populations' own terms: each is computed once.
    """
    import pandas as pd

    groups = {str(label): Sample(cells) for label, cells in _populations(data)}
    rows: dict[Preset, list[dict[str, Any]]] = {preset: [] for preset in presets}
    for target in data.task.targets:
        sample = Sample(data.targets[target.id].x)
        for metric in (metric for metric in select(metric_ids) if metric.ratio):
            key = "resampling", data.task.dataset, data.task.id, target.id
            distances = _Distances(metric, sample, groups, key)
            for preset in presets:
                known_as = data.task.id, target.id, metric.id
                for values in distances.rows(preset):
                    rows[preset].append(dict(zip(COLUMNS, (*known_as, *values), strict=True)))
    numbers = dict.fromkeys(["value", "apart", "within"], "float64")
    return {
        preset: pd.DataFrame(found, columns=COLUMNS).astype({"n_cells": "int64", **numbers})
        for preset, found in rows.items()
    }


class _Distances:
    """Distances of one target to the populations by one metric, each computed when asked for."""

    def __init__(
        self, metric: Metric, target: Sample, groups: Mapping[str, Sample], key: tuple[str, ...]
    ) -> None:
        self.metric, self.target, self.groups, self.key = metric, target, groups, key
        # Not caches of its own methods, whose cycle would keep the cells until the next collection
        self._measured: dict[str, Measured] = {}
        self._resampled: dict[str, Resampled] = {}

    def rows(self, preset: Preset) -> Iterator[tuple[Any, ...]]:
        """Columns from `group` on, a row a population."""
        floor = MIN_GROUP if preset == "recommended" else self.metric.published_floor
        measured = {
            label: self._measure(label)
            if len(group) >= floor
            else Measured(NAN, f"the population has {len(group)} cells, {floor} needed")
            for label, group in self.groups.items()
        }
        known = {label: m.value for label, m in measured.items() if not np.isnan(m.value)}
        nearest = min(known, key=known.__getitem__, default=None)
        for label, (value, reason) in measured.items():
            said = self._resample(label) if label == nearest else Resampled(NAN, NAN, "")
            yield (label, len(self.groups[label]), value, reason, *said)

    def _measure(self, label: str) -> Measured:
        if label not in self._measured:
            group, metric = self.groups[label], self.metric
            reason = unusable("target", self.target, metric)
            reason = reason or unusable("population", group, metric)
            self._measured[label] = (
                Measured(NAN, reason) if reason else measure(metric, self.target, group)
            )
        return self._measured[label]

    def _resample(self, label: str) -> Resampled:
        if label not in self._resampled:
            distance, rng = self._measure(label).value, generator(*self.key)
            population = self.groups[label]
            self._resampled[label] = resample(self.metric, self.target, population, distance, rng)
        return self._resampled[label]


class Denominators:
    """The closest population of every (task, target, metric) of a table of `denominators`.

    Populations without a value do not count; of equal ones it is the first in the table. Made once
    from the table, which is long, each look-up costs nothing.
    """

    def __init__(self, table: pd.DataFrame) -> None:
        self._known = set(table[KEY].drop_duplicates().itertuples(index=False, name=None))
        best = table.dropna(subset="value").sort_values("value", kind="stable")
        best = best.drop_duplicates(KEY)
        columns = ["group", "value", "n_cells", "reason", "indistinct"]
        keys = best[KEY].itertuples(index=False, name=None)
        found = map(Closest._make, best[columns].itertuples(index=False, name=None))
        self._closest = dict(zip(keys, found, strict=True))

    def __eq__(self, other: object) -> bool:
        """Whether every ratio is over the same distance to the same population."""
        if not isinstance(other, Denominators):
            return NotImplemented
        return (self._known, self._closest) == (other._known, other._closest)

    def closest(self, task: str, target: str, metric: str) -> Closest:
        """Of one target by one metric.

        Raises KeyError where the table does not hold the triple, Missing where no population has a
        value.
        """
        key = task, target, metric
        if key not in self._known:
            raise KeyError(f"no denominators of {metric} for task {task!r}, target {target!r}")
        if key not in self._closest:
            raise Missing("no training population qualifies as denominator")
        return self._closest[key]


def indexed(table: pd.DataFrame | Denominators) -> Denominators:
    """The closest populations of a table, from which they may have been made already."""
    return table if isinstance(table, Denominators) else Denominators(table)


def closest(denominators: pd.DataFrame, task: str, target: str, metric: str) -> Closest:
    """`Denominators.closest` of a table that is asked once."""
    return Denominators(denominators).closest(task, target, metric)


def _populations(data: TaskData) -> Iterator[tuple[str, np.ndarray]]:
    """Training cells by group label, labels sorted."""
    labels = np.asarray(data.train_groups).astype(str)
    for label in np.unique(labels):
        yield label, data.train.x[labels == label]
