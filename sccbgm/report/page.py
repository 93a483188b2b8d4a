"""The report: one HTML file that holds everything it shows, and works offline.

First the verdicts in a sentence, the main figure and where the methods stand, then what the paper
printed against this run, figures and tables. A click on a number lists
its runs; a click on a run shows where it comes from.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment
from markupsafe import Markup

from sccbgm.protocol.rows import row_names
from sccbgm.report.sheet import ReportTable, Sheet


@dataclass(frozen=True)
class ReportFigure:
    """A figure of the page. png: its file. alt: what it shows, for those who do not see it."""

    id: str
    caption: str
    png: Path

    @property
    def alt(self) -> str:
        """The text in place of the picture."""
        return f"{self.id}: {self.caption}"


@dataclass(frozen=True)
class PaperSheets:
    """The verdicts: in a sentence, how they are reached, counted by table, and each of them."""

    headline: str
    rule: str
    summary: Sheet
    numbers: Sheet


@dataclass(frozen=True)
class Report:
    """The content of a page.

    made: a line on when and from what. reduced: lines on why the run is not the paper's.
    failures, warnings, leaks: a line each.
    runs: the tidy rows, whose index the tables' cells refer to; a column "shard" names the job of
    each. jobs: job -> what is known of it (log, seconds, memory, versions).
    figures: the first is the main one. standing: where the methods stand. facts: (name, value) of
    how it was run. config: the configuration as YAML.
    """

    title: str
    made: str
    config: str
    tables: Sequence[ReportTable]
    runs: pd.DataFrame
    figures: Sequence[ReportFigure] = ()
    reduced: Sequence[str] = ()
    failures: Sequence[str] = ()
    warnings: Sequence[str] = ()
    leaks: Sequence[str] = ()
    facts: Sequence[tuple[str, str]] = ()
    jobs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    verdicts: PaperSheets | None = None
    standing: ReportTable | None = None


def page(report: Report) -> str:
    """The report as HTML. Texts from data are escaped."""
    folder = files("sccbgm.report")
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string((folder / "page.html.j2").read_text(encoding="utf-8"))
    shown = {name: getattr(report, name) for name in Report.__dataclass_fields__}
    return template.render(
        shown
        | {
            "figures": [_embedded(figure) for figure in report.figures],
            "runs": _embedded_json(_compact(report)),
            "css": Markup((folder / "page.css").read_text(encoding="utf-8")),
            "js": Markup((folder / "page.js").read_text(encoding="utf-8")),
        }
    ).lstrip()


def _embedded(figure: ReportFigure) -> dict[str, str]:
    content = base64.b64encode(figure.png.read_bytes()).decode("ascii")
    return {"id": figure.id, "caption": figure.caption, "alt": figure.alt, "png": content}


def _compact(report: Report) -> dict[str, Any]:
    """The rows that any cell refers to, by index, and the jobs behind them."""
    wanted = {
        int(index)
        for sheet in _sheets(report)
        for line in sheet.lines
        for cell in line.cells
        for index in cell.runs.split()
    }
    shown = report.runs.loc[sorted(wanted)]
    if len(shown):
        shown = shown.assign(**{"sccbgm reproduce": row_names(shown)})
    content = json.loads(shown.to_json(orient="split", double_precision=10))
    rows = dict(zip(map(str, content["index"]), content["data"], strict=True))
    jobs = {job: report.jobs[job] for job in dict.fromkeys(shown["shard"]) if job in report.jobs}
    return {"columns": content["columns"], "rows": rows, "jobs": jobs}


def _sheets(report: Report) -> Iterator[Sheet]:
    yield from (table.sheet for table in (*report.tables, *filter(None, [report.standing])))
    if report.verdicts is not None:
        yield report.verdicts.numbers


def _embedded_json(content: Any) -> Markup:
    """JSON inside a script element: no text in it can end the element."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Markup(
        text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    )
