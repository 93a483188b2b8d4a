"""Tables that are no grid of methods: a frame with a title, as csv, markdown and html."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from sccbgm.tables.html import STYLE
from sccbgm.tables.table import REDUCED_MARK, write_text

SUFFIXES: tuple[str, ...] = (".csv", ".md", ".html")
"""Endings of the files that `PlainTable.write(stem)` writes, each put behind `stem`."""
NOTHING = "–"


@dataclass(frozen=True)
class PlainTable:
    """A table as it is shown.

    shown: what people read, its columns the headings. data: the csv, at full precision, a line a
    number. digits: heading -> decimals of its numbers, 3 for others. notes: below the table.
    reduced: why the numbers are no results at the paper's scale, "" if they are.
    """

    title: str
    caption: str
    shown: pd.DataFrame
    data: pd.DataFrame
    digits: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    reduced: str = ""

    @property
    def heading(self) -> str:
        """The title, marked where the run is reduced."""
        return f"{REDUCED_MARK}: {self.title}" if self.reduced else self.title

    @property
    def text(self) -> pd.DataFrame:
        """The shown values, as text."""
        digits = {name: self.digits.get(str(name), 3) for name in self.shown}
        return pd.DataFrame(
            {name: [_text(v, digits[name]) for v in self.shown[name]] for name in self.shown}
        )

    @property
    def remarks(self) -> list[str]:
        """The notes, and what is reduced."""
        return [*self.notes, *([self.reduced] if self.reduced else [])]

    def write(self, stem: Path) -> list[Path]:
        """Write `stem` + each of `SUFFIXES`, each whole or not at all. Returns their paths."""
        content = {".csv": self.data.to_csv(index=False), ".md": self._md(), ".html": self._html()}
        return [write_text(Path(f"{stem}{suffix}"), content[suffix]) for suffix in SUFFIXES]

    def _md(self) -> str:
        safe = self.text.map(_escape_md).rename(columns=_escape_md)
        numeric = ["left" if not _is_number(self.shown[name]) else "right" for name in self.shown]
        table = safe.to_markdown(index=False, disable_numparse=True, colalign=numeric)
        notes = "".join(f"\n- {_escape_md(note)}" for note in self.remarks)
        return f"## {self.heading}\n\n{self.caption}\n\n{table}\n{notes}\n"

    def _html(self) -> str:
        table = self.text.to_html(index=False, border=0, escape=True, justify="unset")
        reduced = f'<p class="reduced">{escape(self.reduced)}</p>' if self.reduced else ""
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.notes)
        return "\n".join(
            [
                '<!doctype html><html lang="en"><head><meta charset="utf-8">',
                f"<title>{escape(self.heading)}</title><style>{STYLE}</style></head><body>",
                f"<h1>{escape(self.heading)}</h1>{reduced}",
                f'<p class="caption">{escape(self.caption)}</p>',
                f'<div class="scroll">{table}</div><ol>{notes}</ol></body></html>\n',
            ]
        )


def _is_number(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values)


def _text(value: Any, digits: int) -> str:
    if isinstance(value, float):
        return NOTHING if math.isnan(value) else f"{value:.{digits}f}"
    return NOTHING if value is None or value == "" else str(value)


def _escape_md(text: str) -> str:
    return str(text).replace("\\", "\\\\").replace("|", "\\|").replace("_", "\\_")
