"""What an edit leaves as it was and what it changes: checks that need no truth, by method."""

from __future__ import annotations

import pandas as pd

from sccbgm.metrics.registry import CHECKS, METRICS
from sccbgm.tables.comparisons import NothingToCompare
from sccbgm.tables.names import Names


def check_means(rows: pd.DataFrame, names: Names) -> pd.DataFrame:
    """A line a run and check: label, method, mode, metric, value (mean), n; why some have none.

    rows: tidy rows. Of methods, and of controls that see no target cell. Raises NothingToCompare
    where none has a value.
    """
    from sccbgm.tables.paired_table import competitors

    rows = competitors(rows[rows["metric"].isin(CHECKS)], names)
    if not rows["value"].notna().any():
        raise NothingToCompare(f"no value of {', '.join(CHECKS)}")
    without = rows["reason"].where(rows["value"].isna(), "")
    groups = rows.assign(why=without).groupby(
        ["label", "method", "mode", "metric"], observed=True, sort=False
    )
    table = groups.agg(
        value=("value", "mean"),
        n=("value", "count"),
        why=("why", lambda why: "; ".join(sorted({*why} - {""}))),
    ).reset_index()
    order = {id: i for i, id in enumerate(CHECKS)}
    return (
        table.assign(place=table["metric"].map(order))
        .sort_values(["label", "place"])
        .drop(columns="place")
    )


def check_lines(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The table as people read it, a line a run and a column a check; and why numbers lack."""
    shown = [id for id in CHECKS if id in set(table["metric"])]
    wide = table.pivot(index="label", columns="metric", values="value").sort_index()
    titles = {id: METRICS[id].title for id in shown}
    lines = wide[shown].rename(columns=titles).rename_axis("Method").reset_index()
    said = table[table["why"] != ""].groupby(["metric", "why"], sort=False)["label"]
    return lines, [
        f"{METRICS[str(id)].title}, {', '.join(map(str, labels))}: {why}"
        for (id, why), labels in said
    ]
