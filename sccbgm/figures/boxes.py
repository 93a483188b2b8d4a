"""Box plots of an error per kind of annotation noise (paper's Fig. 3) or per task (Fig. 8)."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any, Literal

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sccbgm.figures.points import axis
from sccbgm.figures.style import CONTROL_LINES, colour, styled
from sccbgm.protocol.variants import NOISES, parse
from sccbgm.tables.labels import CONTROL_ROWS, CONTROLS, metric_title, row_of


def noise_of(variant: str) -> str:
    """The printed kind of noise of a variant such as "missing_3"."""
    return NOISES[parse(variant).kind]


def box_values(
    metrics: pd.DataFrame, metric: str, by: Literal["noise", "task"], methods: Sequence[str]
) -> pd.DataFrame:
    """One line a run: category, method, value; categories in the order they are drawn.

    Runs of the given methods and of all controls, missing values left out. Raises ValueError
    where there is none.
    """
    wanted = metrics["method"].isin([*methods, *CONTROLS]) & (metrics["metric"] == metric)
    runs = metrics[wanted & metrics["value"].notna()]
    if runs.empty:
        raise ValueError(f"no values of {metric} for {', '.join(methods)}")
    categories = runs["variant"].map(noise_of) if by == "noise" else runs["task"].astype(str)
    order = list(NOISES.values()) if by == "noise" else sorted(set(categories))
    present = [name for name in order if name in set(categories)]
    return pd.DataFrame(
        {
            "category": pd.Categorical(categories, present, ordered=True),
            "method": runs["method"].to_numpy(),
            "value": runs["value"].to_numpy(),
        }
    ).sort_values("category", kind="stable", ignore_index=True)


def box_figure(
    values: pd.DataFrame, metric: str, methods: Sequence[str], title: str, reduced: str = ""
) -> Figure:
    """Draw `box_values`: horizontal boxes without fliers, one a method in each category.

    Box: quartiles and median; whiskers: the furthest run within 1.5 times the interquartile
    range. Lines are the means of the controls over all categories; the legend gives their value,
    since the axis shows the methods and leaves out controls that lie far from them.
    """
    categories = list(values["category"].cat.categories)
    height = 0.8 / len(methods)
    with styled():
        figure, axes = plt.subplots(figsize=(5.6, 0.55 * len(categories) + 1.3))
        for i, method in enumerate(methods):
            here = values[values["method"] == method]
            boxes = [here.loc[here["category"] == c, "value"].to_numpy() for c in categories]
            places = np.arange(len(categories)) - 0.4 + (i + 0.5) * height
            _boxes(axes, boxes, places, height, colour(method))
        axes.set_yticks(range(len(categories)), categories)
        axes.set_ylim(len(categories) - 0.5, -0.5)
        if axis(values.loc[values["method"].isin(list(methods)), "value"].tolist())[0]:
            axes.set_xscale("log")
        axes.set_xlim(axes.get_xlim())
        controls = values[values["method"].isin(list(CONTROLS))].groupby("method")["value"].mean()
        for control, value in controls.items():
            axes.axvline(value, zorder=1, **CONTROL_LINES[str(control)])
        axes.set_xlabel(f"{metric_title(metric)}, lower is better")
        note = textwrap.fill(reduced, 70)
        axes.set_title(f"REDUCED RUN: {title}\n{note}" if reduced else title, pad=10)
        axes.legend(handles=_legend(methods, controls), loc="upper left", bbox_to_anchor=(1.01, 1))
        figure.tight_layout()
    return figure


def _boxes(
    axes: Any, boxes: Sequence[np.ndarray], places: np.ndarray, height: float, fill: str
) -> None:
    axes.boxplot(
        boxes, positions=places, widths=height * 0.85, orientation="horizontal", showfliers=False,
        patch_artist=True, manage_ticks=False,
        boxprops={"facecolor": fill, "edgecolor": "#222222", "linewidth": 0.7},
        medianprops={"color": "#222222", "linewidth": 1.2},
        whiskerprops={"color": "#222222", "linewidth": 0.7},
        capprops={"color": "#222222", "linewidth": 0.7},
    )  # fmt: skip


def _legend(methods: Sequence[str], controls: pd.Series) -> list[Any]:
    boxes: list[Any] = [
        Patch(
            facecolor=colour(m), edgecolor="#222222", linewidth=0.7, label=row_of(m, "edit").label
        )
        for m in methods
    ]
    return boxes + [
        Line2D(
            [],
            [],
            label=f"{row.label.lower()}: {controls[row.method]:.2g}",
            **CONTROL_LINES[row.method],
        )
        for row in CONTROL_ROWS
        if row.method in controls.index
    ]
