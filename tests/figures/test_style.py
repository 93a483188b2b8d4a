"""Colours, markers and lines: told apart whatever methods a run has."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from sccbgm.figures.style import DARK_GREY, GREY, colours, control_line, mode_markers
from sccbgm.methods.registry import METHODS
from sccbgm.protocol.method import Method
from sccbgm.tables.names import Names


def own(count: int) -> dict[str, type[Method]]:
    return {f"mine_{i}": type("Mine", (), {"colour": None, "control": False}) for i in range(count)}


def test_own_methods_have_colours_far_from_each_other_from_ours_and_from_the_grey_of_cells() -> (
    None
):
    names = Names(own(6))
    models = [method for method in METHODS if not names.is_control(method)]
    chosen = colours([*own(6), *models], names)
    assert chosen["sccbgm"] == names.colour("sccbgm")
    mine = {name: chosen[name] for name in own(6)}
    for name, colour in mine.items():
        others = [c for other, c in chosen.items() if other != name]
        nearest = min(math.dist(to_rgb(colour), to_rgb(c)) for c in (*others, GREY, DARK_GREY))
        assert nearest > 0.2, name
    assert colours(list(reversed([*own(6)])), names) == mine


def test_many_own_methods_still_differ() -> None:
    chosen = colours(own(24), Names(own(24)))
    assert len(set(chosen.values())) == 24


def test_the_lines_of_controls_differ() -> None:
    names = Names()
    lines = [control_line(method, names) for method in METHODS if names.is_control(method)]
    assert len(lines) >= 9
    for one, two in combinations(lines, 2):
        assert (one["color"], one["linestyle"]) != (two["color"], two["linestyle"])


def test_modes_keep_their_marker() -> None:
    assert mode_markers(["decode", "edit"]) == {"edit": "o", "decode": "D"}
    assert mode_markers(["decode"]) == {"decode": "D"}
    assert len(set(mode_markers(["edit", "decode", "a", "b", "c"]).values())) == 5


# Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB
SEEN = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.0520]]
    ),
    "deuteranopia": np.array(
        [[0.3673, 0.8606, -0.2280], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9689]]
    ),
    "tritanopia": np.array(
        [[1.2555, -0.0767, -0.1788], [-0.0784, 0.9308, 0.1476], [0.0047, 0.6914, 0.3039]]
    ),
}


def lab(colour: str, seen: np.ndarray) -> np.ndarray:
    """CIE L*a*b* (D65) of a colour as it is seen."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    to_xyz = [[0.4125, 0.3576, 0.1804], [0.2127, 0.7152, 0.0722], [0.0193, 0.1192, 0.9503]]
    xyz = np.array(to_xyz) @ np.clip(seen @ linear, 0, 1) / [0.9505, 1, 1.0888]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("kind", SEEN)
def test_methods_are_told_apart_by_colour_blind_readers(kind: str) -> None:
    names = Names()
    models = [method for method in METHODS if not names.is_control(method)]
    places = {m: lab(c, SEEN[kind]) for m, c in colours(models, names).items()}
    distances = {
        (a, b): float(np.linalg.norm(places[a] - places[b])) for a, b in combinations(places, 2)
    }
    nearest = min(distances, key=distances.__getitem__)
    assert distances[nearest] > 12, (nearest, "differ by less than five just noticeable steps")
