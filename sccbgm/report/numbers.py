"""The number of this run that stands beside a published one, whatever it is made of."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from sccbgm.report.verdict import standard_error
from sccbgm.tables.spec import slug
from sccbgm.tables.table import Cell, Table, rows_behind

Key = tuple[str, ...]
"""Published table ("table01") and what names a line of it."""
Analyses = Mapping[tuple[str, str], pd.DataFrame]
"""Analysis and dataset -> its tidy rows."""


@dataclass(frozen=True)
class Number:
    """A number of this run.

    mean: NaN where there is none, for the `reason`. error: its standard error; n: the values behind
    it. spread, preset: as they are shown. obstacle: why it cannot be compared, "" if it can.
    of_mean: whether a printed spread is a standard error. at_most: the paper prints a bound. text:
    a setting that is not one number. rows: index labels of the tidy rows behind it, as text.
    """

    mean: float = math.nan
    error: float = 0.0
    n: int = 0
    spread: float = math.nan
    preset: str = ""
    obstacle: str = ""
    reason: str = ""
    of_mean: bool = True
    at_most: bool = False
    text: str = ""
    rows: str = ""


def of_table(table: Table) -> Iterator[tuple[Key, Number]]:
    """The cells of a table of the benchmark that the paper prints."""
    behind = rows_behind(table)
    for cell in table.cells.values():
        if cell.published is not None and table.spec.published:
            name = table.spec.published.removesuffix(".csv")
            yield (name, *cell.published.key), _of_cell(table, cell, behind)


def _of_cell(table: Table, cell: Cell, behind: Mapping[Key, str]) -> Number:
    ours = cell.summary
    if not ours.n:
        return Number(preset=cell.preset, reason="; ".join(ours.reasons))
    over_seeds = table.spec.spread == "sem_seeds" or cell.column == table.mean_column
    n, error = (ours.n_seeds if over_seeds else ours.n), table.spread(cell)
    if table.spec.spread == "sd_runs" and not over_seeds:
        error = standard_error(error, False, n)
    return Number(
        mean=ours.mean,
        error=0.0 if math.isnan(error) else error,
        n=n,
        spread=table.spread(cell),
        preset=cell.preset,
        obstacle="" if table.comparable else table.reduced or table.settings or "another dataset",
        # The printed spread follows the table's rule, whatever its caption calls it.
        of_mean=table.spec.spread != "sd_runs",
        rows=behind.get((cell.row.label, cell.column.id, cell.preset), ""),
    )


def of_analyses(analyses: Analyses) -> Iterator[tuple[Key, Number]]:
    """The rows of the analyses that the paper prints, under the slugs of its labels."""
    for (name, dataset), rows in analyses.items():
        for table, (analysis, of) in _BY_ANALYSIS.items():
            if analysis == name and len(rows):
                for key, number in of(rows, dataset):
                    yield (table, *key), number


Rows = Iterator[tuple[Key, Number]]


def _means(rows: pd.DataFrame, names: list[str], dataset: str, own: str = "kang") -> Rows:
    """Mean and standard error of the values that share some labels."""
    for key, part in rows.groupby(names, sort=False, observed=True):
        values = part["value"].dropna()
        sd = float(values.std()) if len(values) > 1 else math.nan
        yield (
            tuple(slug(str(name)) for name in key),
            Number(
                mean=float(values.mean()) if len(values) else math.nan,
                error=standard_error(sd, False, len(values)),
                n=len(values),
                spread=sd,
                preset="recommended",
                obstacle=_obstacle(part, dataset, own),
                reason="; ".join(dict.fromkeys(filter(None, part["reason"]))),
                of_mean=False,
            ),
        )


def _obstacle(rows: pd.DataFrame, dataset: str, own: str) -> str:
    reduced = " ".join(dict.fromkeys(filter(None, rows["reduced"].astype(str))))
    return reduced or ("" if dataset == own else f"another dataset, {dataset}")


def _counts(rows: pd.DataFrame, dataset: str) -> Rows:
    return _means(rows, ["group", "condition"], dataset)


def _misclassification(rows: pd.DataFrame, dataset: str) -> Rows:
    """Printed twice, above and below the diagonal; ours are pairs."""
    for (a, b), number in _means(rows, ["group", "group2"], dataset):
        yield (a, b), number
        yield (b, a), number


def _scores(rows: pd.DataFrame, dataset: str) -> Rows:
    scores = rows[rows["metric"] == "mean_classifier_score"]
    return _means(scores, ["group", "classifier", "stage"], dataset)


def _aurocs(rows: pd.DataFrame, dataset: str) -> Rows:
    found = rows[rows["metric"] == "auroc"]
    # A member that failed has one row, of fold 0, which is that of every fold.
    whole = found[found["fold"] == 0]
    folds = [found[found["fold"] > 0], *(whole.assign(fold=fold) for fold in range(1, 6))]
    each = pd.concat(folds).assign(fold=lambda t: t["fold"].astype(int).astype(str))
    yield from _means(each, ["group", "fold"], dataset)
    yield from _means(found.assign(fold="mean"), ["group", "fold"], dataset)


def _tasks(rows: pd.DataFrame, dataset: str) -> Rows:
    own = dataset if dataset in ("kang", "cui", "nault") else ""
    for (group,), part in rows.groupby(["group"], sort=False):
        obstacle = _obstacle(part, dataset, own)
        yield (dataset, slug(str(group))), Number(float(part["value"].sum()), obstacle=obstacle)


def _settings(rows: pd.DataFrame, dataset: str) -> Rows:
    """The paper's columns of a method's own variant, of the preset that mirrors it where it ran."""
    own = rows[rows["variant"] == "default"].sort_values("preset", ascending=False, kind="stable")
    for (method, name), part in own.groupby(["method", "metric"], sort=False):
        first = part.iloc[0]
        yield (
            (dataset, str(method), str(name)),
            Number(text=str(first["value"]) or "–", preset=first["preset"],
                   obstacle=_obstacle(part, dataset, dataset)),
        )  # fmt: skip


_Of = Callable[[pd.DataFrame, str], Rows]
_BY_ANALYSIS: Mapping[str, tuple[str, _Of]] = {
    "table05": ("counts", _counts),
    "table09": ("tasks", _tasks),
    "table10": ("misclassification", _misclassification),
    "table13": ("leakage", _scores),
    "table14": ("leakage", _aurocs),
    "settings": ("hyperparameters", _settings),
}
"""Published table -> the analysis behind it, and its numbers by the names of the table's lines."""
