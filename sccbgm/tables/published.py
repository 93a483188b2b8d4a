"""The published numbers, read from the csv files that the repository keeps of the paper."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sccbgm.tables.spec import Column, Row


@dataclass(frozen=True)
class Published:
    """A published cell: mean and spread as numbers (NaN where nothing usable is printed).

    kind: what the paper says the spread is, "std", "sem", "unstated" or "". note: how the value
    was aggregated, and what is wrong with the printed text. printed: the architecture that is
    printed for the line, "" where the table prints none. key: method, variant and group of its line
    in the csv file.
    """

    mean: float
    spread: float
    kind: str
    note: str = ""
    printed: str = ""
    key: tuple[str, str, str] = ("", "", "")


class PublishedTable:
    """One published table, addressed by a row's published name and a column's id."""

    def __init__(self, path: Path) -> None:
        """Read the file. Raises ValueError where a cell is there twice under one name."""
        self._cells: dict[tuple[str, str, str], Published] = {}
        with path.open(encoding="utf-8", newline="") as file:
            for line in csv.DictReader(file):
                if not line["method"]:
                    continue
                key = (line["method"], line["variant"], line["group"])
                if key in self._cells:
                    raise ValueError(f"{path}: {'/'.join(key)} is printed twice")
                note = "; ".join(filter(None, (line["n_note"], line["ocr_note"])))
                self._cells[key] = Published(
                    *(_number(line["mean"]), _number(line["spread"]), line["spread_kind"], note),
                    _architecture(line),
                    key,
                )

    def get(self, row: Row, column: Column) -> Published | None:
        """The published cell of a row and column, None where the paper prints none."""
        if row.published is None:
            return None
        return self._cells.get((*row.published, column.id))


class Unpublished(PublishedTable):
    """A table that the paper does not have."""

    def __init__(self) -> None:
        self._cells = {}


def _architecture(line: Mapping[str, str]) -> str:
    """The marks of a line of an ablation as printed, which need not be what the line is."""
    words = {"✓": "yes", "✗": "no", "": "none"}
    marks = {name: line[name] for name in ("bottleneck", "skip", "loss") if name in line}
    return ", ".join(f"{name} {words.get(mark, mark)}" for name, mark in marks.items())


def _number(text: str) -> float:
    return float(text) if text else float("nan")
