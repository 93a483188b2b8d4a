"""Tables as the lines of the report: sortable values, and the runs behind every number."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from sccbgm.metrics.registry import METRICS
from sccbgm.tables.comparisons import labelled
from sccbgm.tables.grid import grid
from sccbgm.tables.layout import unit
from sccbgm.tables.names import Names
from sccbgm.tables.table import Table, rows_behind


@dataclass(frozen=True)
class SheetCell:
    """A cell: value is what it sorts by, None for text. runs: row numbers of the tidy rows."""

    text: str
    value: float | None = None
    best: bool = False
    mark: str = ""
    runs: str = ""


@dataclass(frozen=True)
class SheetLine:
    """A line. kind: how it looks, a kind of line of a table's grid or ""."""

    cells: tuple[SheetCell, ...]
    kind: str = ""


@dataclass(frozen=True)
class Sheet:
    """A table that can be sorted and filtered."""

    name: str
    header: tuple[str, ...]
    lines: tuple[SheetLine, ...]


@dataclass(frozen=True)
class ReportTable:
    """A table with its words, as the page shows it. notes: (mark, text)."""

    id: str
    title: str
    caption: str
    sheet: Sheet
    notes: tuple[tuple[str, str], ...]


def report_table(table: Table) -> ReportTable:
    """A filled table as a sheet. Cells of this run name the tidy rows that they are made of."""
    layout = grid(table)
    behind = rows_behind(table)
    lines, label = [], ""
    for line in layout.lines:
        label = line.label or label  # a line of its own once the lines are sorted
        cells = [SheetCell(label, mark=line.mark), SheetCell(line.source)]
        for column, text in zip(table.columns, line.cells, strict=True):
            ours = line.kind in ("method", "control")
            runs = behind.get((label, column.id, line.source), "") if ours else ""
            value = None if line.kind == "cells" else _leading(text.text)
            cells.append(SheetCell(text.text, value, text.best, text.mark, runs))
        lines.append(SheetLine(tuple(cells), line.kind))
    sheet = Sheet(table.title, layout.header, tuple(lines))
    return ReportTable(table.spec.id, table.title, table.caption, sheet, tuple(layout.notes))


def frame_sheet(name: str, frame: pd.DataFrame) -> Sheet:
    """A data frame as a sheet; missing values are "–"."""
    lines = [
        SheetLine(tuple(_frame_cell(value) for value in row))
        for row in frame.itertuples(index=False, name=None)
    ]
    return Sheet(name, tuple(map(str, frame.columns)), tuple(lines))


def standing_sheet(table: pd.DataFrame) -> Sheet:
    """`sccbgm.tables.standing.standing` as a sheet; its means name the rows behind them."""
    header = ("Dataset", "Metric", "Method", "Mean", "Score", "from", "to", "Floor", "Ceiling",
              "Than", "", "p (Holm)", "Than no edit", "Questions")  # fmt: skip
    lines = []
    for line in table.to_dict("records"):
        numbers = [line[name] for name in ("score", "low", "high", "floor", "ceiling")]
        mean = SheetCell(f"{line['value']:.4g}", line["value"], runs=line["rows"])
        than = line["reference"] if line["than"] else ""
        cells = [
            *(SheetCell(text) for text in (line["dataset"], METRICS[line["metric"]].title)),
            SheetCell(line["label"]),
            mean,
            *map(_frame_cell, numbers),
            *(SheetCell(text) for text in (than, line["than"])),
            _frame_cell(line["p_holm"]),
            SheetCell(line["than_floor"]),
            _frame_cell(line["questions"]),
        ]
        lines.append(SheetLine(tuple(cells), "control" if line["control"] else ""))
    return Sheet("Where the methods stand", header, tuple(lines))


def numbers_sheet(numbers: pd.DataFrame) -> Sheet:
    """`sccbgm.report.paper.verdicts` as a sheet; the numbers of this run name their rows."""
    sheet = frame_sheet("Every published number", numbers.drop(columns=["kind", "rows"]))
    place = sheet.header.index("this run")
    lines = []
    for line, runs in zip(sheet.lines, numbers["rows"], strict=True):
        before, own, after = line.cells[:place], line.cells[place], line.cells[place + 1 :]
        lines.append(replace(line, cells=(*before, replace(own, runs=runs), *after)))
    return replace(sheet, lines=tuple(lines))


def with_rows(sheet: Sheet, rows: pd.DataFrame, names: Names) -> Sheet:
    """A comparison, a line a method, whose numbers name the rows that they are made of.

    rows: tidy rows of its metric and dataset. In a column of a metric or a task those of it; of the
    other columns the first that holds numbers has all of the line.
    """
    rows = labelled(rows, names)
    label, title = rows["label"].astype(str), rows["metric"].map(lambda id: METRICS[id].title)
    behind: dict[Any, Iterable[Any]] = {}
    for part in (title, unit(rows)):
        behind |= rows.groupby([label, part]).groups
    known = {column for _, column in behind}
    numbers = [
        column
        for place, column in enumerate(sheet.header)
        if any(line.cells[place].value is not None for line in sheet.lines)
    ]
    for column in [column for column in numbers if column not in known][:1]:
        behind |= {(line, column): index for line, index in rows.groupby(label).groups.items()}
    lines = []
    for line in sheet.lines:
        cells = [
            replace(cell, runs=" ".join(map(str, behind.get((line.cells[0].text, column), ()))))
            if cell.value is not None
            else cell
            for column, cell in zip(sheet.header, line.cells, strict=True)
        ]
        lines.append(replace(line, cells=tuple(cells)))
    return replace(sheet, lines=tuple(lines))


def _frame_cell(value: object) -> SheetCell:
    if isinstance(value, float):
        if math.isnan(value):
            return SheetCell("–")
        return SheetCell(f"{value:.4g}", value)
    if isinstance(value, int):
        return SheetCell(f"{value:,}", float(value))
    return SheetCell(str(value))


def _leading(text: str) -> float | None:
    """The number that a cell's text starts with."""
    try:
        return float(text.split()[0].replace(",", ""))
    except (ValueError, IndexError):
        return None
