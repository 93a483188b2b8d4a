"""A filled table: one record a cell and preset, and the runs behind it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pandas as pd

from sccbgm.io.files import written_whole
from sccbgm.metrics.registry import METRICS, Metric
from sccbgm.tables.aggregate import Summary
from sccbgm.tables.catalogue import SUFFIXES
from sccbgm.tables.names import Names
from sccbgm.tables.published import Published
from sccbgm.tables.spec import Column, Row, RowKey, TableSpec

REDUCED_MARK = "REDUCED RUN"

_SPREADS = {
    "sd_runs": "standard deviation (ddof 1) over all runs of the cell",
    "sem_runs": "standard error over all runs of the cell",
    "sem_seeds": "standard error over seeds of the per-seed average",
}


@dataclass(frozen=True)
class Cell:
    """One cell of a table for one preset: this run's summary and the published value."""

    row: Row
    column: Column
    preset: str
    summary: Summary
    published: Published | None


@dataclass(frozen=True)
class Table:
    """A filled table.

    rows, columns, presets: what is shown, in order; the controls are the last rows. cells: by
    (row key, column id, preset). runs: the tidy rows behind the cells, with the columns
    `row` (label) and `column` (id) added. reduced: why the data are fewer than the paper's, ""
    if they are not. settings: hyperparameters that were set for the whole run. comparable: False
    where published values stand beside for orientation only.
    """

    spec: TableSpec
    names: Names
    rows: tuple[Row, ...]
    columns: tuple[Column, ...]
    presets: tuple[str, ...]
    cells: dict[tuple[RowKey, str, str], Cell]
    runs: pd.DataFrame = field(repr=False)
    reduced: str = ""
    settings: str = ""
    comparable: bool = True

    @property
    def metric(self) -> Metric:
        """The metric that the numbers are values of."""
        return METRICS[self.spec.metric]

    @property
    def title(self) -> str:
        """The title, with the mark of a reduced run."""
        title = self.spec.title.format(metric=self.metric.title)
        return f"{REDUCED_MARK}: {title}" if self.reduced else title

    @property
    def caption(self) -> str:
        """Says what is shown, what is better, the spread, presets, what is special to the run."""
        parts = [
            f"{self.spec.caption.format(metric=self.metric.title)} {better(self.metric)}.",
            f"This run: mean ± {_SPREADS[self.spec.spread]}, number of runs in parentheses.",
            "Cells: edited / target cells of a task, fewest to most.",
            f"Presets: {', '.join(self.presets)}.",
        ]
        if self.mean_column is not None:
            parts.append(
                f"{self.spec.mean_title}: plain mean of the other columns, its spread the standard "
                "error over seeds of the per-seed mean."
            )
        if self.spec.published and self.comparable:
            sign = "this run / paper" if self.spec.compare == "ratio" else "this run - paper"
            kinds = {c.published.kind for c in self.cells.values() if c.published} - {""}
            spread = f"printed spread ({', '.join(sorted(kinds))})"
            parts.append(
                f"Paper: mean ± {spread}, and {sign} for the line that it stands below, the one "
                "with the settings of the published line as far as it ran."
            )
        elif self.spec.published:
            parts.append("Paper: the published values of the full data, for orientation only.")
        if self.reduced:
            parts.append(f"Not comparable with published values: {self.reduced}")
        if self.settings:
            parts.append(self.settings)
        return " ".join(parts)

    @property
    def mean_column(self) -> Column | None:
        """The column of means, None in a table without one."""
        last = self.columns[-1]
        return last if self.spec.mean_title and last.title == self.spec.mean_title else None

    def cell(self, row: Row, column: Column, preset: str) -> Cell:
        """One cell."""
        return self.cells[row.key, column.id, preset]

    def lines(self, row: Row) -> tuple[str, ...]:
        """The presets that a row is shown for: those it ran with, the first if it never ran."""
        ran = set(self.runs.loc[self.runs["row"] == row.label, "preset"])
        return tuple(preset for preset in self.presets if preset in ran) or self.presets[:1]

    def spread(self, cell: Cell) -> float:
        """The spread that is shown: the table's, and over seeds in a column of means."""
        if self.spec.spread == "sem_seeds" or cell.column == self.mean_column:
            return cell.summary.sem_seeds
        if self.spec.spread == "sem_runs":
            return cell.summary.sem_runs
        return cell.summary.sd_runs

    def comparison(self, cell: Cell) -> float:
        """Our mean over the published one, or their difference; NaN where they do not compare."""
        if cell.published is None or not self.comparable:
            return math.nan
        if self.spec.compare == "difference":
            return cell.summary.mean - cell.published.mean
        return cell.summary.mean / cell.published.mean

    def long(self) -> pd.DataFrame:
        """One line a cell and preset, at full precision."""
        return pd.DataFrame([self._record(cell) for cell in self.cells.values()])

    def _record(self, cell: Cell) -> dict[str, object]:
        summary, published = cell.summary, cell.published
        return {
            "table": self.spec.id,
            "metric": self.spec.metric,
            "direction": self.metric.direction,
            "label": cell.row.label,
            "method": cell.row.method,
            "mode": cell.row.mode,
            "variant": cell.row.variant,
            "preset": cell.preset,
            "dataset": cell.column.dataset,
            "column": cell.column.title,
            "n": summary.n,
            "n_missing": summary.n_missing,
            "n_seeds": summary.n_seeds,
            "mean": summary.mean,
            "sd_runs": summary.sd_runs,
            "sem_seeds": summary.sem_seeds,
            "distance": summary.distance,
            "denominator": summary.denominator,
            "n_edited_min": summary.edited[0],
            "n_edited_max": summary.edited[1],
            "n_target_min": summary.target[0],
            "n_target_max": summary.target[1],
            "published_mean": published.mean if published else math.nan,
            "published_spread": published.spread if published else math.nan,
            "published_spread_kind": published.kind if published else "",
            self.spec.compare: self.comparison(cell),
            "shown_spread": self.spec.spread,
            "reasons": "; ".join(summary.reasons),
            "remarks": "; ".join(summary.remarks),
            "few_cells": "; ".join(summary.few),
            "published_note": published.note if published else "",
            "note": cell.row.note,
            "reduced": self.reduced,
            "settings": self.settings,
        }

    def wide(self) -> pd.DataFrame:
        """One line a row and preset; of each column mean, both spreads, n, published mean."""
        names = ["mean", "sd_runs", "sem_seeds", "n", "published_mean"]
        keys = ["label", "method", "mode", "variant", "preset"]
        lines: dict[tuple[object, ...], dict[str, object]] = {}
        for record in self.long().to_dict("records"):
            key = tuple(record[name] for name in keys)
            line = lines.setdefault(key, {name: record[name] for name in keys})
            line |= {f"{record['column']} {name}": record[name] for name in names}
        wide = pd.DataFrame(list(lines.values()))
        return wide.assign(direction=self.metric.direction, reduced=self.reduced)

    def write(self, stem: Path) -> list[Path]:
        """Write `stem` + each of `SUFFIXES`: long csv, wide csv, markdown, LaTeX, html.

        Files appear whole or not at all. Returns their paths.
        """
        from sccbgm.tables.html import html
        from sccbgm.tables.latex import latex
        from sccbgm.tables.markdown import markdown

        writers: dict[str, Callable[[], str]] = {
            ".csv": lambda: self.long().to_csv(index=False),
            ".wide.csv": lambda: self.wide().to_csv(index=False),
            ".md": lambda: markdown(self),
            ".tex": lambda: latex(self),
            ".html": lambda: html(self),
        }
        return [write_text(Path(f"{stem}{suffix}"), writers[suffix]()) for suffix in SUFFIXES]


def rows_behind(table: Table) -> Mapping[tuple[str, ...], str]:
    """(row label, column id, preset) -> the index labels of its tidy rows, as text."""
    groups = table.runs.groupby(["row", "column", "preset"], sort=False, observed=True).groups
    return {
        tuple(map(str, cast(tuple[str, str, str], key))): " ".join(map(str, index))
        for key, index in groups.items()
    }


def better(metric: Metric) -> str:
    """Which values of a metric are better, in words."""
    if metric.direction == "none":
        return f"Best at {metric.best:g}"
    return f"{metric.direction.capitalize()} is better"


def write_text(path: Path, text: str) -> Path:
    """Write a text file whole or not at all. Returns its path."""
    with written_whole(path) as beside:
        beside.write_text(text, encoding="utf-8")
    return path
