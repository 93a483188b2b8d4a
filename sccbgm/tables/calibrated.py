"""Ensembles of seeds against the truth: coverage of intervals, spread against error."""

from __future__ import annotations

import pandas as pd

from sccbgm.tables.comparisons import RUN, NothingToCompare, labelled
from sccbgm.tables.names import Names


def ensembles(calibration: pd.DataFrame, names: Names) -> pd.DataFrame:
    """A line a run, quantity and level: label, method, mode, value (mean over tasks), n, n_seeds.

    calibration: rows of `sccbgm.benchmark.calibration`. Of methods that draw or learn: a control
    says the same with every seed. Raises NothingToCompare where none has a value, and why.
    """
    rows = calibration[~calibration["method"].map(names.is_control)]
    if not rows["value"].notna().any():
        said = "; ".join(sorted({*rows["reason"]})) or "no method was trained"
        raise NothingToCompare(f"no ensemble: {said}")
    rows = labelled(rows, names)
    groups = rows.groupby(
        ["label", *RUN, "quantity", "level"], observed=True, sort=False, dropna=False
    )
    return groups.agg(
        value=("value", "mean"),
        n=("value", "count"),
        n_seeds=("n_seeds", "max"),
        why=("reason", lambda why: "; ".join(sorted({*why} - {""}))),
    ).reset_index()


def ensemble_lines(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The table as people read it, a line a run; and why numbers lack."""
    heading = table["level"].map(lambda level: f"in {level:.0%}", na_action="ignore")
    table = table.assign(heading=heading.fillna("Spread and error"))
    wide = table.pivot(index="label", columns="heading", values="value")[
        list(dict.fromkeys(table["heading"]))
    ]
    lines = wide.sort_index().rename_axis("Method").reset_index()
    seeds = table.groupby("label", observed=True)["n_seeds"].max()
    lines.insert(1, "Seeds", lines["Method"].map(seeds).astype(int))
    said = table[table["why"] != ""].groupby("why", sort=False)["label"]
    return lines, [f"{', '.join(dict.fromkeys(map(str, some)))}: {why}" for why, some in said]
