"""Quality against what a task is like, and against what a model costs."""

from __future__ import annotations

import textwrap

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sccbgm.figures.legend import axis_label
from sccbgm.figures.panels import finish
from sccbgm.figures.points import axis
from sccbgm.figures.style import colours, control_line, few_ticks, mode_markers, styled
from sccbgm.metrics.registry import METRICS
from sccbgm.tables.comparisons import RUN, NothingToCompare, labelled
from sccbgm.tables.names import Names
from sccbgm.tables.paired import QUESTION
from sccbgm.tables.paired_table import competitors
from sccbgm.tables.rescaled import FLOOR

COVARIATES = {
    "n_intervene": "edited cells",
    "effect": "effect: what no edit scores",
    "denominator": "distance to the nearest training population",
}
"""Column of `questions` -> what it is."""


def questions(rows: pd.DataFrame, names: Names) -> pd.DataFrame:
    """A line a run and question: label, method, value (mean over seeds), and `COVARIATES`.

    effect: what no edit scores there, its distance from the target where the metric is a ratio.
    """
    by = ["label", *RUN, *QUESTION]
    some = competitors(rows[rows["value"].notna()], names)
    table = some.groupby(by, observed=True)[
        ["value", "distance", "n_intervene", "denominator"]
    ].mean()
    table = table.reset_index()
    rest = table[table["method"] == FLOOR].set_index(list(QUESTION))
    effect = rest["distance"].fillna(rest["value"])
    effect = effect[~effect.index.duplicated()]
    return table.join(effect.rename("effect"), on=list(QUESTION))


def conditions_figure(
    rows: pd.DataFrame, metric: str, names: Names, words: tuple[str, str], reduced: str
) -> Figure:
    """A panel a covariate that differs between questions, a dot a question and run.

    With a running median of each run. Of one question the edited cells are the only panel.
    """
    table = questions(rows, names)
    table = table[~table["method"].map(names.is_control) | (table["method"] == "mean_shift")]
    known = {name: text for name, text in COVARIATES.items() if table[name].nunique() > 1}
    known = known or {"n_intervene": COVARIATES["n_intervene"]}
    shades = colours(table["method"], names)
    markers = mode_markers(table["mode"])
    logarithmic, low, high = axis(table["value"].tolist())
    with styled():
        size = (2.7 * len(known) + 2.0, 3.0)
        figure, grid = plt.subplots(1, len(known), figsize=size, sharey=True, squeeze=False)
        for panel, (name, text) in zip(grid.flat, known.items(), strict=True):
            for _, part in table.groupby("label", observed=True):
                of = part.dropna(subset=name).sort_values(name)
                shade = shades[str(part["method"].iloc[0])]
                mark = markers[str(part["mode"].iloc[0])]
                panel.scatter(of[name], of["value"], s=9, color=shade, marker=mark, linewidths=0)
                _median(panel, of, name, shade)
            panel.set_xlabel(textwrap.fill(text, 26))
            few_ticks(panel, bool((table[name].dropna() > 0).all()))
        grid[0, 0].set_ylabel(axis_label(METRICS[metric]))
        if logarithmic:
            grid[0, 0].set_yscale("log")
        grid[0, 0].set_ylim(low, high)
        handles = [
            Line2D([], [], marker=markers[str(p["mode"].iloc[0])], markersize=4,
                   color=shades[str(p["method"].iloc[0])], linewidth=1, label=str(label))
            for label, p in table.groupby("label", observed=True)
        ]  # fmt: skip
        figure.tight_layout(rect=(0, 0, 1 - 1.7 / size[0], 1))
        figure.legend(handles=handles, loc="center left", bbox_to_anchor=(1 - 1.7 / size[0], 0.5))
        finish(figure, *words, reduced)
    return figure


def _median(panel: Axes, of: pd.DataFrame, name: str, shade: str) -> None:
    """The median of neighbouring questions: a quarter of them, five at least."""
    window = max(5, len(of) // 4)
    if len(of) >= window:
        smooth = of["value"].rolling(window, center=True).median()
        panel.plot(of[name], smooth, color=shade, linewidth=1)


def cost_figure(
    rows: pd.DataFrame,
    metric: str,
    costs: pd.DataFrame,
    names: Names,
    words: tuple[str, str],
    reduced: str,
) -> Figure:
    """Mean of the metric against seconds a model; costs: the table `fits` of the run.

    Raises NothingToCompare where no method with a value has a cost.
    """
    table = spent(rows, costs, names)
    methods = table[~table["method"].map(names.is_control) & table["seconds"].notna()]
    if methods.empty:
        raise NothingToCompare(f"no method with a value of {metric} has seconds of fitting")
    shades, markers = colours(methods["method"], names), mode_markers(methods["mode"])
    with styled():
        figure, axes = plt.subplots(figsize=(6.4, 3.8))
        area = 18 + 90 * methods["memory"] / methods["memory"].max()
        for line, size in zip(methods.to_dict("records"), area, strict=True):
            axes.scatter(
                line["seconds"], line["value"], s=size, color=shades[line["method"]],
                marker=markers[line["mode"]], alpha=0.85, linewidths=0, zorder=3,
                label=f"{line['label']}: {line['seconds']:.3g} s, {line['memory']:,.0f} MB",
            )  # fmt: skip
        for line in table[table["method"].isin([FLOOR, "mean_shift"])].to_dict("records"):
            axes.axhline(line["value"], label=line["label"], **control_line(line["method"], names))
        few_ticks(axes, logarithmic=True)
        axes.set_xlabel("seconds a model")
        axes.set_ylabel(axis_label(METRICS[metric]))
        if axis(table["value"].tolist())[0]:
            axes.set_yscale("log")
        figure.tight_layout(rect=(0, 0, 0.62, 1))
        figure.legend(loc="center left", bbox_to_anchor=(0.63, 0.5), fontsize=7)
        finish(figure, *words, reduced)
    return figure


def spent(rows: pd.DataFrame, costs: pd.DataFrame, names: Names) -> pd.DataFrame:
    """A line a run: label, method, mode, value (mean), seconds a model, peak memory (MB).

    The seconds of a two-stage method are with those of its first stage.
    """
    some = labelled(rows[rows["value"].notna()], names)
    table = some.groupby(["label", *RUN], observed=True)["value"].mean().reset_index()
    here = costs[costs["dataset"].isin(rows["dataset"].unique())]
    by = here.groupby(["method", "preset"])
    seconds = by["seconds"].sum() / by["models"].sum().replace(0, np.nan)
    memory = by["peak memory (MB)"].max()

    def total(method: str, preset: str) -> float:
        declared = names.declared(method)
        own = float(seconds.get((method, preset), np.nan))
        if declared is None or declared.builds_on is None:
            return own
        first = declared.builds_on
        return own + total(first, preset if (first, preset) in seconds.index else "recommended")

    runs = list(zip(table["method"], table["preset"], strict=True))
    return table.assign(
        seconds=[total(*run) for run in runs], memory=[memory.get(run, np.nan) for run in runs]
    )
