"""What failed inside the analyses of a run: members, classifiers, folds, as their rows say it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sccbgm.io.seals import damage, verified

_NAMES = ("dataset", "method", "metric", "group", "group2", "classifier", "stage", "fold", "seed")
"""Columns that say which value is missing, as far as an analysis has them."""


def failures(rows: Path) -> list[dict[str, Any]]:
    """A line a row that a fault left without a value: the file, what it is of, the reason."""
    import pandas as pd

    table = pd.read_parquet(verified(rows))
    if "failed" not in table:
        return []
    lost = table[table["failed"]]
    names = [name for name in (*_NAMES, "reason") if name in lost]
    return [
        {"file": str(rows)} | {str(k): v for k, v in line.items() if pd.notna(v)}
        for line in lost[names].to_dict("records")
    ]


def to_redo(results: Path) -> Iterator[tuple[Path, str]]:
    """The whole files of analyses in which something failed, each with the reason."""
    for rows in sorted((results / "analyses").glob("*/*.parquet")):
        if not damage(rows) and (lost := failures(rows)):
            for path in (rows, rows.with_suffix(".h5ad")):
                yield path, f"{len(lost)} failed: {lost[0]['reason']}"
