"""Cells edited to responders, and their marker genes: the paper's Figs. 5, 14 and 15."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sccbgm.figures.panels import dots, finish, frame, scatter
from sccbgm.figures.style import GREY, colours, styled
from sccbgm.figures.umap_points import embed
from sccbgm.protocol.keys import derive_key, generator
from sccbgm.tables.names import Names

if TYPE_CHECKING:
    from anndata import AnnData

POPULATIONS = {
    "low_dose": ("low dose", "#56B4E9"),
    "edited": ("edited", "#D55E00"),
    "high_dose": ("high dose", "#332288"),
}
"""Population -> printed name, colour."""
EDITS = {
    "none": "no edit",
    "dose": "dose alone",
    "pathways": "pathways alone",
    "joint": "dose and pathways",
}
DIRECTIONS = {"up": "up in responders", "down": "down in responders"}


def _embedded(rows: pd.DataFrame, cells: AnnData) -> np.ndarray:
    seed = derive_key("umap", "stellate", str(rows["dataset"].iloc[0])) % 2**32
    return embed(np.asarray(cells.X), cells.n_obs, seed)


def edited_figure(
    rows: pd.DataFrame, cells: AnnData, titles: dict[str, str], title: str, reduced: str = ""
) -> Figure:
    """Fig. 5: one UMAP of the three populations, and rMMD to the high dose by edit and method."""
    xy, population = _embedded(rows, cells), cells.obs["population"].astype(str)
    order = generator("figure", "order of cells").permutation(len(xy))
    colours = {name: colour for name, (_, colour) in POPULATIONS.items()}
    with styled():
        figure, (left, right) = plt.subplots(
            1, 2, figsize=(6.6, 3.1), width_ratios=[1, 0.95], layout="constrained"
        )
        scatter(left, xy[order], population.map(colours).to_numpy()[order])
        frame(left, xy)
        n = population.value_counts()
        shown = {f"{said} ({n[name]:,})": c for name, (said, c) in POPULATIONS.items()}
        left.legend(handles=dots(shown), loc="upper center", bbox_to_anchor=(0.5, -0.02),
                    ncols=3, columnspacing=0.9, handletextpad=0.1)  # fmt: skip
        _distances(right, rows, titles)
        note = "rMMD: distance to the high-dose cells over that of the closest training population."
        finish(figure, title, note, reduced)
    return figure


def _distances(axes: plt.Axes, rows: pd.DataFrame, titles: dict[str, str]) -> None:
    found = rows[rows["metric"] == "rmmd"]
    methods = [m for m in dict.fromkeys(found["method"]) if m != "no_edit"]
    none = found[found["method"] == "no_edit"]["value"].mean()
    edits = [edit for edit in EDITS if edit != "none"]
    height = 0.8 / len(methods)
    fills = colours(methods, Names())
    for i, method in enumerate(methods):
        value = found[found["method"] == method].set_index("edit")["value"].reindex(edits)
        at = np.arange(len(edits)) + (i - (len(methods) - 1) / 2) * height
        bars = axes.barh(at, value, height * 0.9, color=fills[method], label=titles.get(method))
        free = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}  # of the line behind
        labels = [f"{v:.2f}" for v in value]
        axes.bar_label(bars, labels, fontsize=7.5, padding=2, bbox=free, zorder=5)
    axes.axvline(none, color="#222222", linestyle=(0, (5, 2)), linewidth=1.1,
                 label=f"no edit ({none:.2f})")  # fmt: skip
    axes.set(yticks=range(len(edits)), yticklabels=[EDITS[e] for e in edits], xlabel="rMMD")
    axes.set_xlim(0, 1.15 * float(np.nanmax([none, found["value"].max()])))
    axes.invert_yaxis()
    axes.legend(loc="upper center", bbox_to_anchor=(0.4, -0.2), ncols=3, columnspacing=0.9,
                handlelength=1.4)  # fmt: skip


def marker_figure(rows: pd.DataFrame, title: str, reduced: str = "") -> Figure:
    """Fig. 14: mean expression of the marker genes in each population, a dot a gene."""
    means = rows[rows["metric"] == "marker_mean"]
    with styled():
        figure, panels = plt.subplots(1, 2, figsize=(5.6, 3.0), layout="constrained")
        for panel, (direction, said) in zip(panels, DIRECTIONS.items(), strict=True):
            here = means[means["direction"] == direction]
            table = here.pivot(index="gene", columns="population", values="value")
            values = [table[name].to_numpy() for name in POPULATIONS]
            parts = panel.violinplot(values, showextrema=False, widths=0.85)
            for body, (_, colour) in zip(parts["bodies"], POPULATIONS.values(), strict=True):
                body.set(facecolor=colour, alpha=0.45, linewidth=0)
            panel.boxplot(
                values, widths=0.16, showfliers=False, patch_artist=True,
                boxprops={"facecolor": "white", "linewidth": 0.7},
                medianprops={"color": "#222222", "linewidth": 1.4},
                whiskerprops={"linewidth": 0.7}, capprops={"linewidth": 0.7},
            )  # fmt: skip
            panel.set_xticks(range(1, 4), [name for name, _ in POPULATIONS.values()])
            panel.set_title(f"{len(table)} genes {said}")
        panels[0].set_ylabel("mean log-normalised expression")
        finish(figure, title, _overlap(rows), reduced)
    return figure


def _overlap(rows: pd.DataFrame) -> str:
    found = rows[rows["metric"] == "marker_overlap"]
    if found.empty:
        return ""
    n, of = int(found["value"].iloc[0]), int(found["n_markers"].iloc[0])
    cells = rows[rows["metric"] == "marker_mean"].groupby("population")["n_cells"].max()
    sizes = ", ".join(f"{name} {int(cells[key])}" for key, (name, _) in POPULATIONS.items())
    return f"{n} of the {of} genes are footprint genes of the edited pathways. Cells: {sizes}."


def example_figure(rows: pd.DataFrame, cells: AnnData, title: str, reduced: str = "") -> Figure:
    """Fig. 15: three genes that are down (top row) and three that are up, in the same UMAP.

    Two panels a gene would hide the populations: each is a column of low, edited, high.
    """
    xy = _embedded(rows, cells)
    population = cells.obs["population"].astype(str).to_numpy()
    examples = [(d, str(gene)) for d in ("down", "up") for gene in cells.uns["examples"][d]]
    n_rows, n_columns = len(POPULATIONS), len(examples)
    with styled():
        figure, panels = plt.subplots(
            n_rows, n_columns, figsize=(1.25 * n_columns, 1.3 * n_rows), squeeze=False
        )
        for j, (direction, gene) in enumerate(examples):
            value = cells.obs[f"gene {gene}"].to_numpy(dtype=float)
            top = max(float(np.percentile(value, 99)), 1e-6)
            for i, (name, (said, _)) in enumerate(POPULATIONS.items()):
                panel, here = panels[i, j], population == name
                scatter(panel, xy[~here], GREY, s=1.2)
                order = np.argsort(value[here], kind="stable")
                scatter(panel, xy[here][order], value[here][order], s=2.5, cmap="viridis",
                        vmin=0, vmax=top)  # fmt: skip
                frame(panel, xy)
                if i == 0:
                    panel.set_title(f"{gene}\n{direction}", fontsize=8)
                if j == 0:
                    panel.set_ylabel(said)
        figure.tight_layout(pad=0.3, w_pad=0.3, h_pad=0.3)
        note = (
            "Log-normalised expression, from 0 (dark) to the 99th percentile of the gene (light); "
            "edited cells brought back to genes from their components. Grey: the other cells."
        )
        finish(figure, title, note, reduced)
    return figure
