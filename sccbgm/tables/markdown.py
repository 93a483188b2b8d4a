"""A table as markdown."""

from __future__ import annotations

from tabulate import tabulate

from sccbgm.tables.grid import Line, Text, grid
from sccbgm.tables.table import Table


def markdown(table: Table) -> str:
    """Title, caption, the table (published lines in italics), footnotes."""
    layout = grid(table)
    header = list(map(_escape, layout.header))
    body = tabulate(
        map(_line, layout.lines),
        header,
        tablefmt="pipe",
        colalign=("left", "left", *("right" for _ in header[2:])),
        disable_numparse=True,
    )
    lines = [f"## {table.title}", "", table.caption, "", body, ""]
    lines += [f"- <sup>{mark}</sup> {text}" for mark, text in layout.notes]
    return "\n".join(lines).rstrip() + "\n"


def _line(line: Line) -> list[str]:
    label, source = _escape(line.label), _escape(line.source)
    if line.kind == "control" and label:
        label = f"*{label}*"
    if line.label:
        label += _sup(line.mark)
    else:
        source += _sup(line.mark)
    return [label, source, *(_cell(cell, line) for cell in line.cells)]


def _cell(cell: Text, line: Line) -> str:
    text = _escape(cell.text)
    if cell.best:
        text = f"**{text}**"
    if line.kind == "paper" and text != "–":
        text = f"*{text}*"
    return text + _sup(cell.mark)


def _sup(mark: str) -> str:
    return f"<sup>{mark}</sup>" if mark else ""


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("*", "\\*").replace("_", "\\_")
