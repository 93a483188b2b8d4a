"""Figures that compare methods, out of tidy rows: ids are those of `sccbgm.config.comparisons`."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from sccbgm.figures.adversaries import adversary_figure
from sccbgm.figures.conditions import conditions_figure, cost_figure
from sccbgm.figures.ranks import rank_figure
from sccbgm.tables.aggregate import checked, sentences
from sccbgm.tables.comparisons import panel
from sccbgm.tables.names import Names


def comparison_figure(
    name: str,
    metric: str,
    rows: pd.DataFrame,
    beside: Mapping[str, pd.DataFrame],
    words: tuple[str, str],
    names: Names,
) -> Figure:
    """The figure of that name. rows: tidy rows. beside: "ceilings", the scores of real cells, and
    "costs", the table of fits, of figures that need them. words: title and note.

    Raises ValueError where there is nothing to draw.
    """
    rows = checked(rows)
    reduced = sentences(rows["reduced"])
    if name == "adversaries":
        return adversary_figure(panel(rows, beside["ceilings"], names), *words, reduced)
    here = rows[rows["metric"] == metric]
    if not here["value"].notna().any():
        raise ValueError(f"{name}: no value of {metric}")
    if name == "cost":
        return cost_figure(here, metric, beside["costs"], names, words, reduced)
    draw = {"ranks": rank_figure, "conditions": conditions_figure}[name]
    return draw(here, metric, names, words, reduced)
