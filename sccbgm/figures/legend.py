"""The surroundings of a metric figure's panels: axis label, legend, title, notes."""

from __future__ import annotations

import math
import textwrap
from typing import Any

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.markers import CARETLEFT

from sccbgm.figures.drawing import Drawing
from sccbgm.figures.points import each_once
from sccbgm.metrics.registry import Metric
from sccbgm.tables.table import better

_MOST_NOTES = 6


def finish(figure: Figure, drawing: Drawing) -> None:
    """Axis label, legend, title and notes."""
    height, width = figure.get_figheight(), figure.get_figwidth()
    table = drawing.table
    figure.tight_layout(rect=(0, 0.5 / height, 1, 1), w_pad=0.8)
    figure.supxlabel(axis_label(table.metric), fontsize=9, y=0.36 / height)
    handles = _handles(drawing)
    n_columns = max(1, min(len(handles), int(width / 2.1)))
    figure.legend(
        handles=handles, loc="upper center", bbox_to_anchor=(0.5, 0.3 / height),
        ncols=n_columns, columnspacing=1.4, handlelength=2.2,
    )  # fmt: skip
    # textwrap counts characters: about 13 of them an inch at this size.
    title = textwrap.fill(table.title, int(12 * width))
    figure.suptitle(title, fontsize=10.5, fontweight="bold", y=1 + 0.08 / height, va="bottom")
    below = 0.15 - 0.185 * math.ceil(len(handles) / n_columns)
    text = "\n".join(textwrap.fill(note, int(17 * width)) for note in notes(drawing))
    figure.text(0.02, below / height, text, ha="left", va="top", fontsize=7.5, linespacing=1.3)


def axis_label(metric: Metric) -> str:
    """The printed name of a metric, and which values are better."""
    words = better(metric)
    return f"{metric.title}, {words[:1].lower()}{words[1:]}"


def notes(drawing: Drawing) -> list[str]:
    """The sentences below a metric figure."""
    table, points = drawing.table, drawing.points
    few = each_once(task for cell in table.cells.values() for task in cell.summary.few)
    marked = points[points["note"] != ""]
    remarks = [
        f"† {note}: {', '.join(each_once(here['label']))}."
        for note, here in marked.groupby("note", sort=False)
    ]
    if len(remarks) > _MOST_NOTES:
        more = len(remarks) - _MOST_NOTES
        remarks = [*remarks[:_MOST_NOTES], f"† {more} more remarks are in the table."]
    return each_once(
        [
            "Below the titles: edited / target cells of a task, fewest to most.",
            f"* Few cells: {'; '.join(few)}." if few else "",
            *remarks,
            table.reduced,
            table.settings,
        ]
    )


def _handles(drawing: Drawing) -> list[Line2D]:
    table, points = drawing.table, drawing.points
    grey: dict[str, Any] = {"color": "#666666", "linestyle": "none"}
    handles = [
        Line2D([], [], marker=shape, markersize=5, label=f"mean, {mode}", **grey)
        for mode, shape in drawing.markers.items()
    ]
    handles.append(Line2D([], [], marker="o", markersize=3, alpha=0.45, label="one run", **grey))
    if (points["kind"] == "published").any():
        label = "paper" if table.comparable else "paper (full data)"
        handles.append(
            Line2D([], [], marker="o", markersize=6.5, markerfacecolor="none", label=label, **grey)
        )
    handles += [
        Line2D([], [], label=drawing.control_label(method), **line)
        for method, line in drawing.controls.items()
    ]
    if any(map(drawing.left, points["value"])):
        handles.append(Line2D([], [], marker=CARETLEFT, label="left of the axis", **grey))
    if table.metric.ratio:
        handles.append(Line2D([], [], color="#B9BEC4", linewidth=2.2, label="1 (closest group)"))
    elif table.metric.direction == "none":
        handles.append(Line2D([], [], color="#B9BEC4", linewidth=2.2, label="best value"))
    return handles
