"""A table as text: what stands in each cell, independent of the file format."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from sccbgm.tables.labels import CONTROLS, HIGHER_IS_BETTER
from sccbgm.tables.spec import Row
from sccbgm.tables.table import Cell, Table

PAPER = "paper"


@dataclass(frozen=True)
class Text:
    """The text of a cell: best: the best mean of its column among the methods; mark: footnote."""

    text: str
    best: bool = False
    mark: str = ""


@dataclass(frozen=True)
class Line:
    """A line of text cells. source: a preset, or `PAPER`. first: whether it opens its row."""

    label: str
    source: str
    cells: tuple[Text, ...]
    first: bool
    control: bool


@dataclass
class Grid:
    """A whole table as text; notes: (mark, text), in order of their marks."""

    header: tuple[str, ...]
    lines: list[Line] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)

    def mark(self, text: str) -> str:
        """The mark of a footnote, a new one unless the same text is there already."""
        for mark, known in self.notes:
            if known == text:
                return mark
        mark = _letters(len(self.notes))
        self.notes.append((mark, text))
        return mark


def grid(table: Table) -> Grid:
    """Lay out a table: a line a preset, then the published line, row by row."""
    result = Grid(("Method", "Source", *(column.title for column in table.columns)))
    best = _best(table)
    for row in table.rows:
        for preset in table.lines(row):
            cells = [table.cell(row, column, preset) for column in table.columns]
            texts = tuple(_ours(table, cell, result, best) for cell in cells)
            first = preset == table.lines(row)[0]
            result.lines.append(Line(row.label, preset, texts, first, row.method in CONTROLS))
        paper = _paper(table, row)
        if paper is not None:
            result.lines.append(paper)
    return result


def number(value: float, digits: int) -> str:
    """Fixed digits, but never fewer than two significant ones; "–" for a missing value.

    Values below 1e-8 have an exponent: what is 0 but for rounding should look so.
    """
    if math.isnan(value):
        return "–"
    if value != 0 and math.isfinite(value):
        digits = max(digits, 1 - math.floor(math.log10(abs(value))))
    return f"{value:.1e}" if 0 < abs(value) < 1e-8 else f"{value:.{digits}f}"


def _ours(table: Table, cell: Cell, result: Grid, best: dict[str, float]) -> Text:
    summary, digits = cell.summary, table.spec.digits
    reasons = "; ".join(summary.reasons)
    if not summary.n:
        return Text("–", mark=result.mark(f"Missing: {reasons}."))
    spread = table.spread(cell)
    text = number(summary.mean, digits)
    if not math.isnan(spread):
        text += f" ± {spread:.{max(digits, len(text.partition('.')[2]))}f}"
    text += f" ({summary.n})"
    is_best = cell.row.method not in CONTROLS and best.get(cell.column.id) == summary.mean
    if not summary.n_missing:
        return Text(text, is_best)
    total = summary.n + summary.n_missing
    mark = result.mark(f"{summary.n_missing} of {total} runs missing: {reasons}.")
    return Text(text, is_best, mark)


def _paper(table: Table, row: Row) -> Line | None:
    """The published line, with the comparison of the row's first preset."""
    cells = [table.cell(row, column, table.lines(row)[0]) for column in table.columns]
    if all(cell.published is None for cell in cells):
        return None
    return Line(row.label, PAPER, tuple(_published(table, cell) for cell in cells), False, False)


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


def _best(table: Table) -> dict[str, float]:
    """The best mean of each column among the methods, controls apart, if there are several."""
    choose = max if table.spec.metric in HIGHER_IS_BETTER else min
    means: dict[str, list[float]] = {}
    for cell in table.cells.values():
        if cell.row.method not in CONTROLS and cell.summary.n:
            means.setdefault(cell.column.id, []).append(cell.summary.mean)
    return {column: choose(values) for column, values in means.items() if len(values) > 1}


def _letters(index: int) -> str:
    """a, b, ... z, aa, ab, ..."""
    text = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        text = chr(ord("a") + rest) + text
    return text
