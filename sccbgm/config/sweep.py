"""Grids as data: the `sweep` of a configuration, expanded into variants of its methods."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, PositiveInt

from sccbgm.config.base import Model
from sccbgm.protocol.keys import generator
from sccbgm.protocol.variants import CLEAN, DEFAULT, NOISES, Variant, parse

if TYPE_CHECKING:
    from sccbgm.config.method import MethodEntry

Overrides = Mapping[str, Any]
Kind = Annotated[str, Field(pattern=f"^({'|'.join(NOISES)})$")]


class NoiseSweep(Model):
    """Every kind of annotation noise at every level; clean annotations have no level."""

    kinds: Annotated[tuple[Kind, ...], Field(min_length=1)]
    """What is wrong with the annotations; `clean` is nothing."""
    levels: Annotated[tuple[PositiveInt, ...], Field(min_length=1)]
    """How many concepts the noise falls on."""


class Sweep(Model):
    """The cartesian product of settings and annotation noise."""

    params: dict[str, dict[str, Annotated[tuple[Any, ...], Field(min_length=1)]]] = {}
    """Method id -> hyperparameter -> values; each combination is a variant, on top of each of the
    method's `variants`."""
    noise: NoiseSweep | None = None
    """Wrong annotations for every method that is trained, on top of its variants."""


def expand_sweep(
    sweep: Sweep,
    variants: Mapping[str, Mapping[str, Overrides]],
    trained: Iterable[str],
    at_most: int | None = None,
) -> dict[str, dict[str, Overrides]]:
    """Variants of every method: its own, times its grid, times the noise.

    trained: the methods that the noise is for. Methods without a sweep keep their variants.
    at_most: take so many points of a grid, drawn by key, the same for equal grids.

    >>> sweep = Sweep(params={"sccbgm": {"beta": [0.1, 0.2]}})
    >>> expand_sweep(sweep, {}, ["sccbgm"])
    {'sccbgm': {'beta0p1': {'beta': 0.1}, 'beta0p2': {'beta': 0.2}}}
    """
    swept = [*sweep.params, *(trained if sweep.noise else ())]
    expanded = {method: dict(own) for method, own in variants.items()}
    for method in dict.fromkeys(swept):
        own = variants.get(method, {DEFAULT: {}})
        expanded[method] = {
            variant.name: overrides
            for settings, overrides in _settings(own, sweep.params.get(method, {}), at_most)
            for variant in _noisy(settings, sweep.noise)
        }
    return expanded


def grid_points(
    sweep: Sweep, variants: Mapping[str, Mapping[str, Overrides]], at_most: int | None = None
) -> dict[tuple[str, str], str]:
    """Which variants are points of a grid: (method, settings) -> the variant they are on top of."""
    return {
        (method, settings): name
        for method, grid in sweep.params.items()
        for name, own in variants.get(method, {DEFAULT: {}}).items()
        for settings, _ in _settings({name: own}, grid, at_most)
    }


def swept_values(
    sweep: Sweep,
    points: Iterable[tuple[str, str]],
    methods: Mapping[str, MethodEntry],
    dataset: str,
) -> dict[tuple[str, str], dict[str, Any]]:
    """(method, variant) -> the values that the hyperparameters of its grid have on a dataset."""
    return {
        (method, variant): {
            name: getattr(methods[method].params(dataset, "recommended", variant), name)
            for name in sweep.params[method]
        }
        for method, variant in points
    }


def n_listed(sweep: Sweep, name: str) -> int:
    """How many runs the paper counts for a variant: clean ones once for each level of noise."""
    if sweep.noise is None or parse(name).kind != CLEAN:
        return 1
    return len(sweep.noise.levels)


def _settings(
    own: Mapping[str, Overrides], grid: Mapping[str, tuple[Any, ...]], at_most: int | None
) -> Iterator[tuple[str, Overrides]]:
    points = list(product(*grid.values()))
    if at_most is not None and at_most < len(points):
        chosen = generator("sweep", *grid, at_most).permutation(len(points))[:at_most]
        points = [points[i] for i in sorted(chosen)]
    for name, overrides in own.items():
        for values in points:
            point = dict(zip(grid, values, strict=True))
            parts = [] if name == DEFAULT and point else [name]
            parts += [_slug(f"{key}{value}") for key, value in point.items()]
            yield "_".join(parts), {**overrides, **point}


def _noisy(settings: str, noise: NoiseSweep | None) -> Iterator[Variant]:
    if noise is None:
        yield Variant(settings)
        return
    for kind in noise.kinds:
        if kind == CLEAN:
            yield Variant(settings)
        else:
            yield from (Variant(settings, kind, level) for level in noise.levels)


def _slug(text: str) -> str:
    """Letters, digits and underscores: 1e-05 becomes 1em05, 0.5 becomes 0p5."""
    return text.replace("-", "m").replace(".", "p").replace("+", "")
