"""All cells in the plane by their type: the paper's Fig. 9."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from sccbgm.figures.panels import category_colours, dots, finish, frame, scatter
from sccbgm.figures.style import styled
from sccbgm.protocol.keys import generator

if TYPE_CHECKING:
    from anndata import AnnData


def cell_type_figure(cells: AnnData, title: str, reduced: str = "") -> Figure:
    """One panel. cells: X (n_cells, 2), obs["group"] the type; uns["embedding"] is printed."""
    groups = cells.obs["group"].astype(str)
    sizes = groups.value_counts().sort_index()
    colours = category_colours(list(sizes.index))
    xy = np.asarray(cells.X)
    # In a drawn order, so that no type lies on top of the others
    order = generator("figure", "order of cells").permutation(len(xy))
    with styled():
        figure, axes = plt.subplots(figsize=(5.6, 3.6))
        figure.subplots_adjust(left=0.01, right=0.65, bottom=0.01, top=0.99)
        scatter(axes, xy[order], groups.map(colours).to_numpy()[order])
        frame(axes, xy)
        labels = {f"{name} ({n:,})": colours[name] for name, n in sizes.items()}
        axes.legend(handles=dots(labels), loc="center left", bbox_to_anchor=(1.01, 0.5))
        finish(figure, title, f"{len(xy):,} cells; {cells.uns['embedding']}.", reduced)
    return figure
