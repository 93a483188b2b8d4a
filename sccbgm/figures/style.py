"""How figures look (a colour a method, a marker a mode, type, lines) and how they are saved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

SUFFIXES: tuple[str, ...] = (".png", ".pdf")
"""What `save(figure, stem)` writes: `stem` followed by each of these."""

PALETTE: dict[str, str] = {
    "sccbgm": "#0072B2",
    "sccbgm_fm": "#D55E00",
    "sccbgm_ae": "#6699CC",
    "cbgm": "#56B4E9",
    "vanilla_fm": "#009E73",
    "biolord": "#E69F00",
    "biolord_fm": "#999933",
    "cinema_ot": "#332288",
    "scgen": "#AA4499",
    "cvae": "#CC79A7",
    "cvae_fm": "#882255",
    "conceptflow": "#44AA99",
    "perturbedvae": "#661100",
    "mean_shift": "#555555",
}
"""Colours by method: Okabe and Ito's, then Tol's muted ones; both are safe for colour blindness."""

OTHER_METHOD = "#777777"

CATEGORIES: tuple[str, ...] = (
    *("#4477AA", "#EE6677", "#228833", "#CCBB44", "#66CCEE", "#AA3377"),
    *("#994455", "#004488", "#997700", "#6699CC", "#EE99AA", "#555555"),
)
"""Colours of subtypes or cell types: Tol's bright and medium-contrast schemes."""

CONTROL_LINES: dict[str, dict[str, Any]] = {
    "no_edit": {"color": "#222222", "linestyle": (0, (5, 2)), "linewidth": 1.1},
    "mean_shift": {"color": "#555555", "linestyle": (0, (5, 1.5, 1, 1.5)), "linewidth": 1.0},
    "closest_group": {"color": "#888888", "linestyle": (0, (3, 2)), "linewidth": 1.0},
    "target": {"color": "#222222", "linestyle": (0, (1, 1.2)), "linewidth": 1.3},
    "mean_training": {"color": "#AA7733", "linestyle": (0, (5, 2)), "linewidth": 1.0},
    "mean_intervened": {"color": "#AA7733", "linestyle": (0, (1, 1.2)), "linewidth": 1.2},
    "nearest_stimulated": {
        "color": "#AA7733",
        "linestyle": (0, (5, 1.5, 1, 1.5)),
        "linewidth": 1.0,
    },
    "true_shift": {"color": "#117733", "linestyle": (0, (5, 1.5, 1, 1.5)), "linewidth": 1.0},
    "best_possible": {"color": "#117733", "linestyle": (0, (1, 1.2)), "linewidth": 1.3},
}

MODE_MARKERS: dict[str, str] = {"edit": "o", "decode": "D"}

GREY = "#D5D8DC"
DARK_GREY = "#9AA0A6"

_RC: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["Arial", "Helvetica", "Liberation Sans", "DejaVu Sans"],
    "font.size": 8.5,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.labelsize": 8.5,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 8.5,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.minor.width": 0.5,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "figure.dpi": 100,
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
}


def colour(method: str) -> str:
    """The colour of a method; grey for one without an entry."""
    return PALETTE.get(method, OTHER_METHOD)


@contextmanager
def styled() -> Iterator[None]:
    """Draw in the house style, leaving the caller's settings alone."""
    import logging

    # Of several font families the first that is installed is taken; the others are no news.
    logger = logging.getLogger("matplotlib.font_manager")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with plt.rc_context(_RC):
            yield
    finally:
        logger.setLevel(level)


def save(figure: Figure, stem: Path) -> list[Path]:
    """Write `stem` + each of `SUFFIXES`, whole or not at all, and close the figure.

    The files hold no date, so that the same figure gives the same bytes.
    """
    stem.parent.mkdir(parents=True, exist_ok=True)
    paths = []
    with styled():
        for suffix in SUFFIXES:
            beside = stem.with_name(f".{stem.name}.part{suffix}")
            metadata = {"CreationDate": None} if suffix == ".pdf" else {"Software": None}
            figure.savefig(beside, dpi=200, bbox_inches="tight", metadata=metadata)
            paths.append(beside.replace(stem.with_name(f"{stem.name}{suffix}")))
    plt.close(figure)
    return paths
