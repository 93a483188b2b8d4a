"""Box plots of an error per kind of annotation noise (paper's Fig. 3) or per task (Fig. 8)."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sccbgm.figures.box_values import By
from sccbgm.figures.legend import axis_label
from sccbgm.figures.points import axis
from sccbgm.figures.style import TEXT_GREY, colours, control_line, few_ticks, styled
from sccbgm.metrics.registry import FEW_CELLS, METRICS
from sccbgm.tables.aggregate import sentences
from sccbgm.tables.names import Names

FEW_RUNS = 5
"""Runs of a box up to which each is drawn as a dot too: of one run there is no box to see."""

_EDGE = "#222222"
_WORDS: Mapping[By, str] = {"noise": "annotation noise", "task": "task"}
_WINNER: Mapping[str, Any] = {
    "linestyle": "none", "marker": "D", "markersize": 4, "color": "white",
    "markeredgecolor": _EDGE, "markeredgewidth": 0.9,
}  # fmt: skip


def box_figure(values: pd.DataFrame, metric: str, by: By, names: Names, title: str = "") -> Figure:
    """Draw `box_values`: a panel a dataset, horizontal boxes without fliers, one a label.

    Box: quartiles and median; whiskers: the furthest run within 1.5 times the interquartile
    range; up to `FEW_RUNS` runs are dots too. Lines are the means of the controls over all
    categories; the axis shows the methods, and the legend gives the controls' values and says
    which lie beside it. A diamond is the mean of the best point of a grid. title: in
    place of the metric and what it is shown by.
    """
    there = values[values["value"].notna()]
    models = there[~there["control"]]
    labels = [name for name in values["label"].cat.categories if name in set(models["label"])]
    fills = _fills(models, labels, names)
    boxes: list[Artist] = [
        Patch(facecolor=fills[n], edgecolor=_EDGE, linewidth=0.7, label=n) for n in labels
    ]
    if models["winner"].any():
        boxes.append(Line2D([], [], label="winner of the sweep", **_WINNER))
    parts = {dataset: there[there["dataset"] == dataset] for dataset in models["dataset"].unique()}
    with styled():
        heights = _heights(list(parts.values()), len(labels))
        figure, grid = plt.subplots(
            len(parts), 1, figsize=(5.6, sum(heights) + 0.6), sharex=True, squeeze=False,
            height_ratios=heights,
        )  # fmt: skip
        panels = dict(zip(parts, grid.flat, strict=True))
        for dataset, panel in panels.items():
            few_ticks(panel, axis(models["value"].tolist())[0])
            _panel(panel, parts[dataset], labels, fills)
            cells = f"{dataset}: {_cells(parts[dataset])}"
            panel.set_title(cells, fontsize=8, color=TEXT_GREY, fontweight="normal")
        limits = grid[0, 0].get_xlim()
        for dataset, panel in panels.items():
            lines = _controls(panel, parts[dataset][parts[dataset]["control"]], names, limits)
            handles = [*boxes, *lines] if panel is grid[0, 0] else lines
            panel.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.01, 1))
        grid[0, 0].set_xlim(limits)
        grid[-1, 0].set_xlabel(axis_label(METRICS[metric]))
        _finish(figure, values, title or f"{METRICS[metric].title} by {_WORDS[by]}")
    return figure


def _heights(parts: Sequence[pd.DataFrame], n_labels: int) -> list[float]:
    """Of each panel: room for its boxes, and for its legend beside it."""
    heights = []
    for i, runs in enumerate(parts):
        n_controls = runs.loc[runs["control"], "label"].nunique()
        n_handles = n_controls + (n_labels if i == 0 else 0)
        n_categories = len(_categories(runs[~runs["control"]]))
        boxes = max(0.55, 0.17 * n_labels) * n_categories
        heights.append(max(boxes, 0.19 * n_handles) + 0.6)
    return heights


def _categories(models: pd.DataFrame) -> list[str]:
    return [name for name in models["category"].cat.categories if name in set(models["category"])]


def _fills(models: pd.DataFrame, labels: Sequence[str], names: Names) -> dict[str, Any]:
    """A colour a box: the method's, lighter for each further box of the same method."""
    method_of = dict(zip(models["label"], models["method"], strict=True))
    base = colours(method_of.values(), names)
    fills = {}
    for method, colour in base.items():
        own = [label for label in labels if method_of[label] == method]
        for i, label in enumerate(own):
            white = 0.7 * i / len(own)
            fills[label] = tuple((1 - white) * part + white for part in to_rgb(colour))
    return fills


def _panel(
    panel: Axes, runs: pd.DataFrame, labels: Sequence[str], fills: Mapping[str, Any]
) -> None:
    categories = _categories(runs[~runs["control"]])
    height = 0.8 / len(labels)
    for i, label in enumerate(labels):
        here = runs[runs["label"] == label]
        boxes = [here.loc[here["category"] == c, "value"].to_numpy() for c in categories]
        places = np.arange(len(categories)) - 0.4 + (i + 0.5) * height
        _boxes(panel, boxes, places, height, fills[label])
        best = here[here["winner"]].groupby("category", observed=True)["value"].mean()
        panel.plot(best.reindex(categories), places, zorder=5, **_WINNER)
    panel.set_yticks(range(len(categories)), categories)
    panel.set_ylim(len(categories) - 0.5, -0.5)


def _boxes(
    panel: Axes, boxes: Sequence[np.ndarray], places: np.ndarray, height: float, fill: Any
) -> None:
    thin = {"color": _EDGE, "linewidth": 0.7}
    panel.boxplot(
        boxes, positions=places, widths=height * 0.85,
        orientation="horizontal", showfliers=False, patch_artist=True, manage_ticks=False,
        boxprops={"facecolor": fill, "edgecolor": _EDGE, "linewidth": 0.7},
        medianprops={"color": _EDGE, "linewidth": 1.2}, whiskerprops=thin, capprops=thin,
    )  # fmt: skip
    for values, place in zip(boxes, places, strict=True):
        if len(values) <= FEW_RUNS:
            dots = {"s": 14, "color": fill, "edgecolors": _EDGE, "linewidths": 0.6, "zorder": 3}
            panel.scatter(values, np.full(len(values), place), **dots)


def _controls(
    panel: Axes, runs: pd.DataFrame, names: Names, limits: tuple[float, float]
) -> list[Line2D]:
    """Draw the mean of each control as a line; what the legend says of them."""
    handles = []
    for label, here in runs.groupby("label", observed=True):
        if names.colour(str(here["method"].iloc[0])) is None:
            continue
        line = control_line(str(here["method"].iloc[0]), names)
        value = here["value"].mean()
        panel.axvline(value, zorder=1, **line)
        side = " (left)" if value < limits[0] else " (right)" if value > limits[1] else ""
        text = f"{str(label)[:1].lower()}{str(label)[1:]}: {value:.3g}{side}"
        handles.append(Line2D([], [], label=text, **line))
    return handles


def _cells(runs: pd.DataFrame) -> str:
    sides = [(runs[side].min(), runs[side].max()) for side in ("n_intervene", "n_target")]
    least = min(low for low, _ in sides)
    text = " / ".join(f"{a:,}" if a == b else f"{a:,}–{b:,}" for a, b in sides)
    few = f" (fewer than {FEW_CELLS})" if least < FEW_CELLS else ""
    return f"{text} edited / target cells{few}"


def _finish(figure: Figure, values: pd.DataFrame, title: str) -> None:
    """Title, and below the panels what is to be said of the runs."""
    reduced, settings = sentences(values["reduced"]), sentences(values["settings"])
    height = figure.get_figheight()
    figure.tight_layout(rect=(0, 0, 1, 1 - 0.35 / height))
    title = textwrap.fill(f"REDUCED RUN: {title}" if reduced else title, 60)
    figure.suptitle(title, fontsize=10.5, fontweight="bold", y=1 - 0.3 / height, va="bottom")
    models = values[~values["control"]]
    sizes = models[models["value"].notna()].groupby(["dataset", "category", "label"], observed=True)
    least, most = sizes.size().min(), sizes.size().max()
    missing = models[models["value"].isna()]
    said = models[models["value"].notna() & (models["reason"] != "")]
    notes = [
        f"Runs a box: {least}" if least == most else f"Runs a box: {least} to {most}",
        *(f"{n} without a value: {r}" for r, n in missing["reason"].value_counts().items()),
        *(f"{n} with a remark: {r}" for r, n in said["reason"].value_counts().items()),
        *filter(None, [reduced, settings]),
    ]
    text = "\n".join(textwrap.fill(note, 95) for note in notes)
    figure.text(0.02, -0.1 / height, text, ha="left", va="top", fontsize=7.5, linespacing=1.3)
