"""What a metric figure shows, as data: runs, means, published values, lines of the controls."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from sccbgm.tables.labels import CONTROLS
from sccbgm.tables.table import Table

LOG_FROM = 20.0
"""The axis is logarithmic where the largest value is more than this many times the smallest."""


def metric_points(table: Table, preset: str | None = None) -> pd.DataFrame:
    """One line a marker: column, label, method, mode, kind, value.

    kind: "run" (one number), "mean" (of the cell), "published", and "control" (the mean of a
    control's runs). preset: the table's first unless given. Missing values have no line.
    """
    preset = preset or table.presets[0]
    runs = table.runs[(table.runs["preset"] == preset) & table.runs["value"].notna()]
    runs = runs[~runs["method"].isin(list(CONTROLS))]
    lines: list[dict[str, Any]] = [
        {"column": r.column, "label": r.row, "method": r.method, "mode": r.mode, "value": r.value}
        | {"kind": "run"}
        for r in runs.itertuples(index=False)
    ]
    for cell in table.cells.values():
        here = {"column": cell.column.id, "label": cell.row.label}
        here |= {"method": cell.row.method, "mode": cell.row.mode}
        if cell.preset != preset:
            continue
        if cell.summary.n:
            kind = "control" if cell.row.method in CONTROLS else "mean"
            lines.append(here | {"kind": kind, "value": cell.summary.mean})
        if cell.published is not None and not math.isnan(cell.published.mean):
            lines.append(here | {"kind": "published", "value": cell.published.mean})
    names = ["column", "label", "method", "mode", "kind", "value"]
    return pd.DataFrame(lines, columns=names)


def axis(values: Sequence[float]) -> tuple[bool, float, float]:
    """Whether an axis for these values is logarithmic, and its limits.

    Zeros and negative values do not count towards a logarithmic axis: draw them at its edge.
    """
    finite = [value for value in values if math.isfinite(value)]
    positive = [value for value in finite if value > 0]
    if not positive:
        return False, min(finite, default=0.0), max(finite, default=1.0) or 1.0
    low, high = min(positive), max(positive)
    if high / low > LOG_FROM:
        return True, low / 1.5, high * 1.5
    return False, min(0.0, *finite), high * 1.06
