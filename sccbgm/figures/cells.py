"""The figure of edited cells of one task, after the paper's Fig. 4."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.lines import Line2D

from sccbgm.figures.style import CATEGORIES, DARK_GREY, GREY, colours, styled
from sccbgm.figures.umap_points import MARKERS
from sccbgm.metrics.registry import FEW_CELLS
from sccbgm.tables.names import Names

_LEFT = 3.6
_SIDE = 1.75
_ACROSS = 4
_TOP = 0.62


def umap_figure(points: pd.DataFrame, title: str, names: Names, reduced: str = "") -> Figure:
    """Draw the cells of `umap_points`: real cells at the left, each method's edits at the right.

    Left: colour is the subtype (or cell type), the marker the condition. Right: the edited cells
    of a method over the real cells in grey, the held-out target cells, where the edits should
    land, in darker grey; four methods a row. The axes are cut at the 1st and 99th percentile of
    all cells +- 1. reduced: why the data are fewer than the paper's, printed with the figure.
    """
    labels = [label for label in points["label"].unique() if label]
    fills = colours(points.loc[points["label"] != "", "method"], names)
    n_rows, n_columns = _shape(len(labels))
    side = _SIDE if n_rows > 1 else _LEFT
    width = _LEFT + 0.4 + side * n_columns
    legend = _legend(points)
    height = _TOP + max(_LEFT + 0.2 * len(legend) + 0.2, (side + 0.32) * n_rows)
    with styled():
        figure = plt.figure(figsize=(width, height))
        left = figure.add_axes(
            (0.1 / width, 1 - (_TOP + _LEFT) / height, _LEFT / width, _LEFT / height)
        )
        _draw_real(left, points)
        _frame(left, limits(points))
        if labels:
            box = {"left": (_LEFT + 0.3) / width, "right": 1 - 0.1 / width}
            bottom = 1 - (_TOP + (side + 0.32) * n_rows - 0.32) / height
            grid = GridSpec(
                n_rows, n_columns, figure, **box, top=1 - _TOP / height, bottom=bottom,
                wspace=0.05, hspace=0.32 / side,
            )  # fmt: skip
            for i, label in enumerate(labels):
                panel = figure.add_subplot(grid[i // n_columns, i % n_columns])
                _draw_edited(panel, points, label, fills)
                _frame(panel, limits(points))
        _finish(figure, points, f"REDUCED RUN: {title}" if reduced else title, reduced, legend)
    return figure


def _shape(n_panels: int) -> tuple[int, int]:
    """Rows and columns: one large panel, else at least two rows beside the real cells."""
    if n_panels < 2:
        return 1, n_panels
    n_columns = min(_ACROSS, math.ceil(n_panels / 2))
    return math.ceil(n_panels / n_columns), n_columns


def limits(points: pd.DataFrame) -> tuple[tuple[float, float], tuple[float, float]]:
    """Of x and of y: the 1st percentile - 1 and the 99th percentile + 1."""
    (left, right), (low, high) = (np.percentile(points[name], [1, 99]) for name in ("x", "y"))
    return (left - 1.0, right + 1.0), (low - 1.0, high + 1.0)


def _colours(points: pd.DataFrame) -> dict[str, str]:
    types = sorted(points.loc[points["label"] == "", "type"].unique())
    return {name: CATEGORIES[i % len(CATEGORIES)] for i, name in enumerate(types)}


def _markers(points: pd.DataFrame) -> dict[str, str]:
    conditions = sorted(points.loc[points["label"] == "", "condition"].unique())
    return {name: MARKERS[i % len(MARKERS)] for i, name in enumerate(conditions)}


def _draw_real(axes: Axes, points: pd.DataFrame) -> None:
    real = points[points["label"] == ""]
    types = _colours(points)
    for condition, marker in _markers(points).items():
        here = real[real["condition"] == condition]
        axes.scatter(
            here["x"], here["y"], c=here["type"].map(types), marker=marker, s=_size(real) * 1.5,
            linewidths=0, alpha=0.75, rasterized=True,
        )  # fmt: skip
    axes.set_title("Real cells")


def _draw_edited(axes: Axes, points: pd.DataFrame, label: str, fills: Mapping[str, str]) -> None:
    real, edited = points[points["label"] == ""], points[points["label"] == label]
    for cells, shade in ((real[~real["held_out"]], GREY), (real[real["held_out"]], DARK_GREY)):
        axes.scatter(
            cells["x"], cells["y"], color=shade, s=_size(real), linewidths=0, rasterized=True
        )
    axes.scatter(
        edited["x"], edited["y"], color=fills[edited["method"].iloc[0]], s=_size(real) * 0.9,
        linewidths=0, alpha=0.6, rasterized=True,
    )  # fmt: skip
    axes.set_title(textwrap.fill(label, 22), fontsize=8.5)


def _size(real: pd.DataFrame) -> float:
    """Marker area in points^2: smaller for more cells."""
    return float(np.clip(9000 / max(len(real), 1), 2.5, 10))


def _frame(axes: Axes, box: tuple[tuple[float, float], tuple[float, float]]) -> None:
    axes.set_xlim(*box[0])
    axes.set_ylim(*box[1])
    axes.set_xticks([])
    axes.set_yticks([])
    for side in ("top", "right", "bottom", "left"):
        axes.spines[side].set(visible=True, color="#9AA0A6", linewidth=0.6)


def _legend(points: pd.DataFrame) -> list[list[Line2D]]:
    """Lines of handles below the real cells: types, conditions, the greys of the other panels."""
    blank: dict[str, Any] = {"linestyle": "none", "markersize": 5}
    types = [
        Line2D([], [], marker="o", color=colour, label=name, **blank)
        for name, colour in _colours(points).items()
    ]
    conditions = [
        Line2D([], [], marker=marker, color="#444444", label=name, **blank)
        for name, marker in _markers(points).items()
        if name
    ]
    shades = {"held-out target cells": DARK_GREY, "other real cells": GREY}
    greys = [Line2D([], [], marker="o", color=c, label=t, **blank) for t, c in shades.items()]
    return [part[i : i + 3] for part in (types, conditions, greys) for i in range(0, len(part), 3)]


def _finish(
    figure: Figure, points: pd.DataFrame, title: str, reduced: str, legend: list[list[Line2D]]
) -> None:
    """Legend, title, the number of cells, and what is reduced."""
    width, height = figure.get_size_inches()
    title = textwrap.fill(title, int(12 * width))
    figure.suptitle(title, fontsize=10.5, fontweight="bold", y=1 - 0.32 / height, va="bottom")
    shared: dict[str, Any] = {"columnspacing": 1.0, "handletextpad": 0.1, "loc": "upper left"}
    for i, handles in enumerate(legend):
        top = 1 - (_TOP + _LEFT + 0.04 + 0.2 * i) / height
        figure.legend(
            handles=handles,
            bbox_to_anchor=(0.02 / width, top),
            ncols=3,
            borderaxespad=0.2,
            **shared,
        )
    edited = points[points["label"] != ""].groupby("label").size()
    n_target, n_edited = int(points["held_out"].sum()), int(edited.max()) if len(edited) else 0
    few = ""
    if min(n_target, n_edited or n_target) < FEW_CELLS:
        few = f" Fewer than {FEW_CELLS} cells: read with care."
    notes = [f"{n_edited:,} edited and {n_target:,} target cells are shown.{few}", reduced]
    text = "\n".join(textwrap.fill(note, int(16 * width)) for note in notes if note)
    figure.text(0.1 / width, -0.02 / height, text, ha="left", va="top", fontsize=7.5)
