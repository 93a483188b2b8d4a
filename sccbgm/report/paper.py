"""Every published number next to this run's, with a verdict. None is left out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from sccbgm.report import text
from sccbgm.report.numbers import Analyses, Key, Number, of_analyses, of_table
from sccbgm.report.published import TEXT, Printed, published, text_sources
from sccbgm.report.verdict import (
    KINDS,
    LEVEL,
    Estimate,
    Verdict,
    judge,
    judge_bound,
    published_runs,
    rounding,
    standard_error,
)
from sccbgm.tables.aggregate import REQUIRED
from sccbgm.tables.analysed import same_setting
from sccbgm.tables.table import Table

RULE = (
    "A number agrees where it differs from the published one by no more than the rounding of the "
    "print plus the 95 % interval of the difference (Welch), in either direction. Where the paper "
    "prints no spread, its number counts as exact. Of numbers that are equal in truth, one in "
    "twenty differs by chance. A setting agrees where it is equal."
)
_SETTINGS = ("table06", "table07", "table08")
Facts = Mapping[str, tuple[float | tuple[float, ...], str]]
"""Name -> a number of the run's configuration and cells, and why it is not the paper's."""


def verdicts(
    tables: Sequence[Table],
    paper: Path,
    analyses: Analyses | None = None,
    facts: Facts | None = None,
    rows: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """A line a published number: what is printed, what this run has and of which rows, the verdict.

    tables: the filled tables of the run. paper: folder of the published csv files. analyses, rows:
    tidy rows of the run's analyses and of its benchmark, which some numbers of the text are
    computed from. facts: see `sccbgm.analyses.facts`.
    """
    found: dict[Key, Number] = dict(number for table in tables for number in of_table(table))
    found |= dict(of_analyses(analyses or {}))
    rows = pd.DataFrame(columns=list(REQUIRED)) if rows is None else rows
    run = text.Run(tables, analyses or {}, rows, found)
    facts, sources = facts or {}, text_sources(paper)
    lines = []
    for printed in published(paper):
        if printed.table == TEXT:
            number = _of_text(printed, sources[printed.key], facts, run)
        else:
            number = _of_table(printed, found, facts)
        lines.append(_line(printed, number))
    return pd.DataFrame(lines)


def summary(numbers: pd.DataFrame) -> pd.DataFrame:
    """Verdicts counted by published table, and how many would differ by chance alone."""
    counts = pd.crosstab(numbers["table"], numbers["kind"]).reindex(columns=KINDS, fill_value=0)
    counts.loc["all"] = counts.sum()
    compared = counts["agrees"] + counts["differs"]
    return counts.assign(**{"expected to differ": (LEVEL * compared).round(2)}).reset_index()


def headline(counts: pd.DataFrame) -> str:
    """The last line of a `summary` as a sentence."""
    every = counts.iloc[-1]
    plural = {"agrees": "agree", "differs": "differ"}
    said = ", ".join(
        f"{every[kind]:,} {kind if every[kind] == 1 else plural.get(kind, kind)}" for kind in KINDS
    )
    return f"Of {every[list(KINDS)].sum():,} numbers that the paper prints: {said}."


def _of_table(printed: Printed, found: Mapping[Key, Number], facts: Facts) -> Number:
    key = printed.key
    if printed.table in _SETTINGS:
        if len(key) > 4:
            return Number(reason="settings of an ablation, whose values are swept")
        key = ("settings", *key[1:])
    elif printed.table == "table03":
        return _fact(".".join(key[1:]), printed, facts)
    elif key[1:] == ("all", "total"):
        return _total(found)
    return found.get(key, Number(reason="this run has no such row"))


def _total(found: Mapping[Key, Number]) -> Number:
    """All tasks of Table 9's datasets."""
    parts = {key: number for key, number in found.items() if key[0] == "table09"}
    missing = {"kang", "cui", "nault"} - {key[1] for key in parts}
    if missing:
        return Number(reason=f"no tasks of {', '.join(sorted(missing))} in this run")
    obstacle = next((number.obstacle for number in parts.values() if number.obstacle), "")
    return Number(sum(number.mean for number in parts.values()), obstacle=obstacle)


def _of_text(printed: Printed, source: tuple[str, str], facts: Facts, run: text.Run) -> Number:
    kind, name = source
    if kind == "none":
        return Number(obstacle=name)
    return text.number(name, run) if kind == "rows" else _fact(name, printed, facts)


def _fact(name: str, printed: Printed, facts: Facts) -> Number:
    """The fact of that name; of several numbers, the one nearest to the printed one."""
    if name not in facts:
        return Number(reason=f"{name.partition('.')[0]} is not in this run")
    value, obstacle = facts[name]
    several = value if isinstance(value, tuple) else (value,)
    nearest = min(several, key=lambda one: abs(one - float(printed.text)))
    return Number(nearest, obstacle=obstacle)


def _line(printed: Printed, number: Number) -> dict[str, object]:
    verdict = _judged(printed, number)
    return {
        "table": printed.table,
        "dataset": printed.dataset,
        "metric": printed.quantity,
        "method": printed.method,
        "variant": printed.variant,
        "group": printed.group,
        "published": printed.text,
        "spread": printed.spread,
        "this run": number.text or number.mean,
        "its spread": number.spread,
        "runs": number.n or math.nan,
        "preset": number.preset,
        "difference": verdict.difference,
        "in standard errors": verdict.units,
        "kind": verdict.kind,
        "verdict": verdict.text,
        "rows": number.rows,
    }


def _judged(printed: Printed, number: Number) -> Verdict:
    if number.obstacle:
        return Verdict("not comparable", reason=number.obstacle)
    if math.isnan(number.mean) and not number.text:
        return Verdict("not run", reason=number.reason)
    if printed.setting:
        return Verdict("agrees" if same_setting(number.text, printed.text) else "differs")
    value = float(printed.text)
    if number.at_most:
        return judge_bound(number.mean, value)
    runs = published_runs(printed.note)
    spread = float(printed.spread) if printed.spread else math.nan
    return judge(
        Estimate(number.mean, number.error, number.n),
        Estimate(value, standard_error(spread, number.of_mean, runs), runs),
        rounding(printed.text),
    )
