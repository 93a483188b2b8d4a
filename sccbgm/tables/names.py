"""Declarations of a table's methods: printed name, whether a control, colour, place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from sccbgm.methods import registry
from sccbgm.protocol.method import Method
from sccbgm.protocol.variants import DEFAULT
from sccbgm.tables.rows import BENCHMARK_ROWS
from sccbgm.tables.spec import Row

T = TypeVar("T")


class Names:
    """The declarations of the registered methods and of a run's own.

    own: method id -> the method, for methods that are not registered; others than these and the
    registered ones are called by their id.
    """

    def __init__(self, own: Mapping[str, Method] | None = None) -> None:
        self._known: dict[str, Method | None] = dict(own or {})

    def declared(self, method: str) -> Method | None:
        """The method of that id, None for one that is neither registered nor the run's own."""
        if method not in self._known:
            self._known[method] = registry.get(method) if method in registry.METHODS else None
        return self._known[method]

    def is_control(self, method: str) -> bool:
        """Whether the method is a yardstick, which stands last and competes with none."""
        declared = self.declared(method)
        return declared is not None and declared.control

    def is_adversary(self, method: str) -> bool:
        """Whether the method is wrong on purpose, to show which metrics it fools."""
        declared = self.declared(method)
        return declared is not None and declared.adversary

    def colour(self, method: str) -> str | None:
        """The colour that the method declares, None where it declares none."""
        declared = self.declared(method)
        return declared.colour if declared else None

    def label(self, method: str, mode: str = "edit", variant: str = DEFAULT) -> str:
        """The printed name of a way to predict, its variant in brackets."""
        declared = self.declared(method)
        if declared is not None:
            name = declared.mode_title(mode)
        else:
            name = method if mode == "edit" else f"{method} ({mode})"
        return name if variant == DEFAULT else f"{name} [{variant}]"

    def named(self, rows: Iterable[Row], first: Iterable[Row] = ()) -> tuple[Row, ...]:
        """The rows in the order they are shown, each with its label and whether it is a control.

        Methods and modes in the order of `first`, of the paper's Table 1, of the registry, by id;
        controls last. Rows of the same printed name have the method's id behind it.
        """
        first = list(first)
        named = [
            replace(
                row,
                label=row.label or self.label(*row.key),
                control=self.is_control(row.method),
            )
            for row in sorted(rows, key=lambda row: self._place(row, first))
        ]
        seen = Counter(row.label for row in named)
        return tuple(
            replace(row, label=f"{row.label}, {row.method}") if seen[row.label] > 1 else row
            for row in named
        )

    def _place(self, row: Row, first: Sequence[Row]) -> tuple[Any, ...]:
        declared = self.declared(row.method)
        order = [(known.method, known.mode) for known in (*first, *BENCHMARK_ROWS)]
        return (
            self.is_control(row.method),
            _index(order, (row.method, row.mode)),
            _index(list(registry.METHODS), row.method),
            row.method,
            _index(declared.modes if declared else (), row.mode),
            _index([known.key for known in first], row.key),
            row.variant != DEFAULT,
            row.variant,
        )


def _index(order: Sequence[T], value: T) -> int:
    """The place of a value in an order, behind all others where it is not in it."""
    return order.index(value) if value in order else len(order)
