"""A table as one self-contained html page."""

from __future__ import annotations

from html import escape

from sccbgm.tables.grid import Line, Text, grid
from sccbgm.tables.table import Table

STYLE = """
body { font: 14px/1.45 system-ui, sans-serif; color: #1b1f24; margin: 1.5rem; }
h1 { font-size: 1.15rem; margin: 0 0 .4rem; }
p.caption { max-width: 62rem; color: #444c56; margin: 0 0 1rem; }
p.reduced { display: inline-block; background: #fff4d6; border: 1px solid #d9a400;
  border-radius: 3px; padding: .2rem .6rem; margin: 0 0 .6rem; font-weight: 600; }
div.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; white-space: nowrap; }
thead th { border-top: 2px solid #1b1f24; border-bottom: 1px solid #1b1f24; text-align: right; }
th, td { padding: .18rem .7rem; text-align: right; font-weight: normal; }
thead th { font-weight: 600; }
thead th:nth-child(-n+2), tbody th, td.source { text-align: left; }
tr.first > * { padding-top: .45rem; }
tr.paper > *, tr.cells > *, td.source { color: #6a737d; }
tr.paper { font-style: italic; }
tr.control { background: #f3f5f7; }
tbody tr:last-child > * { border-bottom: 2px solid #1b1f24; }
td.best { font-weight: 700; }
ol { color: #444c56; font-size: .9em; list-style: none; padding: 0; }
""".strip()


def html(table: Table) -> str:
    """A page with title, caption, the table and its footnotes, styled for reading and printing."""
    layout = grid(table)
    notes = "".join(f"<li><sup>{m}</sup> {escape(text)}</li>" for m, text in layout.notes)
    header = "".join(f'<th scope="col">{escape(name)}</th>' for name in layout.header)
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            f"<title>{escape(table.title)}</title><style>{STYLE}</style></head><body>",
            f"<h1>{escape(table.title)}</h1>",
            f'<p class="caption">{escape(table.caption)}</p>',
            f'<div class="scroll"><table><thead><tr>{header}</tr></thead><tbody>',
            *map(_line, layout.lines),
            f"</tbody></table></div><ol>{notes}</ol></body></html>\n",
        ]
    )


def _line(line: Line) -> str:
    first = "first " if line.label else ""
    label, source = (line.mark, "") if line.label else ("", line.mark)
    cells = "".join(map(_cell, line.cells))
    return (
        f'<tr class="{first}{line.kind}"><th scope="row">{escape(line.label)}{_sup(label)}</th>'
        f'<td class="source">{escape(line.source)}{_sup(source)}</td>{cells}</tr>'
    )


def _cell(cell: Text) -> str:
    kind = ' class="best"' if cell.best else ""
    return f"<td{kind}>{escape(cell.text)}{_sup(cell.mark)}</td>"


def _sup(mark: str) -> str:
    return f"<sup>{mark}</sup>" if mark else ""
