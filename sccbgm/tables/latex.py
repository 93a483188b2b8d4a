"""A table as LaTeX, for the packages booktabs, threeparttable and adjustbox."""

from __future__ import annotations

from collections.abc import Iterable

from sccbgm.tables.grid import Grid, Line, Text, grid
from sccbgm.tables.table import Table

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "±": r"$\pm$",
    "×": r"$\times$",
    "–": "--",
    "γ": r"$\gamma$",
    "δ": r"$\delta$",
    "µ": r"$\mu$",
    "μ": r"$\mu$",
}


def escape(text: str) -> str:
    """Text with LaTeX's special characters, and the signs that tables use, made printable."""
    return "".join(_SPECIAL.get(character, character) for character in text)


def latex(table: Table) -> str:
    """A `table*` float with caption, label and footnotes, never wider than the text."""
    layout = grid(table)
    label = table.spec.id.replace("_", "-")
    lines = [
        f"% {escape(table.title)}",
        r"\begin{table*}",
        r"\centering\small",
        r"\begin{threeparttable}",
        rf"\caption{{\textbf{{{escape(table.title)}.}} {escape(table.caption)}}}",
        rf"\label{{tab:{label}}}",
        r"\begin{adjustbox}{max width=\linewidth}",
        rf"\begin{{tabular}}{{ll{'r' * (len(layout.header) - 2)}}}",
        r"\toprule",
        _join(map(escape, layout.header)),
        *_body(layout),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{adjustbox}",
        *_notes(layout),
        r"\end{threeparttable}",
        r"\end{table*}",
    ]
    return "\n".join(lines) + "\n"


def _body(layout: Grid) -> list[str]:
    lines = []
    part = ""
    for line in layout.lines:
        here = "method" if line.kind == "paper" else line.kind
        if here != part:
            lines.append(r"\midrule")
        elif line.label:
            lines.append(r"\addlinespace[2pt]")
        part = here
        lines.append(_line(line))
    return lines


def _line(line: Line) -> str:
    label, source = escape(line.label), escape(line.source)
    if line.label:
        label += _note(line.mark)
    else:
        source += _note(line.mark)
    return _join([label, source, *(_cell(cell, line) for cell in line.cells)])


def _cell(cell: Text, line: Line) -> str:
    text = escape(cell.text)
    if cell.best:
        text = rf"\textbf{{{text}}}"
    if line.kind == "paper":
        text = rf"\textit{{{text}}}"
    return text + _note(cell.mark)


def _note(mark: str) -> str:
    return rf"\tnote{{{mark}}}" if mark else ""


def _join(cells: Iterable[str]) -> str:
    return " & ".join(cells) + r" \\"


def _notes(layout: Grid) -> list[str]:
    if not layout.notes:
        return []
    items = [rf"\item[{mark}] {escape(text)}" for mark, text in layout.notes]
    return [r"\begin{tablenotes}\footnotesize", *items, r"\end{tablenotes}"]
