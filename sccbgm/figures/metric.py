"""The dot figure of a table: every run, the means, the published values, floor and ceiling."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.markers import CARETLEFT
from matplotlib.ticker import LogLocator, NullFormatter

from sccbgm.figures.points import axis, metric_points
from sccbgm.figures.style import CONTROL_LINES, MODE_MARKERS, colour, styled
from sccbgm.tables.labels import CONTROL_ROWS, HIGHER_IS_BETTER, metric_title
from sccbgm.tables.table import Table

RATIOS = frozenset({"rmmd", "rfid", "rsd"})
_COLUMNS = 7
_Scale = tuple[bool, float, float]
"""Whether the axis is logarithmic, and its limits."""


def metric_figure(table: Table, preset: str | None = None) -> Figure:
    """Draw a table (`sccbgm.tables.build`): one panel a column, one line a method.

    Small dots are runs, large markers means (round: edit, diamond: decode), hollow markers
    published values, lines the controls and, for ratios, 1. Axes are shared, and logarithmic
    where the range demands it; what lies left of a logarithmic axis is drawn at its edge.
    """
    points = metric_points(table, preset)
    labels = [row.label for row in table.rows if (points["label"] == row.label).any()]
    labels = [name for name in labels if name not in {row.label for row in CONTROL_ROWS}]
    with styled():
        figure, panels = _panels(len(table.columns), len(labels))
        scale = _scale(points, table.spec.metric)
        for panel, column in zip(panels, table.columns, strict=True):
            _draw(panel, points[points["column"] == column.id], labels, scale, table.spec.metric)
            panel.set_title(textwrap.fill(column.title, 14))
        for panel in panels[::_COLUMNS]:
            panel.set_yticks(range(len(labels)), labels)
        _finish(figure, points, table, preset or table.presets[0], scale)
    return figure


def _panels(n_panels: int, n_labels: int) -> tuple[Figure, list[Axes]]:
    n_columns = min(n_panels, _COLUMNS)
    n_rows = math.ceil(n_panels / n_columns)
    width = 1.45 * n_columns + 1.8 if n_columns > 1 else 5.5
    size = (width, (0.27 * n_labels + 0.75) * n_rows + 0.95)
    figure, grid = plt.subplots(
        *(n_rows, n_columns), figsize=size, sharex=True, sharey=True, squeeze=False
    )
    panels = list(grid.flat)
    for panel in panels[n_panels:]:
        panel.remove()
    return figure, panels[:n_panels]


def _scale(points: pd.DataFrame, metric: str) -> _Scale:
    """The common axis; the target cells, the ceiling, may lie left of a logarithmic one."""
    values = points.loc[points["method"] != "target", "value"].tolist()
    logarithmic, low, high = axis([*values, *([1.0] if metric in RATIOS else [])])
    targets = points.loc[points["method"] == "target", "value"]
    if not logarithmic and len(targets):
        low = min(low, float(targets.min()))
    return logarithmic, low, high


def _draw(
    panel: Axes,
    points: pd.DataFrame,
    labels: Sequence[str],
    scale: _Scale,
    metric: str,
) -> None:
    logarithmic, low, high = scale
    if logarithmic:
        panel.set_xscale("log")
        panel.xaxis.set_major_locator(LogLocator(numticks=5))
        panel.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        panel.xaxis.set_minor_formatter(NullFormatter())
    panel.set_xlim(low if logarithmic else low - 0.03 * (high - low), high)
    panel.set_ylim(len(labels) - 0.4, -0.6)
    panel.grid(axis="y", color="#ECEEF0", linewidth=0.7)
    panel.set_axisbelow(True)
    panel.tick_params(axis="y", length=0)
    _lines(panel, points, logarithmic, low, metric)
    for place, label in enumerate(labels):
        here = points[points["label"] == label]
        for kind, values in here.groupby("kind")["value"]:
            first = here.iloc[0]
            x = values.clip(lower=low) if logarithmic else values
            # Runs are spread over the height of the line, in order, to be told apart.
            offsets = np.linspace(-0.27, 0.27, len(x)) if kind == "run" else np.zeros(len(x))
            marker = _marker(kind, first["method"], first["mode"])
            panel.scatter(x, place + offsets, clip_on=False, **marker)


def _marker(kind: object, method: str, mode: str) -> dict[str, Any]:
    shape = MODE_MARKERS.get(mode, "s")
    if kind == "run":
        face = {"s": 7, "alpha": 0.45, "linewidths": 0, "zorder": 3}
        return face | {"color": colour(method), "marker": "o"}
    if kind == "published":
        edge = {"s": 46, "linewidths": 1.0, "zorder": 4}
        return edge | {"facecolors": "none", "edgecolors": "#222222", "marker": shape}
    return {"s": 30, "linewidths": 0, "zorder": 5, "color": colour(method), "marker": shape}


def _lines(panel: Axes, points: pd.DataFrame, logarithmic: bool, low: float, metric: str) -> None:
    if metric in RATIOS:
        panel.axvline(1.0, color="#B9BEC4", linewidth=2.2, zorder=1)
    for method, value in points.loc[points["kind"] == "control", ["method", "value"]].to_numpy():
        if method == "closest_group" and metric in RATIOS:
            continue
        line = CONTROL_LINES[method]
        if logarithmic and value < low:
            # Outside the axis, down to zero: an arrowhead at the edge instead of a line.
            panel.plot(
                low, 0.0, marker=CARETLEFT, markersize=6, color=line["color"], clip_on=False,
                transform=panel.get_xaxis_transform(), zorder=6,
            )  # fmt: skip
        else:
            panel.axvline(value, zorder=2, **line)


def _finish(figure: Figure, points: pd.DataFrame, table: Table, preset: str, scale: _Scale) -> None:
    """Axis label, legend, title and notes."""
    height = figure.get_figheight()
    figure.tight_layout(rect=(0, 0.5 / height, 1, 1), w_pad=0.8)
    name, better = metric_title(table.spec.metric), "lower"
    if table.spec.metric in HIGHER_IS_BETTER:
        better = "higher"
    figure.supxlabel(f"{name}, {better} is better", fontsize=9, y=0.36 / height)
    handles = _legend(points, table, scale)
    n_columns = min(len(handles), int(figure.get_figwidth() / 1.2))
    figure.legend(
        handles=handles, loc="upper center", bbox_to_anchor=(0.5, 0.3 / height),
        ncols=n_columns, columnspacing=1.4, handlelength=2.0,
    )  # fmt: skip
    # textwrap counts characters: about 15 of them an inch at this size.
    title = f"{table.title} ({preset})"
    title = textwrap.fill(title, int(13 * figure.get_figwidth()))
    figure.suptitle(title, fontsize=10.5, fontweight="bold", y=1 + 0.08 / height, va="bottom")
    if table.reduced:
        below = 0.05 - 0.2 * math.ceil(len(handles) / n_columns)
        note = textwrap.fill(table.reduced, int(17 * figure.get_figwidth()))
        figure.text(0.5, below / height, note, ha="center", va="top", fontsize=8)


def _legend(points: pd.DataFrame, table: Table, scale: _Scale) -> list[Line2D]:
    grey: dict[str, Any] = {"color": "#666666", "linestyle": "none"}
    modes = set(points.loc[points["kind"] == "mean", "mode"])
    handles = [
        Line2D([], [], marker=shape, markersize=5, label=f"mean, {mode}", **grey)
        for mode, shape in MODE_MARKERS.items()
        if mode in modes
    ]
    handles.append(Line2D([], [], marker="o", markersize=3, alpha=0.45, label="one run", **grey))
    if (points["kind"] == "published").any():
        label = "paper" if table.comparable else "paper (full data)"
        handles.append(
            Line2D([], [], marker="o", markersize=6.5, markerfacecolor="none", label=label, **grey)
        )
    ran = set(points.loc[points["kind"] == "control", "method"])
    ratio = table.spec.metric in RATIOS
    handles += [
        Line2D([], [], label=row.label.lower(), **CONTROL_LINES[row.method])
        for row in CONTROL_ROWS
        if row.method in ran and not (ratio and row.method == "closest_group")
    ]
    if scale[0] and (points.loc[points["method"] == "target", "value"] < scale[1]).any():
        arrow = {"marker": CARETLEFT, "color": CONTROL_LINES["target"]["color"]}
        handles.append(Line2D([], [], linestyle="none", label="left of the axis", **arrow))
    if ratio:
        handles.append(Line2D([], [], color="#B9BEC4", linewidth=2.2, label="1 (closest group)"))
    return handles
