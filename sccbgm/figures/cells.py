"""The figure of edited cells of one task, after the paper's Fig. 4."""

from __future__ import annotations

import math
import textwrap
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.lines import Line2D

from sccbgm.figures.style import CATEGORIES, DARK_GREY, GREY, colour, styled

MARKERS = ("o", "^", "s", "P", "X")
_LEFT = 3.9
_SIDE = 1.95


def umap_figure(points: pd.DataFrame, title: str, reduced: str = "") -> Figure:
    """Draw the cells of `umap_points`: real cells at the left, each method's edits at the right.

    Left: colour is the subtype (or cell type), the marker the condition. Right: the edited cells
    of a method over the real cells in grey, the held-out target cells, where the edits should
    land, in darker grey. The axes are cut at the 1st and 99th percentile of all cells +- 1.
    reduced: why the run is not at full scale, printed with the figure.
    """
    labels = [label for label in points["label"].unique() if label]
    n_rows = 1 if len(labels) < 2 else 2
    n_columns = max(1, math.ceil(len(labels) / n_rows))
    side = _LEFT if n_rows == 1 else _SIDE
    with styled():
        figure = plt.figure(figsize=(_LEFT + 0.3 + side * n_columns, _LEFT + 0.95))
        widths = [_LEFT, 0.15, *([side] * n_columns)]
        grid = GridSpec(
            n_rows, n_columns + 2, figure, width_ratios=widths, wspace=0.05, hspace=0.16
        )
        left = figure.add_subplot(grid[:, 0])
        panels = [
            figure.add_subplot(grid[i // n_columns, 2 + i % n_columns]) for i in range(len(labels))
        ]
        _draw_real(left, points)
        for panel, label in zip(panels, labels, strict=True):
            _draw_edited(panel, points, label)
        for axes in (left, *panels):
            _frame(axes, limits(points))
        _finish(figure, points, f"REDUCED RUN: {title}" if reduced else title, reduced)
    return figure


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
    colours = _colours(points)
    for condition, marker in _markers(points).items():
        here = real[real["condition"] == condition]
        axes.scatter(
            here["x"], here["y"], c=here["type"].map(colours), marker=marker, s=_size(real) * 1.5,
            linewidths=0, alpha=0.75, rasterized=True,
        )  # fmt: skip
    axes.set_title("Real cells")


def _draw_edited(axes: Axes, points: pd.DataFrame, label: str) -> None:
    real, edited = points[points["label"] == ""], points[points["label"] == label]
    for cells, shade in ((real[~real["held_out"]], GREY), (real[real["held_out"]], DARK_GREY)):
        axes.scatter(
            cells["x"], cells["y"], color=shade, s=_size(real), linewidths=0, rasterized=True
        )
    axes.scatter(
        edited["x"], edited["y"], color=colour(edited["method"].iloc[0]), s=_size(real) * 0.9,
        linewidths=0, alpha=0.6, rasterized=True,
    )  # fmt: skip
    axes.set_title(label)


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


def _finish(figure: Figure, points: pd.DataFrame, title: str, reduced: str) -> None:
    """Legend, title, and what is reduced."""
    width, height = figure.get_size_inches()
    figure.subplots_adjust(
        left=0.1 / width, right=1 - 0.1 / width, bottom=0.62 / height, top=1 - 0.6 / height
    )
    title = textwrap.fill(title, int(13 * width))
    figure.suptitle(title, fontsize=10.5, fontweight="bold", y=1 - 0.32 / height, va="bottom")
    blank: dict[str, Any] = {"linestyle": "none", "markersize": 5}
    colours, markers = _colours(points), _markers(points)
    left, right = (0.1 + _LEFT / 2) / width, (0.4 + _LEFT + width) / 2 / width
    shared: dict[str, Any] = {"columnspacing": 1.2, "handletextpad": 0.2, "loc": "upper center"}
    types = [Line2D([], [], marker="o", color=c, label=t, **blank) for t, c in colours.items()]
    figure.legend(handles=types, bbox_to_anchor=(left, 0.58 / height), ncols=4, **shared)
    kinds = [
        Line2D([], [], marker=m, color="#444444", label=t, **blank) for t, m in markers.items()
    ]
    below = 0.36 - 0.2 * ((len(types) - 1) // 4)
    figure.legend(handles=kinds, bbox_to_anchor=(left, below / height), ncols=4, **shared)
    shades = {"held-out target cells": DARK_GREY, "other real cells": GREY}
    grey = [Line2D([], [], marker="o", color=c, label=t, **blank) for t, c in shades.items()]
    figure.legend(handles=grey, bbox_to_anchor=(right, 0.58 / height), ncols=2, **shared)
    if reduced:
        note = textwrap.fill(reduced, int(17 * width))
        figure.text(0.5, (below - 0.36) / height, note, ha="center", va="top", fontsize=8)
