"""How figures look (a colour a method, a marker a mode, type, lines) and how they are saved."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import hsv_to_rgb, to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator

from sccbgm.io.files import written_whole
from sccbgm.methods.registry import METHODS
from sccbgm.tables.names import Names

SUFFIXES: tuple[str, ...] = (".png", ".pdf")
"""Endings of the files that `save(figure, stem)` writes, each put behind `stem`."""

CATEGORIES: tuple[str, ...] = (
    *("#4477AA", "#EE6677", "#228833", "#CCBB44", "#66CCEE", "#AA3377"),
    *("#994455", "#004488", "#997700", "#6699CC", "#EE99AA", "#555555"),
)
"""Colours of subtypes or cell types: Tol's bright and medium-contrast schemes."""

ACCENT = "#0072B2"
"""Colour of what stands out where no method is meant, such as cells that have a concept."""

GREY = "#D5D8DC"
DARK_GREY = "#9AA0A6"
TEXT_GREY = "#5A6068"

_DASHES: tuple[tuple[float, ...], ...] = ((5, 2), (5, 1.5, 1, 1.5), (3, 2), (1, 1.2))
"""Strokes and gaps of the controls' lines, in turn."""

_PLAIN = (TEXT_GREY, "#B0413E", "#2E5EAA")
"""Colours of the lines of controls that declare none, a round of dashes each."""

_MARKERS = ("o", "D", "s", "^", "v", "P", "X", "<", ">")
_MODES = ("edit", "decode")

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


def colours(methods: Iterable[str], names: Names) -> dict[str, str]:
    """A colour for each method: what it declares, else one that is far from all others.

    Greys are kept for the real cells, and the colours of registered methods for these.
    """
    methods = sorted(set(methods))
    chosen = {method: names.colour(method) for method in methods}
    registered = (names.colour(method) for method in METHODS)
    taken = [to_rgb(c) for c in (GREY, TEXT_GREY, "white", *chosen.values(), *registered) if c]
    candidates = [hsv_to_rgb((hue / 24, 0.8, shade)) for hue in range(24) for shade in (0.9, 0.55)]
    for method in methods:
        if chosen[method] is None:
            far = max(candidates, key=lambda c: min(math.dist(c, other) for other in taken))
            taken.append(tuple(far))
            chosen[method] = to_hex(far)
    return {method: str(colour) for method, colour in chosen.items()}


def control_line(method: str, names: Names) -> dict[str, Any]:
    """How the line of a control is drawn; lines of one colour differ in their dashes."""
    controls = [name for name in METHODS if names.is_control(name)]
    colour = names.colour(method)
    if colour is None:
        controls = [name for name in controls if names.colour(name) is None]
    place = controls.index(method) if method in controls else len(controls)
    dashes = _DASHES[place % len(_DASHES)]
    plain = _PLAIN[place // len(_DASHES) % len(_PLAIN)]
    return {"color": colour or plain, "linestyle": (0, dashes), "linewidth": 1.2}


def mode_markers(modes: Iterable[str]) -> dict[str, str]:
    """A marker a mode: round for edit, a diamond for decode, others in alphabetical order."""
    others = sorted(set(modes) - set(_MODES))
    markers = {mode: _MARKERS[i % len(_MARKERS)] for i, mode in enumerate((*_MODES, *others))}
    return {mode: marker for mode, marker in markers.items() if mode in set(modes)}


def few_ticks(panel: Axes, logarithmic: bool) -> None:
    """Make the x axis linear or logarithmic, with so few labels that they do not collide.

    A logarithmic one has powers of ten, and 2 and 5 between them where it is short.
    """
    if not logarithmic:
        panel.xaxis.set_major_locator(MaxNLocator(nbins=3))
        return
    panel.set_xscale("log")
    panel.xaxis.set_major_locator(LogLocator(numticks=4))
    panel.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    panel.xaxis.set_minor_formatter(lambda value, _: _between_powers(value, *panel.get_xlim()))


def _between_powers(value: float, low: float, high: float) -> str:
    return f"{value:g}" if high < 30 * low and f"{value:e}"[0] in "25" else ""


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
    paths = [stem.with_name(f"{stem.name}{suffix}") for suffix in SUFFIXES]
    with styled():
        for path in paths:
            metadata = {"CreationDate": None} if path.suffix == ".pdf" else {"Software": None}
            with written_whole(path) as beside:
                figure.savefig(beside, dpi=200, bbox_inches="tight", metadata=metadata)
    plt.close(figure)
    return paths
