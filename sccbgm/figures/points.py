"""The data of a metric figure: runs, means, published values, lines of the controls."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pandas as pd

from sccbgm.tables.table import Cell, Table

LOG_FROM = 20.0
"""The axis is logarithmic where the largest value is more than this many times the smallest."""

COLUMNS = ("column", "label", "method", "mode", "kind", "value", "note")


def line_label(table: Table, label: str, preset: str) -> str:
    """The printed name of a line of a figure: the row, and its preset where it is not the first."""
    return label if preset == table.presets[0] else f"{label}, {preset}"


def metric_points(table: Table) -> pd.DataFrame:
    """One line a marker: column, label, method, mode, kind, value, note.

    kind: "run" (one number), "mean" (of the cell), "missing" (a line that ran without a value,
    which has none here either), "published", and "control" (the mean of a control's runs with the
    table's first preset). note: what is to be said of a mean, "" for nothing.
    """
    controls = {row.label for row in table.rows if row.control}
    runs = table.runs[~table.runs["row"].isin(controls) & table.runs["value"].notna()]
    lines: list[dict[str, Any]] = [
        {"column": r.column, "label": line_label(table, str(r.row), str(r.preset))}
        | {"method": r.method, "mode": r.mode, "kind": "run", "value": r.value, "note": ""}
        for r in runs.itertuples(index=False)
    ]
    shown = [cell for cell in table.cells.values() if cell.preset in table.lines(cell.row)]
    for cell in shown:
        lines += _of_cell(table, cell)
    return pd.DataFrame(lines, columns=list(COLUMNS))


def _of_cell(table: Table, cell: Cell) -> Iterator[dict[str, Any]]:
    summary, row = cell.summary, cell.row
    here = {"column": cell.column.id, "label": line_label(table, row.label, cell.preset)}
    here |= {"method": row.method, "mode": row.mode, "note": ""}
    if row.control:
        drawn = table.names.colour(row.method) is not None
        if drawn and summary.n and cell.preset == table.presets[0]:
            yield here | {"kind": "control", "value": summary.mean}
        return
    if summary.n:
        yield here | {"kind": "mean", "value": summary.mean, "note": _note(cell)}
    elif summary.n_missing:
        yield here | {"kind": "missing", "value": math.nan}
    if cell.published is not None and not math.isnan(cell.published.mean):
        yield here | {"kind": "published", "value": cell.published.mean}


def _note(cell: Cell) -> str:
    summary = cell.summary
    parts = list(summary.remarks)
    if summary.n_missing:
        total = summary.n + summary.n_missing
        parts += [f"{summary.n_missing} of {total} runs missing: {'; '.join(summary.reasons)}"]
    return "; ".join(parts)


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


def each_once(texts: Iterable[str]) -> list[str]:
    """The texts that say something, each once, in their order."""
    return [text for text in dict.fromkeys(texts) if text]
