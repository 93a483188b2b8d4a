"""Unseen cells and what models make of them: the paper's Fig. 10."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sccbgm.figures.panels import category_colours, dots, finish, frame, scatter
from sccbgm.figures.style import GREY, styled
from sccbgm.figures.umap_points import embed
from sccbgm.protocol.keys import derive_key

if TYPE_CHECKING:
    from anndata import AnnData

N_COLUMNS = 3
SPACES = {"mse_pca": "PCs", "mse_genes": "genes"}


def reconstruction_figure(
    rows: pd.DataFrame, cells: AnnData, titles: Mapping[str, str], title: str, reduced: str = ""
) -> Figure:
    """Real test cells, and a panel a model with its error: one joint UMAP, colour is the type.

    rows, cells: of the reconstruction analysis. titles: printed name of each method.
    """
    obs = cells.obs.astype(str)
    methods = [method for method in dict.fromkeys(obs["method"]) if method]
    colours = category_colours(sorted(obs["group"].unique()))
    n_real = int((obs["method"] == "").sum())
    seed = derive_key("umap", "reconstruction", str(rows["dataset"].iloc[0])) % 2**32
    xy = embed(np.asarray(cells.X), n_real, seed)
    real = xy[(obs["method"] == "").to_numpy()]
    n_rows = -(-(len(methods) + 1) // N_COLUMNS)
    with styled():
        figure, panels = plt.subplots(
            n_rows, N_COLUMNS, figsize=(2.25 * N_COLUMNS, 2.5 * n_rows), squeeze=False
        )
        for panel, method in zip(panels.flat, ["", *methods], strict=False):
            here = (obs["method"] == method).to_numpy()
            if method:
                scatter(panel, real, GREY)
            scatter(panel, xy[here], obs["group"][here].map(colours).to_numpy())
            frame(panel, xy)
            _head(panel, rows, method, titles)
        for panel in panels.flat[len(methods) + 1 :]:
            panel.set_visible(False)
        figure.tight_layout(h_pad=1.6)
        figure.legend(
            handles=dots(colours), loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=4,
            columnspacing=1.2, handletextpad=0.2,
        )  # fmt: skip
        below = 0.2 * -(-len(colours) // 4) + 0.1
        finish(figure, title, _note(rows, n_real), reduced, below)
    return figure


def _head(panel: Axes, rows: pd.DataFrame, method: str, titles: Mapping[str, str]) -> None:
    """The name, and mean +- SD of the error over seeds in each space."""
    said = []
    for metric, space in SPACES.items():
        values = rows.loc[(rows["method"] == method) & (rows["metric"] == metric), "value"].dropna()
        if len(values):
            sd = f" ± {values.std():.3f}" if len(values) > 1 else ""
            said.append(f"{space} {values.mean():.3f}{sd}")
    panel.set_title(titles.get(method, method) if method else "Test cells", pad=4 + 10 * len(said))
    for i, text in enumerate(said):
        at = (0.5, 1.02 + 0.085 * (len(said) - 1 - i))
        panel.text(*at, text, transform=panel.transAxes, ha="center", va="bottom", fontsize=7.2)


def _note(rows: pd.DataFrame, n_shown: int) -> str:
    n = rows["seed"].nunique()
    floor = rows[(rows["method"] == "mean_training") & rows["value"].notna()]
    constant = ", ".join(
        f"{SPACES[str(metric)]} {values.mean():.3f}"
        for metric, values in floor.groupby("metric", sort=False)["value"]
    )
    return (
        f"MSE of {int(rows['n_cells'].max()):,} unseen cells, mean ± SD over {n} "
        f"seed{'s' if n > 1 else ''}; the mean of the training cells has {constant}. "
        f"{n_shown:,} cells shown; grey: the test cells."
    )
