"""The dot figure of a table: every run, the means, the published values, floor and ceiling."""

from __future__ import annotations

import math
import textwrap
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.markers import CARETLEFT

from sccbgm.figures.drawing import Drawing, drawing_of
from sccbgm.figures.legend import finish
from sccbgm.figures.style import TEXT_GREY, few_ticks, styled
from sccbgm.tables.grid import few, n_cells
from sccbgm.tables.table import Table

_COLUMNS = 7
_ARROW = 0.45
"""Height of an arrowhead below the last line, in lines."""


def metric_figure(table: Table) -> Figure:
    """Draw a table (`sccbgm.tables.build`): one panel a column, one line a row and preset.

    Small dots are runs, large markers means (their shape is the mode), hollow markers published
    values in the line that they compare with, lines the controls and, for ratios, 1. Axes are
    shared, and logarithmic where the range demands it; what lies left of a logarithmic axis is
    drawn at its edge. Panels say how many cells are edited and how many are the target.
    """
    drawing = drawing_of(table)
    with styled():
        figure, panels = _panels(len(table.columns), len(drawing.labels))
        for panel, column in zip(panels, table.columns, strict=True):
            _draw(panel, drawing, column.id)
            panel.set_title(textwrap.fill(column.title, 16), pad=13)
            mark = " *" if few(table, column) else ""
            panel.annotate(
                f"{n_cells(table, column)}{mark}", (0.5, 1), (0, 3), xycoords="axes fraction",
                textcoords="offset points", ha="center", fontsize=7, color=TEXT_GREY,
            )  # fmt: skip
        for panel in panels[::_COLUMNS]:
            panel.set_yticks(range(len(drawing.labels)), drawing.labels)
        finish(figure, drawing)
    return figure


def _panels(n_panels: int, n_labels: int) -> tuple[Figure, list[Axes]]:
    n_columns = min(n_panels, _COLUMNS)
    n_rows = math.ceil(n_panels / n_columns)
    width = 1.45 * n_columns + 1.8 if n_columns > 1 else 5.5
    size = (width, (0.27 * n_labels + 0.9) * n_rows + 0.95)
    figure, grid = plt.subplots(
        *(n_rows, n_columns), figsize=size, sharex=True, sharey=True, squeeze=False
    )
    panels = list(grid.flat)
    for panel in panels[n_panels:]:
        panel.remove()
    # The lowest panel of each column has the axis of those above it.
    for panel in panels[max(0, n_panels - n_columns) : n_panels]:
        panel.tick_params(labelbottom=True)
    return figure, panels[:n_panels]


def _draw(panel: Axes, drawing: Drawing, column: str) -> None:
    points = drawing.points[drawing.points["column"] == column]
    low, high = drawing.low, drawing.high
    few_ticks(panel, drawing.logarithmic)
    panel.set_xlim(low if drawing.logarithmic else low - 0.03 * (high - low), high)
    panel.set_ylim(len(drawing.labels) - 0.4 + _ARROW * len(drawing.beyond), -0.6)
    panel.grid(axis="y", color="#ECEEF0", linewidth=0.7)
    panel.set_axisbelow(True)
    panel.tick_params(axis="y", length=0)
    _lines(panel, drawing, points[points["kind"] == "control"])
    for place, label in enumerate(drawing.labels):
        for kind, marks in points[points["label"] == label].groupby("kind"):
            _marks(panel, drawing, place, str(kind), marks)


def _marks(panel: Axes, drawing: Drawing, place: int, kind: str, marks: pd.DataFrame) -> None:
    """The markers of one kind in one line."""
    first = marks.iloc[0]
    if kind == "missing":
        panel.text(
            0.03, place, "no value", transform=panel.get_yaxis_transform(), va="center",
            fontsize=7, color=TEXT_GREY,
        )  # fmt: skip
        return
    x = marks["value"].to_numpy()
    # Runs are spread over the height of the line, in order, to be told apart.
    offsets = np.linspace(-0.27, 0.27, len(x)) if kind == "run" else np.zeros(len(x))
    style = _marker(kind, drawing.colours[first["method"]], drawing.markers[first["mode"]])
    left = np.array([drawing.left(value) for value in x])
    panel.scatter(x[~left], place + offsets[~left], clip_on=False, **style)
    if left.any():
        edge = np.full(left.sum(), drawing.low)
        panel.scatter(edge, place + offsets[left], clip_on=False, **style | {"marker": CARETLEFT})
    if first["note"]:
        panel.annotate(
            "†",
            (max(float(x[0]), drawing.low), place),
            (4, 1),
            textcoords="offset points",
            fontsize=9,
            zorder=7,
        )


def _marker(kind: str, colour: str, shape: str) -> dict[str, Any]:
    if kind == "run":
        face = {"s": 7, "alpha": 0.45, "linewidths": 0, "zorder": 3}
        return face | {"color": colour, "marker": "o"}
    if kind == "published":
        edge = {"s": 46, "linewidths": 1.0, "zorder": 4}
        return edge | {"facecolors": "none", "edgecolors": "#222222", "marker": shape}
    return {"s": 30, "linewidths": 0, "zorder": 5, "color": colour, "marker": shape}


def _lines(panel: Axes, drawing: Drawing, controls: pd.DataFrame) -> None:
    """The controls as lines; what is left of a logarithmic axis as arrowheads at its edge."""
    metric = drawing.metric
    if metric.ratio or metric.direction == "none":
        panel.axvline(
            1.0 if metric.ratio else metric.best, color="#B9BEC4", linewidth=2.2, zorder=1
        )
    for method, line in drawing.controls.items():
        for value in controls.loc[controls["method"] == method, "value"]:
            if drawing.left(value):
                place = len(drawing.labels) - 0.35 + _ARROW * drawing.beyond.index(method)
                panel.plot(
                    drawing.low, place, marker=CARETLEFT, markersize=6, color=line["color"],
                    clip_on=False, zorder=6,
                )  # fmt: skip
                panel.annotate(
                    drawing.control_label(method), (drawing.low, place), (7, 0), fontsize=7,
                    textcoords="offset points", va="center", color=line["color"],
                )  # fmt: skip
            else:
                panel.axvline(value, zorder=2, **line)
