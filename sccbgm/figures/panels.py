"""Parts of figures that show cells in the plane, or many small panels."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sccbgm.figures.style import CATEGORIES


def category_colours(names: Sequence[str]) -> dict[str, str]:
    """A colour a name, in their order."""
    return {name: CATEGORIES[i % len(CATEGORIES)] for i, name in enumerate(names)}


def scatter(axes: Axes, xy: np.ndarray, colours: Any, **changed: Any) -> None:
    """Cells as dots without an edge, smaller where there are more of them."""
    style = {"s": float(np.clip(9000 / max(len(xy), 1), 0.8, 9)), "linewidths": 0}
    axes.scatter(xy[:, 0], xy[:, 1], c=colours, rasterized=True, **(style | changed))


def frame(axes: Axes, xy: np.ndarray) -> None:
    """A thin frame around all of xy but its outermost percent, without ticks."""
    low, high = np.percentile(xy, [0.5, 99.5], axis=0)
    margin = 0.05 * (high - low) + 1e-6
    axes.set_xlim(low[0] - margin[0], high[0] + margin[0])
    axes.set_ylim(low[1] - margin[1], high[1] + margin[1])
    axes.set_xticks([])
    axes.set_yticks([])
    for side in ("top", "right", "bottom", "left"):
        axes.spines[side].set(visible=True, color="#9AA0A6", linewidth=0.6)


def dots(labels: Mapping[str, str]) -> list[Line2D]:
    """Legend entries: label -> colour."""
    return [
        Line2D([], [], linestyle="none", marker="o", markersize=4.5, color=c, label=label)
        for label, c in labels.items()
    ]


def finish(
    figure: Figure, title: str, note: str = "", reduced: str = "", below: float = 0.0
) -> None:
    """Title above and note below everything that is drawn, and what is reduced, once.

    below: inches under the figure that are taken, by a legend.
    """
    width, height = figure.get_size_inches()
    title = f"REDUCED RUN: {title}" if reduced else title
    figure.suptitle(
        textwrap.fill(title, int(12.5 * width)), fontsize=10, fontweight="bold",
        y=1 + 0.06 / height, va="bottom",
    )  # fmt: skip
    lines = [*note.splitlines(), *reduced.splitlines()]
    said = "\n".join(textwrap.fill(line, int(17 * width)) for line in lines)
    if said:
        figure.text(0.5, -(below + 0.06) / height, said, ha="center", va="top", fontsize=7.5)
