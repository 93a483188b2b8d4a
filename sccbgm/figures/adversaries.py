"""The panel of adversaries as a heat map: which prediction fools which metric."""

from __future__ import annotations

import textwrap

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sccbgm.figures.panels import finish
from sccbgm.figures.style import TEXT_GREY, styled
from sccbgm.metrics.registry import METRICS


def adversary_figure(panel: pd.DataFrame, title: str, note: str, reduced: str = "") -> Figure:
    """Draw `sccbgm.tables.comparisons.panel`: a line a prediction, a column a metric.

    Colours run from 0 (no edit) to 1 (a draw of the truth) and stop there; the numbers do not.
    Adversaries stand above the line, other controls below; an empty field has no score.
    """
    labels = list(dict.fromkeys(panel["label"]))
    metrics = [id for id in METRICS if id in set(panel["metric"])]
    scores = panel.pivot(index="label", columns="metric", values="score").reindex(labels)[metrics]
    n_adversaries = panel.loc[panel["adversary"], "label"].nunique()
    with styled():
        size = (0.62 * len(metrics) + 3.0, 0.27 * len(labels) + 1.5)
        figure, axes = plt.subplots(figsize=size)
        _cells(axes, scores.to_numpy(dtype=float))
        axes.set_yticks(range(len(labels)), labels)
        titles = [textwrap.fill(METRICS[id].title, 22) for id in metrics]
        axes.set_xticks(range(len(metrics)), titles, rotation=50, ha="left", rotation_mode="anchor")
        axes.tick_params(length=0, top=True, bottom=False, labeltop=True, labelbottom=False)
        axes.axhline(n_adversaries - 0.5, color=TEXT_GREY, linewidth=1.2)
        for side in ("left", "bottom"):
            axes.spines[side].set_visible(False)
        figure.tight_layout()
        finish(figure, title, note, reduced)
    return figure


def _cells(axes: Axes, scores: np.ndarray) -> None:
    axes.imshow(np.clip(scores, 0.0, 1.0), cmap="OrRd", vmin=0.0, vmax=1.3, aspect="auto")
    for (i, j), score in np.ndenumerate(scores):
        if np.isfinite(score):
            text = f"{score:.2f}" if abs(score) < 10 else f"{score:.0f}"
            axes.text(j, i, text, ha="center", va="center", fontsize=7)
