"""Checks of an edit, a panel each, and ensembles against the truth."""

from __future__ import annotations

import textwrap

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sccbgm.figures.panels import finish
from sccbgm.figures.style import TEXT_GREY, colours, mode_markers, styled
from sccbgm.metrics.registry import CHECKS, METRICS
from sccbgm.tables.names import Names
from sccbgm.tables.table import better

LINEAR = 0.1
"""The axis is linear up to here, logarithmic beyond: the differences go from rounding to 10."""


def check_figure(table: pd.DataFrame, names: Names, words: tuple[str, str], reduced: str) -> Figure:
    """Draw `sccbgm.tables.checks.check_means`: a panel a check, a line a run, a dot its mean.

    A run without a dot has no value; a grey line is a perfect edit.
    """
    labels = list(dict.fromkeys(map(str, table["label"])))
    shown = [id for id in CHECKS if table.loc[table["metric"] == id, "value"].notna().any()]
    shades, markers = colours(table["method"], names), mode_markers(table["mode"])
    with styled():
        size = (1.25 * len(shown) + 2.2, 0.2 * len(labels) + 1.6)
        figure, grid = plt.subplots(1, len(shown), figsize=size, sharey=True, squeeze=False)
        for panel, id in zip(grid.flat, shown, strict=True):
            here = table[table["metric"] == id].dropna(subset="value")
            for line in here.to_dict("records"):
                panel.plot(
                    line["value"], labels.index(str(line["label"])), markersize=4.5,
                    marker=markers[line["mode"]], color=shades[line["method"]],
                )  # fmt: skip
            panel.axvline(METRICS[id].best, color=TEXT_GREY, linewidth=0.8, zorder=0)
            low, high = min(0.0, here["value"].min()), here["value"].max()
            if high > 1.5:
                panel.set_xscale("symlog", linthresh=LINEAR)
                panel.set_xlim(low - 0.02, 1.6 * high)
                panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            else:
                panel.xaxis.set_major_locator(MaxNLocator(nbins=3))
                panel.set_xlim(low - 0.05, max(1.0, high) + 0.05)
            panel.set_title(textwrap.fill(METRICS[id].title, 15), fontsize=8, loc="left")
            panel.set_xlabel(better(METRICS[id]).rstrip(".").lower(), fontsize=7)
            panel.grid(axis="y", color="#ECEEF0", linewidth=0.7)
            panel.tick_params(axis="y", length=0)
        grid[0, 0].set_yticks(range(len(labels)), labels)
        grid[0, 0].set_ylim(len(labels) - 0.5, -0.5)
        figure.tight_layout(w_pad=0.4)
        finish(figure, *words, reduced)
    return figure


def calibration_figure(
    table: pd.DataFrame, names: Names, words: tuple[str, str], reduced: str
) -> Figure:
    """Draw `sccbgm.tables.calibrated.ensembles`: coverage by level, spread against error."""
    shades, markers = colours(table["method"], names), mode_markers(table["mode"])
    correlations = table[table["level"].isna()].dropna(subset="value")
    labels = list(map(str, correlations["label"]))
    with styled():
        figure, (left, right) = plt.subplots(1, 2, figsize=(7.0, max(3.0, 0.2 * len(labels) + 1.0)))
        left.plot([0, 1], [0, 1], color=TEXT_GREY, linewidth=0.8)
        for _, part in table[table["level"].notna()].groupby("label", observed=True):
            run = part.sort_values("level")
            left.plot(
                run["level"], run["value"], color=shades[run["method"].iloc[0]], linewidth=1,
                marker=markers[run["mode"].iloc[0]], markersize=3.5,
            )  # fmt: skip
        left.set(xlim=(0.45, 1), ylim=(0, 1), xlabel="level of the interval")
        left.set_ylabel("share of true numbers in it")
        for place, line in enumerate(correlations.to_dict("records")):
            right.plot(
                line["value"], place, marker=markers[line["mode"]], markersize=5,
                color=shades[line["method"]],
            )  # fmt: skip
        right.axvline(0, color=TEXT_GREY, linewidth=0.8, zorder=0)
        right.set_yticks(range(len(labels)), labels)
        right.set_ylim(len(labels) - 0.5, -0.5)
        low = float(np.nanmin(correlations["value"], initial=0.0))
        right.set(xlim=(min(low, -0.1) - 0.05, 1.05), xlabel="rank correlation, spread and error")
        right.grid(axis="y", color="#ECEEF0", linewidth=0.7)
        figure.tight_layout()
        finish(figure, *words, reduced)
    return figure
