"""Classifier scores before and after an edit, a line a cell type: the paper's Fig. 11."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sccbgm.figures.panels import category_colours, dots, finish
from sccbgm.figures.style import styled

STAGES = ("before", "after")
CLASSIFIERS = {"cell_type": "Own cell type", "stim": "Stimulus"}


def slope_figure(rows: pd.DataFrame, title: str, reduced: str = "") -> Figure:
    """A panel a classifier: the mean score of each cell type before and after, over its seeds.

    rows: tidy rows of the leakage analysis; other metrics than the scores are left out. Bars are
    the standard deviation over seeds. All lines of a panel have the same colours as in the other.
    """
    scores = rows[rows["metric"] == "mean_classifier_score"]
    groups = sorted(scores["group"].unique())
    colours = category_colours(groups)
    with styled():
        figure, panels = plt.subplots(1, 2, figsize=(5.6, 3.1), sharey=True)
        for panel, (classifier, name) in zip(panels, CLASSIFIERS.items(), strict=True):
            _draw(panel, scores[scores["classifier"] == classifier], colours)
            panel.set_title(name)
        panels[0].set_ylabel("mean score of the classifier")
        figure.tight_layout(rect=(0, 0, 0.76, 1))
        figure.legend(handles=dots(colours), loc="center left", bbox_to_anchor=(0.76, 0.5))
        n = scores["seed"].nunique()
        cells = scores.groupby("group")["n_cells"].max()
        note = (
            f"Unseen control cells before and after the edit to stimulated; {n} "
            f"seed{'s' if n > 1 else ''}, {int(cells.min())} to {int(cells.max())} cells a type."
        )
        finish(figure, title, note, reduced)
    return figure


def _draw(axes: Axes, scores: pd.DataFrame, colours: dict[str, str]) -> None:
    for i, (group, colour) in enumerate(colours.items()):
        here = scores[scores["group"] == group].groupby("stage")["value"]
        mean, sd = here.mean().reindex(STAGES), here.std().reindex(STAGES).fillna(0)
        # Side by side, so that the bars of equal scores can be told apart
        x = np.array([0.0, 1.0]) + 0.012 * (i - (len(colours) - 1) / 2)
        axes.errorbar(
            x, mean, sd, color=colour, marker="o", markersize=4, linewidth=1.2, elinewidth=0.8
        )
    axes.set(xticks=[0, 1], xticklabels=STAGES, xlim=(-0.25, 1.25), ylim=(-0.03, 1.05))
    axes.tick_params(axis="x", labelsize=8.5)
