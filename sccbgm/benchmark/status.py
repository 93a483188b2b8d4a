"""The status of a run as a whole: what ran, what failed and why, what to do."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sccbgm.benchmark.analysed import failures
from sccbgm.io.seals import verified


def run_status(
    metrics: Iterable[Path],
    predictions: Iterable[Path],
    unfinished: Mapping[str, str],
    analyses: Iterable[Path] = (),
) -> dict[str, Any]:
    """How many members ran, which failed and why, which files and numbers are missing.

    failed: a row a (file, task, mode, variant, seed) with its reason, and a row a value that an
    analysis could not compute (`analysed.failures`). unfinished: files that the
    run could not make, with the reason. missing: numbers without a value. remarks: numbers with
    a value and something to be said about it.
    """
    import pandas as pd

    failed: list[dict[str, Any]] = []
    n_members, seconds = 0, 0.0
    for path in predictions:
        of_members, fit = read_record(path)
        failed += [{"file": str(path), **failure} for failure in of_members]
        n_members += fit["n_members"]
        seconds += fit["seconds"]
    failed += [failure for rows in analyses for failure in failures(rows)]
    columns = ["dataset", "task", "target", "method", "mode", "preset", "variant", "seed", "metric"]
    # Several studies can show one number.
    table = pd.concat(pd.read_parquet(verified(path)) for path in metrics).drop_duplicates(
        [*columns, "shard"]
    )
    missing = table["value"].isna()
    said = table[[*columns, "reason"]]
    return {
        "members": n_members,
        "seconds": round(seconds, 1),
        "numbers": len(table),
        "failed": failed,
        "unfinished": [{"file": file, "reason": why} for file, why in unfinished.items()],
        "missing": said[missing].to_dict("records"),
        "remarks": said[~missing & (said["reason"] != "")].to_dict("records"),
    }


def read_record(predictions: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The failures in a file of predictions, and the cost of its fit.

    Raises OSError, naming the file, where it is damaged.
    """
    import h5py

    with h5py.File(verified(predictions)) as file:
        return tuple(json.loads(file["uns"][name].asstr()[()]) for name in ("failures", "fit"))


def verdict(status: Mapping[str, Any], again: str) -> str:
    """Empty if nothing failed, else what failed, a line a file and reason, and what to do.

    again: the command that redoes what failed.
    """
    faults: dict[tuple[str, str], int] = {}
    for failure in status["failed"]:
        key = failure["file"], failure["reason"]
        faults[key] = faults.get(key, 0) + 1
    if not faults:
        return ""
    lines = [f"{file}: {n} failed: {reason}" for (file, reason), n in faults.items()]
    return "\n".join(
        [
            f"{len(status['failed'])} results of {len({f for f, _ in faults})} jobs failed; "
            "their cells in the tables are empty.",
            *lines,
            advice(again),
        ]
    )


def advice(again: str) -> str:
    """A sentence on what to do after a failure."""
    return f"To redo what failed or is damaged, and all that depends on it: {again}"
