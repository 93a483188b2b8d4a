"""A table as markdown."""

from __future__ import annotations

from collections.abc import Iterable

from sccbgm.tables.grid import PAPER, Grid, Line, Text, grid
from sccbgm.tables.table import Table


def markdown(table: Table) -> str:
    """Title, caption, the table (published lines in italics), footnotes."""
    layout = grid(table)
    lines = [f"## {table.title}", "", table.caption, "", *_rows(layout)]
    lines += ["", *(f"- <sup>{mark}</sup> {text}" for mark, text in layout.notes)]
    return "\n".join(lines).rstrip() + "\n"


def _rows(layout: Grid) -> list[str]:
    rule = ["---", "---", *("---:" for _ in layout.header[2:])]
    return [_join(map(_escape, layout.header)), _join(rule), *map(_line, layout.lines)]


def _line(line: Line) -> str:
    label = _escape(line.label) if line.first else ""
    if line.control:
        label = f"*{label}*" if label else ""
    return _join([label, line.source, *(_cell(cell, line) for cell in line.cells)])


def _cell(cell: Text, line: Line) -> str:
    text = _escape(cell.text)
    if cell.best:
        text = f"**{text}**"
    if line.source == PAPER and text != "–":
        text = f"*{text}*"
    return text + (f"<sup>{cell.mark}</sup>" if cell.mark else "")


def _join(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("*", "\\*").replace("_", "\\_")
