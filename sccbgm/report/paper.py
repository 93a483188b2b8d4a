"""Every published number next to this run's, with a verdict. None is left out."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pandas as pd

from sccbgm.report.verdict import (
    KINDS,
    LEVEL,
    Estimate,
    Verdict,
    judge,
    published_runs,
    rounding,
    standard_error,
)
from sccbgm.tables.table import Cell, Table

RULE = (
    "A number agrees where it differs from the published one by no more than the rounding of the "
    "print plus the 95 % interval of the difference (Welch), in either direction. Where the paper "
    "prints no spread, its number counts as exact. Of numbers that are equal in truth, one in "
    "twenty differs by chance."
)

Key = tuple[str, str, str, str]
"""Published table ("table01"), method, variant, group."""


def verdicts(tables: Iterable[Table], paper: Path) -> pd.DataFrame:
    """A line a published number: what is printed, what this run has, and the verdict.

    tables: the filled tables of the run. paper: folder of the published csv files.
    """
    found = dict(_comparable(tables))
    lines = [
        _line(name, line, found.get((name, line["method"], line["variant"], line["group"])))
        for name, line in _published(paper)
    ]
    return pd.DataFrame(lines)


def summary(numbers: pd.DataFrame) -> pd.DataFrame:
    """Verdicts counted by published table, and how many would differ by chance alone."""
    counts = pd.crosstab(numbers["table"], numbers["kind"]).reindex(columns=KINDS, fill_value=0)
    counts.loc["all"] = counts.sum()
    compared = counts["agrees"] + counts["differs"]
    return counts.assign(**{"expected to differ": (LEVEL * compared).round(2)}).reset_index()


def _comparable(tables: Iterable[Table]) -> Iterator[tuple[Key, tuple[Table, Cell]]]:
    for table in tables:
        for cell in table.cells.values():
            if cell.published is not None and table.spec.published:
                yield (
                    (table.spec.published.removesuffix(".csv"), *cell.published.key),
                    (table, cell),
                )


def _published(paper: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    for path in (*sorted(paper.glob("table*.csv")), paper / "text_numbers.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            for line in csv.DictReader(file):
                if line["mean"]:
                    yield path.stem, line


def _line(
    name: str, line: Mapping[str, str], found: tuple[Table, Cell] | None
) -> dict[str, object]:
    printed = {
        "table": name,
        "dataset": line["dataset"],
        "metric": line["metric"],
        "method": line["method_label"] or line["method"],
        "variant": line["variant"],
        "group": line["group_label"] or line["group"],
        "published": line["mean"],
        "spread": line["spread"],
    }
    if found is None:
        verdict = Verdict("not run", reason="this run has no such row")
        return printed | _said(verdict)
    table, cell = found
    ours = cell.summary
    here = {
        "this run": ours.mean,
        "its spread": table.spread(cell),
        "runs": ours.n,
        "preset": cell.preset,
    }
    return printed | here | _said(_judged(table, cell, line))


def _judged(table: Table, cell: Cell, line: Mapping[str, str]) -> Verdict:
    ours = cell.summary
    if not ours.n:
        return Verdict("not run", reason="; ".join(ours.reasons))
    if not table.comparable:
        reason = table.reduced or table.settings or "another dataset"
        return Verdict("not comparable", reason=reason)
    over_seeds = table.spec.spread == "sem_seeds" or cell.column == table.mean_column
    n_ours = ours.n_seeds if over_seeds else ours.n
    error = table.spread(cell)
    if table.spec.spread == "sd_runs" and not over_seeds:
        error = standard_error(error, False, n_ours)
    runs = published_runs(line["n_note"])
    # The printed spread follows the table's rule, whatever its caption calls it.
    is_sem = table.spec.spread != "sd_runs"
    spread = float(line["spread"]) if line["spread"] else math.nan
    return judge(
        Estimate(ours.mean, 0.0 if math.isnan(error) else error, n_ours),
        Estimate(float(line["mean"]), standard_error(spread, is_sem, runs), runs),
        rounding(line["mean"]),
    )


def _said(verdict: Verdict) -> dict[str, object]:
    return {
        "difference": verdict.difference,
        "in standard errors": verdict.units,
        "kind": verdict.kind,
        "verdict": verdict.text,
    }
