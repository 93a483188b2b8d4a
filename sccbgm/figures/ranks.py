"""Mean ranks with the critical difference."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sccbgm.figures.panels import finish
from sccbgm.figures.style import TEXT_GREY, colours, styled
from sccbgm.tables.comparisons import RUN, NothingToCompare
from sccbgm.tables.names import Names
from sccbgm.tables.paired import Ranks, ranks
from sccbgm.tables.paired_table import competitors


def rank_figure(
    rows: pd.DataFrame, metric: str, names: Names, words: tuple[str, str], reduced: str
) -> Figure:
    """A line a run from best to worst, its mean rank as a dot; bars join what is not told apart.

    rows: tidy rows. Raises NothingToCompare for fewer than three runs or two common questions.
    """
    rows = competitors(rows, names)
    found = ranks(rows, metric)
    if found is None:
        raise NothingToCompare(
            f"ranks by {metric} need three methods or more with two questions that all answered"
        )
    labels = dict(zip(map(tuple, rows[RUN].to_numpy()), rows["label"], strict=True))
    runs = [tuple(run) for run in found.mean.index]
    with styled():
        figure, axes = plt.subplots(figsize=(5.6, 0.24 * len(runs) + 1.2))
        shades = colours([run[0] for run in runs], names)
        for place, (run, rank) in enumerate(zip(runs, found.mean, strict=True)):
            marker = "D" if run[1] == "decode" else "o"
            axes.plot(rank, place, marker=marker, color=shades[run[0]], markersize=5, zorder=3)
        axes.set_yticks(range(len(runs)), [str(labels[run]) for run in runs])
        axes.set_ylim(len(runs) - 0.4, -1.2)
        axes.set_xlim(0.5, len(runs) + 0.5)
        axes.set_xlabel("mean rank")
        axes.grid(axis="y", color="#ECEEF0", linewidth=0.7)
        axes.tick_params(axis="y", length=0)
        _bars(axes, found)
        figure.tight_layout()
        note = (
            f"{words[1]} {found.n_questions} questions, critical difference {found.critical:.2f}; "
            f"that all are equal has p = {found.p:.2g} (Friedman)."
        )
        finish(figure, words[0], note, reduced)
    return figure


def _bars(axes: Axes, found: Ranks) -> None:
    """The critical difference at the top, and a bar at each rank that reaches so far."""
    low = axes.get_xlim()[0]
    axes.plot([low, low + found.critical], [-0.8, -0.8], color=TEXT_GREY, linewidth=1.2)
    axes.annotate("critical difference", (low + found.critical, -0.8), (4, -2.5),
                  textcoords="offset points", fontsize=7, color=TEXT_GREY)  # fmt: skip
    mean = found.mean.to_numpy()
    for first, last in cliques(mean, found.critical):
        # Beside the dots, from the best of the group to its worst
        x = mean[last] + 0.12 * (1 + len(mean) / 12)
        axes.plot([x, x], [first - 0.2, last + 0.2], color=TEXT_GREY, linewidth=2.0, alpha=0.7)


def cliques(mean: np.ndarray, critical: float) -> list[tuple[int, int]]:
    """First and last place of the largest groups whose ranks differ by no more than `critical`.

    mean: ascending. A group of one, and one within another, is left out.
    """
    ends = [int(np.searchsorted(mean, rank + critical, side="right")) - 1 for rank in mean]
    groups = [(first, last) for first, last in enumerate(ends) if last > first]
    return [g for i, g in enumerate(groups) if i == 0 or g[1] > groups[i - 1][1]]
