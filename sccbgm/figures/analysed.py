"""Which figure of the analyses is drawn how."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.figure import Figure

from sccbgm.figures import markers
from sccbgm.figures.cell_types import cell_type_figure
from sccbgm.figures.nothing import NothingToDraw
from sccbgm.figures.reconstruction import reconstruction_figure
from sccbgm.figures.slopes import slope_figure
from sccbgm.methods import registry

if TYPE_CHECKING:
    from anndata import AnnData


def analysed_figure(id: str, rows: pd.DataFrame, cells: AnnData, title: str) -> Figure:
    """The figure of that id, with or without `__DATASET`, from the rows and cells of its analysis.

    Raises ValueError for an id without a figure, NothingToDraw where the analysis has no cells.
    """
    base = id.partition("__")[0]
    reduced = " ".join(dict.fromkeys(filter(None, rows["reduced"].astype(str))))
    if base == "figure11":
        return slope_figure(rows, title, reduced)
    if base == "figure14":
        return markers.marker_figure(rows, title, reduced)
    if cells.n_obs == 0:
        raise NothingToDraw("the analysis has no cells to show; the reasons are in its rows")
    if base == "figure05":
        return markers.edited_figure(rows, cells, _titles(rows), title, reduced)
    if base == "figure09":
        return cell_type_figure(cells, title, reduced)
    if base == "figure10":
        return reconstruction_figure(rows, cells, _titles(rows), title, reduced)
    if base == "figure15":
        return markers.example_figure(rows, cells, title, reduced)
    raise ValueError(f"no figure {id!r}")


def _titles(rows: pd.DataFrame) -> dict[str, str]:
    """Printed names of the methods in the rows, as they call themselves."""
    methods = rows["method"].dropna().unique()
    return {m: registry.get(m).title for m in methods if m in registry.METHODS}
