"""A table as text: what stands in each cell, independent of the file format."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from sccbgm.tables.spec import Column, Row
from sccbgm.tables.table import Cell, Table

Kind = Literal["cells", "method", "control", "paper"]
ROUNDING = 1e-8


@dataclass(frozen=True)
class Text:
    """The text of a cell: best: the best mean of its column among the methods; mark: footnotes."""

    text: str
    best: bool = False
    mark: str = ""


@dataclass(frozen=True)
class Line:
    """A line of text cells. source: a preset, or what a published line stands beside.

    label: "" where the line continues a row. mark: footnotes of the label, or of the source of a
    published line.
    """

    label: str
    source: str
    cells: tuple[Text, ...]
    kind: Kind
    mark: str = ""


@dataclass
class Grid:
    """A whole table as text; notes: (mark, text), in order of their marks."""

    header: tuple[str, ...]
    lines: list[Line] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)

    def mark(self, *texts: str) -> str:
        """The marks of footnotes, new ones unless the same texts are there; "" for no text."""
        return ",".join(self._mark(text) for text in texts if text)

    def _mark(self, text: str) -> str:
        for mark, known in self.notes:
            if known == text:
                return mark
        self.notes.append((_letters(len(self.notes)), text))
        return self.notes[-1][0]


@dataclass(frozen=True)
class Best:
    """The best printed mean of a column, and how many methods share it."""

    value: float
    n: int


def grid(table: Table) -> Grid:
    """Lay out a table: the numbers of cells; row by row a line a preset, and the published line."""
    result = Grid(("Method", "Source", *(column.title for column in table.columns)))
    sizes = tuple(Text(n_cells(table, column)) for column in table.columns)
    result.lines.append(Line("Cells", "edited / target", sizes, "cells"))
    best = _best(table)
    for row in table.rows:
        label, mark = row.label, result.mark(row.note)
        for preset in table.lines(row):
            cells = [table.cell(row, column, preset) for column in table.columns]
            texts = tuple(_ours(table, cell, result, best) for cell in cells)
            kind: Kind = "control" if row.control else "method"
            result.lines.append(Line(label, preset, texts, kind, mark))
            label, mark = "", ""
            if any(cell.published for cell in cells):
                result.lines.append(_paper(table, row, preset, cells, result))
    return result


def n_cells(table: Table, column: Column) -> str:
    """How many cells are behind a number of a column: edited / target, fewest to most of a task."""
    here = [c.summary for c in table.cells.values() if c.column == column and c.summary.edited[1]]
    sides = [[s.edited for s in here], [s.target for s in here]]
    return " / ".join(map(_range, sides)) if here else "–"


def few(table: Table, column: Column) -> bool:
    """Whether a task of the column has few cells."""
    return any(c.summary.few for c in table.cells.values() if c.column == column)


def _range(ranges: list[tuple[int, int]]) -> str:
    least, most = min(low for low, _ in ranges), max(high for _, high in ranges)
    return f"{least:,}" if least == most else f"{least:,}–{most:,}"


def printed(value: float, digits: int) -> float:
    """The value as far as it is printed, 0 where it is 0 but for rounding."""
    return 0.0 if abs(value) < ROUNDING else float(number(value, digits))


def number(value: float, digits: int) -> str:
    """Fixed digits, but never fewer than two significant ones; "–" for a missing value.

    Values below `ROUNDING` have an exponent: what is 0 but for rounding should look so.
    """
    if math.isnan(value):
        return "–"
    if value != 0 and math.isfinite(value):
        digits = max(digits, 1 - math.floor(math.log10(abs(value))))
    return f"{value:.1e}" if 0 < abs(value) < ROUNDING else f"{value:.{digits}f}"


def _ours(table: Table, cell: Cell, result: Grid, best: dict[str, Best]) -> Text:
    summary, digits = cell.summary, table.spec.digits
    reasons, total = "; ".join(summary.reasons), summary.n + summary.n_missing
    if not summary.n:
        return Text("–", mark=result.mark(f"Missing: {reasons}."))
    spread = table.spread(cell)
    text = number(summary.mean, digits)
    if not math.isnan(spread):
        decimals = len(text.partition("e")[0].partition(".")[2])
        text += f" ± {spread:.{max(digits, decimals)}f}"
    text += f" ({summary.n})"
    here = best.get(cell.column.id)
    is_best = _competes(cell) and here is not None and here.value == printed(summary.mean, digits)
    tied = is_best and here is not None and here.n > 1
    mark = result.mark(
        f"{summary.n_missing} of {total} runs missing: {reasons}." if summary.n_missing else "",
        f"Remark (number of runs): {'; '.join(summary.remarks)}." if summary.remarks else "",
        f"Few cells: {'; '.join(summary.few)}." if summary.few else "",
        "Tied: the best mean of the column at the printed precision." if tied else "",
    )
    return Text(text, is_best and not tied, mark)


def _paper(table: Table, row: Row, preset: str, cells: list[Cell], result: Grid) -> Line:
    """The published line below the line of this run that has its settings."""
    texts = tuple(_published(table, cell) for cell in cells)
    printed = {cell.published.printed for cell in cells if cell.published} - {""}
    note = f"Printed for this line: {'; '.join(sorted(printed))}." if printed else ""
    ran = any(cell.summary.n for cell in cells)
    source = f"paper, beside {preset}" if ran else "paper"
    return Line("", source, texts, "paper", result.mark(note))


def _published(table: Table, cell: Cell) -> Text:
    published, digits = cell.published, table.spec.digits
    if published is None or math.isnan(published.mean):
        return Text("–")
    text = f"{published.mean:.{digits}f}"
    if not math.isnan(published.spread):
        text += f" ± {published.spread:.{digits}f}"
    comparison = table.comparison(cell)
    if math.isnan(comparison):
        return Text(text)
    sign = f"×{comparison:.2f}" if table.spec.compare == "ratio" else f"{comparison:+.{digits}f}"
    return Text(f"{text} [{sign}]")


def _competes(cell: Cell) -> bool:
    """Whether a mean can be the best of its column: a method's, from all of its runs."""
    return not cell.row.control and cell.summary.n > 0 and cell.summary.n_missing == 0


def _best(table: Table) -> dict[str, Best]:
    """The best printed mean of each column where several compete; none for want of a direction."""
    if table.metric.direction == "none":
        return {}
    choose = max if table.metric.direction == "higher" else min
    means: dict[str, list[float]] = {}
    for cell in filter(_competes, table.cells.values()):
        mean = printed(cell.summary.mean, table.spec.digits)
        means.setdefault(cell.column.id, []).append(mean)
    several = {column: values for column, values in means.items() if len(values) > 1}
    best = {column: choose(values) for column, values in several.items()}
    return {column: Best(value, several[column].count(value)) for column, value in best.items()}


def _letters(index: int) -> str:
    """a, b, ... z, aa, ab, ..."""
    text = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        text = chr(ord("a") + rest) + text
    return text
