"""What failed inside an analysis reaches the status and the files to do again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from sccbgm.benchmark.analysed import failures, to_redo
from sccbgm.benchmark.status import run_status, verdict
from sccbgm.io.seals import sealed


def write(rows: pd.DataFrame, path: Path) -> None:
    with sealed(path) as beside:
        rows.to_parquet(beside)


def test_failed_rows_are_failures_and_empty_ones_are_not(tmp_path: Path) -> None:
    rows = pd.DataFrame(
        {
            "dataset": "d",
            "metric": "auroc",
            "fold": [1, 2, 0],
            "value": [0.5, np.nan, np.nan],
            "reason": ["", "ValueError: no luck", "3 cells of one type"],
            "failed": [False, True, False],
        }
    )
    path = tmp_path / "analyses" / "leakage" / "d.parquet"
    path.parent.mkdir(parents=True)
    write(rows, path)
    [failure] = failures(path)
    assert failure == {
        "file": str(path), "dataset": "d", "metric": "auroc", "fold": 2,
        "reason": "ValueError: no luck",
    }  # fmt: skip
    assert dict(to_redo(tmp_path)) == {
        path: "1 failed: ValueError: no luck",
        path.with_suffix(".h5ad"): "1 failed: ValueError: no luck",
    }
    columns = ["dataset", "task", "target", "method", "mode", "preset", "variant", "seed"]
    metrics = tmp_path / "metrics.parquet"
    write(pd.DataFrame(columns=[*columns, "metric", "value", "reason", "shard"]), metrics)
    status = run_status([metrics], [], {}, [path])
    assert status["failed"] == [failure]
    assert "1 results of 1 jobs failed" in verdict(status, "again")
    write(rows[rows["fold"] == 1], path)
    assert failures(path) == [] and dict(to_redo(tmp_path)) == {}
