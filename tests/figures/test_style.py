"""Colours, markers and lines: told apart whatever methods a run has."""

from __future__ import annotations

import math
from itertools import combinations

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
    assert len(lines) == 9
    for one, two in combinations(lines, 2):
        assert (one["color"], one["linestyle"]) != (two["color"], two["linestyle"])


def test_modes_keep_their_marker() -> None:
    assert mode_markers(["decode", "edit"]) == {"edit": "o", "decode": "D"}
    assert mode_markers(["decode"]) == {"decode": "D"}
    assert len(set(mode_markers(["edit", "decode", "a", "b", "c"]).values())) == 5
