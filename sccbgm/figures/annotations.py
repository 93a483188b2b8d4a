"""Generated cells by their annotations: the paper's Figs. 6 (groups) and 7 (concepts)."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Literal

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sccbgm.figures.style import ACCENT, CATEGORIES, GREY, styled
from sccbgm.figures.umap_points import embed
from sccbgm.protocol.keys import derive_key

if TYPE_CHECKING:
    from anndata import AnnData

GROUPS = ("batch", "tissue", "cell_type")
_SIDE = 2.6


def annotation_points(cells: AnnData, kind: Literal["groups", "concepts"]) -> pd.DataFrame:
    """One line a factual cell: x, y of a UMAP of its expression, and its groups or concepts.

    cells: a preprocessed synthetic dataset; counterfactual cells are left out. Values are labels
    (batch, tissue, cell type) or "off" and "on" (concepts).
    """
    factual = cells.obs["original_index"].to_numpy() == np.arange(cells.n_obs)
    expression = cells.X[factual]
    dense = expression.toarray() if hasattr(expression, "toarray") else np.asarray(expression)
    seed = derive_key("umap", str(cells.uns["sccbgm"]["dataset"])) % 2**32
    place = embed(dense, len(dense), seed)
    points = pd.DataFrame(place, columns=["x", "y"])
    if kind == "groups":
        values = cells.obs.loc[factual, list(GROUPS)].astype(str)
    else:
        values = cells.obsm["concepts"].loc[factual].gt(0).replace({False: "off", True: "on"})
    return pd.concat([points, values.reset_index(drop=True)], axis=1)


def annotation_figure(points: pd.DataFrame, title: str, reduced: str = "") -> Figure:
    """A panel a column of `annotation_points` on the same embedding."""
    names = [name for name in points.columns if name not in ("x", "y")]
    n_columns = min(3, len(names))
    n_rows = math.ceil(len(names) / n_columns)
    with styled():
        figure, panels = plt.subplots(
            n_rows, n_columns, figsize=(_SIDE * n_columns, (_SIDE + 0.45) * n_rows + 0.4),
            squeeze=False,
        )  # fmt: skip
        for panel, name in zip(panels.flat, names, strict=False):
            _draw(panel, points, name)
        for panel in panels.flat[len(names) :]:
            panel.set_visible(False)
        title = f"REDUCED RUN: {title}" if reduced else title
        figure.suptitle(textwrap.fill(title, 16 * n_columns), fontweight="bold")
        figure.tight_layout()
        said = [f"{len(points):,} cells, UMAP of their expression.", reduced]
        note = "\n".join(textwrap.fill(text, 40 * n_columns) for text in said if text)
        figure.text(0.5, 0, note, ha="center", va="top", fontsize=8)
    return figure


def _draw(panel: Axes, points: pd.DataFrame, name: str) -> None:
    labels = sorted(points[name].unique())
    if set(labels) <= {"off", "on"}:
        colours = {"off": GREY, "on": ACCENT}
    else:
        colours = {label: CATEGORIES[i % len(CATEGORIES)] for i, label in enumerate(labels)}
    # Cells of all labels in one call, so that none lies on top of the others; cells with a concept
    # are the rarer ones and last.
    order = np.argsort((points[name] == "on").to_numpy(), kind="stable")
    shown = points.iloc[order]
    panel.scatter(
        shown["x"], shown["y"], c=shown[name].map(colours), s=np.clip(9000 / len(points), 0.6, 8),
        linewidths=0, rasterized=True,
    )  # fmt: skip
    panel.set(xticks=[], yticks=[], title=name.replace("_", " "))
    handles = [
        Line2D([], [], linestyle="none", marker="o", markersize=4, color=colours[label],
               label=label.rsplit("_", 1)[-1])
        for label in labels
    ]  # fmt: skip
    panel.legend(
        handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.01), ncols=len(labels),
        columnspacing=0.8, handletextpad=0.1,
    )  # fmt: skip
