"""The common basis of a metric figure's panels: points, axis, colours, markers, lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sccbgm.figures.points import axis, line_label, metric_points
from sccbgm.figures.style import colours, control_line, mode_markers
from sccbgm.metrics.registry import Metric
from sccbgm.tables.table import Table


@dataclass(frozen=True)
class Drawing:
    """The data and style that the panels of a figure share.

    points: see `metric_points`. labels: the lines from top to bottom. logarithmic, low, high: the
    common axis. colours: by method; markers: by mode; controls: how the line of each is drawn.
    """

    table: Table
    points: pd.DataFrame
    labels: tuple[str, ...]
    logarithmic: bool
    low: float
    high: float
    colours: Mapping[str, str]
    markers: Mapping[str, str]
    controls: Mapping[str, Mapping[str, Any]]

    @property
    def metric(self) -> Metric:
        """The metric that the axis shows."""
        return self.table.metric

    def control_label(self, method: str) -> str:
        """The printed name of a control as it stands among others: without its capital."""
        label = next(row.label for row in self.table.rows if row.method == method)
        return label[:1].lower() + label[1:]

    def left(self, value: float) -> bool:
        """Whether a value lies left of the axis, as 0 does of a logarithmic one."""
        return self.logarithmic and value < self.low

    @property
    def beyond(self) -> tuple[str, ...]:
        """The controls that lie left of the axis in some panel."""
        points = self.points[self.points["kind"] == "control"]
        outside = {
            str(m) for m, v in zip(points["method"], points["value"], strict=True) if self.left(v)
        }
        return tuple(method for method in self.controls if method in outside)


def drawing_of(table: Table) -> Drawing:
    """The data and style of a table's figure."""
    points = metric_points(table)
    lines = points[points["kind"] != "control"]
    ran = set(points.loc[points["kind"] == "control", "method"])
    logarithmic, low, high = _scale(points, table.metric)
    return Drawing(
        table=table,
        points=points,
        labels=tuple(label for label in _in_order(table) if label in set(lines["label"])),
        logarithmic=logarithmic,
        low=low,
        high=high,
        colours=colours(lines["method"], table.names),
        markers=mode_markers(lines["mode"]),
        controls={
            row.method: control_line(row.method, table.names)
            for row in table.rows
            # By the definition of a ratio the closest group is its 1, which has a line of its own.
            if row.method in ran and not (table.metric.ratio and row.method == "closest_group")
        },
    )


def _in_order(table: Table) -> list[str]:
    return [line_label(table, row.label, p) for row in table.rows for p in table.lines(row)]


def _scale(points: pd.DataFrame, metric: Metric) -> tuple[bool, float, float]:
    """The common axis; the target cells, the ceiling, may lie left of a logarithmic one."""
    values = points.loc[points["method"] != "target", "value"].tolist()
    logarithmic, low, high = axis([*values, *([1.0] if metric.ratio else [])])
    targets = points.loc[points["method"] == "target", "value"]
    if not logarithmic and len(targets):
        low, high = min(low, float(targets.min())), max(high, 1.06 * float(targets.max()))
    return logarithmic, low, high
