"""A figure for whose lines there is no value: it says why, and the run goes on to its report."""

from __future__ import annotations

from textwrap import fill

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from sccbgm.figures.panels import finish
from sccbgm.figures.style import styled


class NothingToDraw(ValueError):
    """Why a figure has nothing to show, for instance since the jobs of its methods failed."""


def nothing_figure(why: object, title: str, note: str = "", reduced: str = "") -> Figure:
    """The reason in place of a drawing, with the title and the note that the figure would have."""
    with styled():
        figure, axes = plt.subplots(figsize=(6.0, 1.2))
        axes.axis("off")
        axes.text(0.5, 0.5, fill(f"Nothing to draw: {why}", 80), ha="center", va="center")
        finish(figure, title, note, reduced)
    return figure
