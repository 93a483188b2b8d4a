"""Figures that compare methods, out of tidy rows: ids are those of `sccbgm.config.comparisons`."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from sccbgm.figures.adversaries import adversary_figure
from sccbgm.figures.checks import calibration_figure, check_figure
from sccbgm.figures.conditions import conditions_figure, cost_figure
from sccbgm.figures.nothing import nothing_figure
from sccbgm.figures.ranks import rank_figure
from sccbgm.tables.aggregate import checked, sentences
from sccbgm.tables.calibrated import ensembles
from sccbgm.tables.checks import check_means
from sccbgm.tables.comparisons import NothingToCompare, panel, with_values
from sccbgm.tables.names import Names


def comparison_figure(
    name: str,
    metric: str,
    rows: pd.DataFrame,
    beside: Mapping[str, pd.DataFrame],
    words: tuple[str, str],
    names: Names,
) -> Figure:
    """The figure of that name. rows: tidy rows. beside: "ceilings", the scores of real cells,
    "costs", the table of fits, and "calibration", seeds as ensembles, of figures that need them.
    words: title and note. Where there is nothing to draw, the figure says why.
    """
    rows = checked(rows)
    reduced = sentences(rows["reduced"])
    try:
        return _drawn(name, with_values(rows, metric), beside, words, names, reduced)
    except NothingToCompare as nothing:
        return nothing_figure(nothing, *words, reduced)


def _drawn(
    name: str,
    rows: pd.DataFrame,
    beside: Mapping[str, pd.DataFrame],
    words: tuple[str, str],
    names: Names,
    reduced: str,
) -> Figure:
    if name == "adversaries":
        return adversary_figure(panel(rows, beside["ceilings"], names), *words, reduced)
    if name == "checks":
        return check_figure(check_means(rows, names), names, words, reduced)
    if name == "calibration":
        return calibration_figure(ensembles(beside["calibration"], names), names, words, reduced)
    metric = str(rows["metric"].iloc[0])
    if name == "cost":
        return cost_figure(rows, metric, beside["costs"], names, words, reduced)
    draw = {"ranks": rank_figure, "conditions": conditions_figure}[name]
    return draw(rows, metric, names, words, reduced)
