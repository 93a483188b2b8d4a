"""From tidy rows to one table cell: count, mean, and the two spreads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

UNIT = ["dataset", "task", "target"]
"""What is averaged within a seed: one evaluation of one held-out population."""

REQUIRED = (
    *UNIT,
    *("group", "method", "mode", "preset", "variant", "seed", "metric", "value", "reason"),
    "reduced",
)


@dataclass(frozen=True)
class Summary:
    """The runs of one table cell.

    n: runs with a value. n_missing: runs without. n_seeds: seeds that enter `sem_seeds`.
    mean: plain mean over the runs. sd_runs: sample standard deviation over the runs (ddof 1), so
    it holds the variation between seeds and between the cell's tasks. sem_seeds: standard error
    s / sqrt(n_seeds) over seeds of the per-seed average over the tasks, from the seeds that have
    every task that any seed has. NaN where undefined.
    reasons: why runs are missing, most frequent first.
    """

    n: int
    n_missing: int
    n_seeds: int
    mean: float
    sd_runs: float
    sem_seeds: float
    reasons: tuple[str, ...] = ()

    @property
    def sem_runs(self) -> float:
        """Standard error over the runs as if they were independent, sd_runs / sqrt(n)."""
        return self.sd_runs / np.sqrt(self.n) if self.n else float("nan")


def check_columns(metrics: pd.DataFrame) -> None:
    """Raise ValueError naming the columns that tidy rows lack."""
    missing = [name for name in REQUIRED if name not in metrics.columns]
    if missing:
        raise ValueError(
            f"metrics: missing columns {', '.join(missing)}; found {', '.join(metrics.columns)}"
        )


def summarise(runs: pd.DataFrame) -> Summary:
    """Aggregate the runs of one cell: one method, mode, preset, variant and metric.

    Raises ValueError if a (dataset, task, target, seed) occurs twice, which would be counted twice.
    """
    twice = runs.duplicated([*UNIT, "seed"])
    if twice.any():
        names = runs.loc[twice, [*UNIT, "seed", "method", "mode"]].iloc[0].to_dict()
        raise ValueError(f"metrics: more than one row for {names}")
    values = runs["value"].dropna()
    n = len(values)
    n_seeds, sem = _over_seeds(runs)
    return Summary(
        n=n,
        n_missing=len(runs) - n,
        n_seeds=n_seeds,
        mean=float(values.mean()) if n else float("nan"),
        sd_runs=float(values.std(ddof=1)) if n > 1 else float("nan"),
        sem_seeds=sem,
        reasons=_reasons(runs.loc[runs["value"].isna(), "reason"].tolist()),
    )


def _over_seeds(runs: pd.DataFrame) -> tuple[int, float]:
    """Number of complete seeds, and the standard error over them."""
    if runs.empty:
        return 0, float("nan")
    table = runs.pivot(index="seed", columns=UNIT, values="value")
    per_seed = table.dropna(axis=1, how="all").dropna().mean(axis=1)
    n = len(per_seed)
    return n, float(per_seed.std(ddof=1) / np.sqrt(n)) if n > 1 else float("nan")


def _reasons(reasons: Sequence[str]) -> tuple[str, ...]:
    counts = Counter(reason or "no reason recorded" for reason in reasons)
    return tuple(f"{reason} ({count})" for reason, count in counts.most_common())
