"""Tables that compare methods, out of tidy rows: ids are those of `sccbgm.config.comparisons`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from sccbgm.io.seals import verified
from sccbgm.metrics.registry import CHECKS, METRICS
from sccbgm.tables.aggregate import checked, sentences
from sccbgm.tables.layout import listing, unit
from sccbgm.tables.names import Names
from sccbgm.tables.plain import PlainTable
from sccbgm.tables.rescaled import rescaled
from sccbgm.tables.spec import Row
from sccbgm.tables.table import better

Beside = Mapping[str, pd.DataFrame]
RUN = ["method", "mode", "variant", "preset"]


class NothingToCompare(ValueError):
    """There is nothing to show; the message is why, which stands in the place of the numbers."""


def build_comparison(
    name: str,
    metric: str,
    rows: pd.DataFrame,
    beside: Mapping[str, pd.DataFrame],
    words: tuple[str, str],
    names: Names,
) -> PlainTable:
    """The table of that name. rows: tidy rows of its dataset. beside: "ceilings", the scores of
    real cells, "calibration", seeds as ensembles, and "selection", by which cells each dataset is
    prepared, of tables that need them. words: title and caption. Where there is nothing to
    compare, the table says why.
    """
    rows = checked(rows)
    try:
        here = with_values(rows, metric)
        return _BUILDERS[name](here, beside, words, names)
    except NothingToCompare as nothing:
        said = pd.DataFrame({"Nothing to compare": [str(nothing)]})
        return _plain(words, said, said, rows, ())


def read_ceilings(paths: Iterable[str | Path]) -> pd.DataFrame:
    """The scores of real cells in some files, one after the other; empty for no file."""
    parts = [pd.read_parquet(verified(path)) for path in paths]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def with_values(rows: pd.DataFrame, metric: str) -> pd.DataFrame:
    """The rows of a comparison's metric, all where it has none.

    Raises NothingToCompare where none has a value.
    """
    here = rows[rows["metric"] == metric] if metric else rows
    if not here["value"].notna().any():
        found = listing(rows.loc[rows["value"].notna(), "metric"])
        but = f", but of {found}" if rows["value"].notna().any() else ""
        raise NothingToCompare(f"no value of {metric or 'any metric'}{but}")
    return here


def labelled(rows: pd.DataFrame, names: Names) -> pd.DataFrame:
    """Rows with the printed name of their run, `label`, an ordered category in the tables' order.

    The second preset has its name behind it.
    """
    keys = rows[RUN[:3]].drop_duplicates().itertuples(index=False, name=None)
    known = {row.key: row.label for row in names.named([Row(*key) for key in keys])}
    presets = [p for p in ("recommended", "reference") if p in set(rows["preset"])]
    label = {
        (*key, preset): text if preset == presets[0] else f"{text}, {preset}"
        for key, text in known.items()
        for preset in presets
    }
    of_rows = [label[run] for run in rows[RUN].itertuples(index=False, name=None)]
    there = [text for text in label.values() if text in set(of_rows)]
    return rows.assign(label=pd.Categorical(of_rows, there, ordered=True))


def panel(rows: pd.DataFrame, ceilings: pd.DataFrame, names: Names) -> pd.DataFrame:
    """Adversaries and other controls by metric: label, adversary, metric, score, value, n, why.

    score: mean over tasks and seeds of `rescaled`; value: mean of the metric itself; n: rows that
    have a score; why: why others have none.
    """
    controls = [method for method in rows["method"].unique() if names.is_control(method)]
    asked = [id for id in rows["metric"].unique() if METRICS[id].asked]
    shown = rows[rows["method"].isin(controls) & ~rows["metric"].isin(asked)]
    scored = labelled(rescaled(shown, ceilings), names)
    groups = scored.groupby(["label", "method", "metric"], observed=True, sort=False)
    table = groups.agg(
        score=("score", "mean"),
        value=("value", "mean"),
        n=("score", "count"),
        why=("unscored", lambda why: "; ".join(sorted({*why} - {""}))),
    ).reset_index()
    table = table.assign(adversary=table["method"].map(names.is_adversary))
    return table.sort_values(["adversary", "label"], ascending=[False, True], kind="stable")


def _adversaries(
    rows: pd.DataFrame, beside: Beside, words: tuple[str, str], names: Names
) -> PlainTable:
    table = panel(rows, beside["ceilings"], names)
    metrics = [id for id in dict.fromkeys(rows["metric"]) if id in set(table["metric"])]
    wide = table.pivot(index=["adversary", "label"], columns="metric", values="score")
    wide = wide.sort_index(ascending=[False, True])[metrics].reset_index()
    kinds = wide.pop("adversary").map({True: "adversary", False: "control"})
    shown = wide.rename(columns={id: METRICS[id].title for id in metrics} | {"label": "Prediction"})
    shown.insert(1, "Kind", kinds)
    blind = [f"{METRICS[id].title} does not see: {METRICS[id].blind}" for id in metrics]
    why = [f"{METRICS[m].title}: {w}" for m, w in _reasons(table)]
    return _plain(words, shown, table, rows, (*blind, *why))


def _reasons(table: pd.DataFrame) -> list[tuple[str, str]]:
    said = table.loc[table["why"] != "", ["metric", "why"]].drop_duplicates()
    return list(said.itertuples(index=False, name=None))


def _rescaled(
    rows: pd.DataFrame, beside: Beside, words: tuple[str, str], names: Names
) -> PlainTable:
    table = labelled(rescaled(rows, beside["ceilings"]), names)
    table = table.assign(column=unit(table))
    metric = METRICS[table["metric"].iloc[0]]
    scores = table.pivot_table(
        index="label", columns="column", values="score", observed=True, sort=False, dropna=False
    )
    scores = scores[list(dict.fromkeys(table["column"]))].sort_index()
    if len(scores.columns) > 1:
        scores["Mean"] = scores.mean(axis=1, skipna=False)
    shown = pd.concat([scores.rename_axis("Method").reset_index(), _ends(table)])
    why = sorted({*table["unscored"]} - {""})
    caption = f"{words[1]} {better(metric)} before it is rescaled. The last lines are not rescaled."
    columns = ["label", *RUN, "dataset", "task", "target", "seed", "value", "score", "unscored"]
    ends = ["floor", "ceiling", "ceiling_low", "ceiling_high"]
    return _plain((words[0], caption), shown, table[[*columns, *ends]], rows, tuple(why))


def _paired(rows: pd.DataFrame, beside: Beside, words: tuple[str, str], names: Names) -> PlainTable:
    from sccbgm.tables.paired_table import effects, paired, shown_by_test

    found = paired(rows, rows["metric"].iloc[0], names)
    lines = found.lines
    effect, kind = effects(lines)
    shown = pd.DataFrame(
        {
            "Method": lines["label"],
            f"Than {found.reference}": shown_by_test(lines),
            **effect,
            "Won": lines["wins"].astype(str) + " / " + lines["questions"].astype(str),
            "p": lines["p"],
            "p (Holm)": lines["p_holm"],
            "Mean rank": lines["rank"],
        }
    )
    caption = f"{words[1]} Effect: {kind}, method to {found.reference}. {found.said}"
    table = _plain((words[0], caption), shown, lines, rows, ())
    return replace(table, digits=table.digits | {"p": 4, "p (Holm)": 4})


def _leak(rows: pd.DataFrame, beside: Beside, words: tuple[str, str], names: Names) -> PlainTable:
    from sccbgm.tables.leak import leak, leak_lines

    selection = dict(beside["selection"].itertuples(index=False, name=None))
    lines = leak(rows, rows["metric"].iloc[0], selection, names)
    shown, kind = leak_lines(lines)
    table = _plain((words[0], f"{words[1]} {kind}"), shown, lines, rows, ())
    return replace(table, digits=table.digits | {"p": 4, "p (Holm)": 4})


def _ends(table: pd.DataFrame) -> pd.DataFrame:
    """Lines of the floor, the ceiling and its interval, in the metric's own units."""
    ends = table.drop_duplicates("column").set_index("column")
    lines = {
        "Floor, not rescaled": ends["floor"],
        "Ceiling, not rescaled": ends["ceiling"],
        "... lowest of 95 %": ends["ceiling_low"],
        "... highest of 95 %": ends["ceiling_high"],
    }
    return pd.DataFrame(lines).T.rename_axis("Method").reset_index()


def _plain(
    words: tuple[str, str],
    shown: pd.DataFrame,
    data: pd.DataFrame,
    rows: pd.DataFrame,
    notes: tuple[str, ...],
) -> PlainTable:
    settings = sentences(rows["settings"])
    said = (*notes, settings) if settings else notes
    return PlainTable(
        title=words[0],
        caption=words[1],
        shown=shown.reset_index(drop=True),
        data=data,
        digits=dict.fromkeys(map(str, shown.columns), 2),
        notes=said,
        reduced=sentences(rows["reduced"]),
    )


def _checks(rows: pd.DataFrame, beside: Beside, words: tuple[str, str], names: Names) -> PlainTable:
    from sccbgm.tables.checks import check_lines, check_means

    table = check_means(rows, names)
    shown, why = check_lines(table)
    blind = [f"{METRICS[id].title} does not see: {METRICS[id].blind}" for id in CHECKS
             if id in set(table["metric"])]  # fmt: skip
    made = _plain(words, shown, table, rows, (*blind, *why))
    return replace(made, digits=dict.fromkeys(map(str, shown.columns), 3))


def _calibration(
    rows: pd.DataFrame, beside: Beside, words: tuple[str, str], names: Names
) -> PlainTable:
    from sccbgm.tables.calibrated import ensemble_lines, ensembles

    table = ensembles(beside["calibration"], names)
    shown, why = ensemble_lines(table)
    return _plain(words, shown, table, rows, tuple(why))


_BUILDERS: Mapping[str, Callable[[pd.DataFrame, Beside, tuple[str, str], Names], PlainTable]] = {
    "adversaries": _adversaries,
    "rescaled": _rescaled,
    "paired": _paired,
    "checks": _checks,
    "calibration": _calibration,
    "leak": _leak,
}
