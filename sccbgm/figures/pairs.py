"""Two methods on every task of a dataset, by cell type and over all: the paper's Fig. 13."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sccbgm.figures.nothing import NothingToDraw
from sccbgm.figures.panels import dots, finish
from sccbgm.figures.style import TEXT_GREY, colours, styled
from sccbgm.metrics.registry import METRICS
from sccbgm.tables.aggregate import sentences
from sccbgm.tables.names import Names
from sccbgm.tables.spec import RowKey

QUESTION = ["dataset", "task", "target", "group"]
ALL = "all pairs"


def pair_values(
    metrics: pd.DataFrame, wanted: Sequence[str], sides: Mapping[RowKey, str]
) -> pd.DataFrame:
    """A line a metric, group and side: mean, sd and n of the tasks that both sides answered.

    metrics: tidy rows of the preset "recommended". sides: what is compared -> its printed name.
    Seeds are averaged within a task. group: the column of the tables that a task belongs to, and
    `ALL`. Raises NothingToDraw where no task has a value of both.
    """
    keys = zip(metrics["method"], metrics["mode"], metrics["variant"], strict=True)
    runs = metrics.assign(label=[sides.get(key, "") for key in keys])
    runs = runs[(runs["label"] != "") & (runs["preset"] == "recommended")]
    parts = []
    for metric in wanted:
        of = runs[runs["metric"] == metric].groupby([*QUESTION, "label"], observed=True)
        both = of["value"].mean().unstack("label").reindex(columns=list(sides.values())).dropna()
        if both.empty:
            raise NothingToDraw(
                f"no task has a value of {metric} of {' and '.join(sides.values())}"
            )
        for group, here in [*both.groupby("group", observed=True), (ALL, both)]:
            table = pd.DataFrame({"mean": here.mean(), "sd": here.std(), "n": len(here)})
            table = table.rename_axis("label").reset_index()
            parts.append(table.assign(metric=metric, group=str(group)))
    return pd.concat(parts, ignore_index=True)


def pair_figure(
    values: pd.DataFrame,
    sides: Mapping[RowKey, str],
    names: Names,
    title: str,
    tests: Sequence[str],
    reduced: Sequence[str] = (),
) -> Figure:
    """Draw `pair_values`: the first metric by group, and the mean of every metric over all pairs.

    tests: a sentence a metric, printed below. Bars are standard errors over the pairs.
    """
    fills = colours((method for method, _, _ in sides), names)
    shades = {label: fills[method] for (method, _, _), label in sides.items()}
    first = values["metric"].iloc[0]
    by_group = values[(values["metric"] == first) & (values["group"] != ALL)]
    overall = values[values["group"] == ALL].assign(
        group=lambda t: t["metric"].map(lambda m: METRICS[m].title)
    )
    n_groups = by_group["group"].nunique()
    with styled():
        figure, panels = plt.subplots(
            1, 2, figsize=(6.6, max(2.4, 0.24 * n_groups + 1.0)), width_ratios=[1.5, 1],
        )  # fmt: skip
        _draw(panels[0], by_group, shades, METRICS[first].title)
        _draw(panels[1], overall, shades, "ratio")
        panels[0].set_title("By cell type (pairs)")
        panels[1].set_title("All pairs")
        figure.tight_layout()
        figure.legend(handles=dots(shades), loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=2)
        finish(figure, title, "\n".join(tests), sentences(pd.Series(list(reduced))), 0.25)
    return figure


def _draw(panel: Axes, values: pd.DataFrame, shades: Mapping[str, str], quantity: str) -> None:
    groups = list(dict.fromkeys(values["group"]))
    for i, (label, colour) in enumerate(shades.items()):
        here = values[values["label"] == label].set_index("group").reindex(groups)
        at = np.arange(len(groups)) + 0.22 * (i - (len(shades) - 1) / 2)
        panel.errorbar(
            here["mean"], at, xerr=here["sd"] / np.sqrt(here["n"]), color=colour,
            linestyle="none", marker="o", markersize=4.5, elinewidth=1.0,
        )  # fmt: skip
    sizes = values.drop_duplicates("group").set_index("group")["n"]
    panel.set_yticks(range(len(groups)), [f"{group} ({sizes[group]:,})" for group in groups])
    panel.axvline(1.0, color="#B9BEC4", linewidth=1.4, zorder=0)
    panel.set_ylim(len(groups) - 0.5, -0.5)
    panel.set_xlim(left=0)
    panel.set_xlabel(f"mean {quantity}, lower is better", color=TEXT_GREY)
