"""Figures that compare methods, out of tidy rows: ids are those of `sccbgm.config.comparisons`."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from sccbgm.figures.adversaries import adversary_figure
from sccbgm.tables.aggregate import checked, sentences
from sccbgm.tables.comparisons import panel
from sccbgm.tables.names import Names


def comparison_figure(
    name: str,
    metric: str,
    rows: pd.DataFrame,
    ceilings: pd.DataFrame,
    words: tuple[str, str],
    names: Names,
) -> Figure:
    """The figure of that name; arguments as of `sccbgm.tables.comparisons.build_comparison`."""
    rows = checked(rows)
    reduced = sentences(rows["reduced"])
    return adversary_figure(panel(rows, ceilings, names), *words, reduced)
