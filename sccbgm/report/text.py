"""Numbers that the paper states in its text and that a run's rows answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from sccbgm.report.numbers import Analyses, Key, Number
from sccbgm.tables.catalogue import CATALOGUE
from sccbgm.tables.paired import t_test
from sccbgm.tables.spec import slug
from sccbgm.tables.table import Table

OURS = ("sccbgm", "sccbgm_fm")
GRID = "cui_grid"
PAIR = (
    ("sccbgm_fm", "edit", "default", "recommended"),
    ("cvae_fm", "edit", "default", "recommended"),
)


@dataclass(frozen=True)
class Run:
    """What a run has: filled tables, rows of its analyses, tidy rows, numbers found so far."""

    tables: Sequence[Table]
    analyses: Analyses
    rows: pd.DataFrame
    found: Mapping[Key, Number]

    def table(self, id: str) -> Table | None:
        """A filled table of the paper, None if the run lacks it."""
        return next((t for t in self.tables if t.spec.id == id), None)


def number(name: str, run: Run) -> Number:
    """The number of that name, or the reason why the run has none.

    Raises KeyError for a name that there is not.
    """
    kind, _, rest = name.partition(".")
    return _KINDS[kind](rest, run)


def _auroc(group: str, run: Run) -> Number:
    return run.found.get(("table14", group, "mean"), Number(reason="table14 is not in this run"))


def _wins(ids: str, run: Run) -> Number:
    """Columns in which the best mean is scCBGM's or scCBGM-FM's; the fewest of several tables."""
    numbers = [_of_columns(id, run, _won) for id in ids.split(".")]
    return min(numbers, key=lambda n: n.mean) if all(not n.reason for n in numbers) else numbers[0]


def _improves(_: str, run: Run) -> Number:
    """Columns of Tables 1 and 2 in which scCBGM-FM is below Vanilla-FM, each in its better mode."""
    parts = [_of_columns(id, run, _below_vanilla) for id in ("table01", "table02")]
    if missing := [part for part in parts if part.reason]:
        return missing[0]
    said = "the paper does not say when one matches another; here: strictly lower, best mode each"
    obstacle = next((part.obstacle for part in parts if part.obstacle), said)
    return Number(sum(part.mean for part in parts), obstacle=obstacle)


def _of_columns(id: str, run: Run, holds: Callable[[Mapping[str, float], Table], bool]) -> Number:
    table = run.table(id)
    if table is None:
        return Number(reason=f"{id} is not in this run")
    count = 0
    for column in table.columns:
        means = _means(table, column.id)
        if not set(OURS) & set(means):
            return Number(reason=f"{id}: {column.title} has no number of scCBGM or scCBGM-FM")
        count += holds(means, table)
    obstacle = "" if table.comparable else table.reduced or table.settings or "another dataset"
    return Number(float(count), obstacle=obstacle)


def _means(table: Table, column: str) -> dict[str, float]:
    """Method -> its better mean in a column, over modes, in the lines that mirror the paper."""
    better = max if table.metric.direction == "higher" else min
    found: dict[str, list[float]] = {}
    for cell in table.cells.values():
        if cell.column.id == column and cell.published is not None and cell.summary.n:
            found.setdefault(cell.row.method, []).append(cell.summary.mean)
    return {method: better(values) for method, values in found.items()}


def _won(means: Mapping[str, float], table: Table) -> bool:
    choose = max if table.metric.direction == "higher" else min
    return choose(means, key=lambda method: means[method]) in OURS


def _below_vanilla(means: Mapping[str, float], table: Table) -> bool:
    return means.get("sccbgm_fm", float("inf")) < means.get("vanilla_fm", float("-inf"))


def _all_types(what: str, run: Run) -> Number:
    """Kang's cells before a type is left out, as Fig. 9 shows them."""
    rows = run.analyses.get(("tsne", "kang"))
    if rows is None:
        return Number(reason="figure09 is not in this run")
    sizes = rows.set_index("group")["value"]
    values = {
        "cells": float(sizes.sum()),
        "types": float(len(sizes)),
        "megakaryocytes": float(sizes.get("Megakaryocytes", 0.0)),
    }
    return Number(values[what], obstacle=" ".join(set(rows["reduced"]) - {""}))


def _pairs(_: str, run: Run) -> Number:
    """The largest p of the paired t-tests of Fig. 13, which the paper bounds."""
    rows = run.rows[run.rows["dataset"] == GRID]
    tests = [t_test(rows, metric, *PAIR) for metric in ("rmmd", "rfid", "rsd")]
    p = [test.p for test in tests if test is not None]
    if len(p) < len(tests):
        return Number(reason=f"no {GRID} with both methods and all three metrics in this run")
    return Number(max(p), n=min(test.n_questions for test in tests if test is not None),
                  at_most=True, obstacle=" ".join(set(rows["reduced"]) - {""}))  # fmt: skip


def _columns(which: str, run: Run) -> Number:
    id, _, dataset = which.partition(".")
    return Number(float(sum(c.dataset == dataset for c in CATALOGUE[id].columns)))


def _increase(_: str, run: Run) -> Number:
    """The largest increase of Table 12's error over that of 5 concepts, in percent."""
    table = run.table("table12")
    if table is None:
        return Number(reason="table12 is not in this run")
    values = [run.found[("table12", "sccbgm", "", c.id)] for c in table.columns]
    if missing := [value for value in values if value.reason]:
        return missing[0]
    first, *others = (value.mean for value in values)
    return Number(100 * (max(others) / first - 1), at_most=True, obstacle=values[0].obstacle)


def _stellate(metric: str, run: Run) -> pd.DataFrame:
    rows = run.analyses.get(("stellate", "nault_pathways"))
    return pd.DataFrame() if rows is None else rows[rows["metric"] == metric]


_NO_STELLATE = Number(reason="the case study of stellate cells is not in this run")


def _pathway(name: str, run: Run) -> Number:
    rows = _stellate("pathway_target", run)
    names = {"tgf_beta": "tgfb"}
    here = rows[[slug(g) == names.get(name, name) for g in rows["group"]]] if len(rows) else rows
    if here.empty:
        return _NO_STELLATE
    return Number(float(here["value"].iloc[0]), n=int(here["n_cells"].iloc[0]),
                  obstacle=str(here["reduced"].iloc[0]))  # fmt: skip


def _markers(what: str, run: Run) -> Number:
    rows = _stellate("marker_overlap", run)
    if rows.empty:
        return _NO_STELLATE
    line = rows.iloc[0]
    free = 100 * (1 - line["value"] / line["n_markers"])
    return Number(
        float(line["value"] if what == "overlap" else free), obstacle=str(line["reduced"])
    )


_KINDS: Mapping[str, Callable[[str, Run], Number]] = {
    "auroc": _auroc,
    "wins": _wins,
    "improves": _improves,
    "all_types": _all_types,
    "pairs": _pairs,
    "columns": _columns,
    "table12": _increase,
    "pathway": _pathway,
    "markers": _markers,
}
