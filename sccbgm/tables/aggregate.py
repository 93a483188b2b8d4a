"""From tidy rows to one table cell: count, mean, the two spreads, and what is to be said of it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

import numpy as np
import pandas as pd

from sccbgm.metrics.registry import FEW_CELLS

UNIT = ["dataset", "task", "target"]
"""The unit that is averaged within a seed: one evaluation of one held-out population."""

NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?(?!\w)")
"""A number within a text, which is no part of a name."""

REQUIRED = (
    *UNIT,
    *("group", "method", "mode", "preset", "variant", "seed", "metric", "value", "reason"),
    *("n_intervene", "n_target", "reduced"),
)
_OPTIONAL: dict[str, float | str] = {
    "distance": np.nan,
    "denominator": np.nan,
    "settings": "",
}
"""Columns that tidy rows of some runs lack, and what stands for them."""


@dataclass(frozen=True)
class Summary:
    """The runs of one table cell.

    n: runs with a value. n_missing: runs without. n_seeds: seeds that enter `sem_seeds`.
    mean: plain mean over the runs. sd_runs: sample standard deviation over the runs (ddof 1), so
    it holds the variation between seeds and between the cell's tasks. sem_seeds: standard error
    s / sqrt(n_seeds) over seeds of the per-seed average over the tasks, from the seeds that have
    every task that any seed has. distance, denominator: of a ratio, the means over the runs of the
    distance to the target and of that which it is divided by, unclamped. NaN where undefined.
    reasons: why runs are missing; remarks: what is said of runs that have a value; most frequent
    first. edited, target: fewest and most cells of the cell's tasks, (0, 0) where none is known.
    few: tasks of fewer than `FEW_CELLS` edited or target cells, with their numbers.
    """

    n: int = 0
    n_missing: int = 0
    n_seeds: int = 0
    mean: float = float("nan")
    sd_runs: float = float("nan")
    sem_seeds: float = float("nan")
    distance: float = float("nan")
    denominator: float = float("nan")
    reasons: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    edited: tuple[int, int] = (0, 0)
    target: tuple[int, int] = (0, 0)
    few: tuple[str, ...] = ()

    @property
    def sem_runs(self) -> float:
        """Standard error over the runs as if they were independent, sd_runs / sqrt(n)."""
        return self.sd_runs / np.sqrt(self.n) if self.n else float("nan")


def checked(metrics: pd.DataFrame) -> pd.DataFrame:
    """Tidy rows with the optional columns added. Raises ValueError naming the columns they lack."""
    missing = [name for name in REQUIRED if name not in metrics.columns]
    if missing:
        raise ValueError(
            f"metrics: missing columns {', '.join(missing)}; found {', '.join(metrics.columns)}"
        )
    metrics = metrics.copy()
    for name, value in _OPTIONAL.items():
        if name not in metrics:
            metrics[name] = value
    return metrics


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
    there = runs["value"].notna()
    return Summary(
        n=n,
        n_missing=len(runs) - n,
        n_seeds=n_seeds,
        mean=float(values.mean()) if n else float("nan"),
        sd_runs=float(values.std(ddof=1)) if n > 1 else float("nan"),
        sem_seeds=sem,
        distance=float(runs["distance"].mean()),
        denominator=float(runs["denominator"].mean()),
        reasons=counted(reason or "no reason recorded" for reason in runs.loc[~there, "reason"]),
        remarks=counted(filter(None, runs.loc[there, "reason"])),
        edited=_range(runs["n_intervene"]),
        target=_range(runs["n_target"]),
        few=_few(runs),
    )


def _over_seeds(runs: pd.DataFrame) -> tuple[int, float]:
    """Number of complete seeds, and the standard error over them."""
    if runs.empty:
        return 0, float("nan")
    table = runs.pivot(index="seed", columns=UNIT, values="value")
    per_seed = table.dropna(axis=1, how="all").dropna().mean(axis=1)
    n = len(per_seed)
    return n, float(per_seed.std(ddof=1) / np.sqrt(n)) if n > 1 else float("nan")


def counted(texts: Iterable[str]) -> tuple[str, ...]:
    """The texts, most frequent first, each with its count; what differs by numbers alone is one.

    "49 cells" and "273 cells" become "49 to 273 cells (2)".
    """
    alike: dict[tuple[str, ...], list[list[str]]] = defaultdict(list)
    for text in texts:
        alike[tuple(NUMBER.split(text))].append(NUMBER.findall(text))
    lines = [
        (len(found), "".join(chain.from_iterable(zip_longest(words, ranges, fillvalue=""))))
        for words, found in alike.items()
        for ranges in [map(_from_to, zip(*found, strict=True))]
    ]
    return tuple(f"{text} ({count})" for count, text in sorted(lines, key=lambda line: -line[0]))


def _from_to(numbers: Sequence[str]) -> str:
    """The least and the largest as they are written, one where they are the same."""
    by_size = sorted(numbers, key=lambda number: float(number.replace(",", "")))
    return " to ".join(dict.fromkeys((by_size[0], by_size[-1])))


def _range(cells: pd.Series) -> tuple[int, int]:
    """Fewest and most cells of the tasks whose cells are known."""
    known = cells[cells > 0]
    return (int(known.min()), int(known.max())) if len(known) else (0, 0)


def _few(runs: pd.DataFrame) -> tuple[str, ...]:
    sizes = runs[["task", "n_intervene", "n_target"]].drop_duplicates()
    least = sizes[["n_intervene", "n_target"]].min(axis=1)
    few = sizes[(least > 0) & (least < FEW_CELLS)]
    return tuple(
        f"{task}: {edited} edited, {target} target cells"
        for task, edited, target in few.itertuples(index=False)
    )


def sentences(notes: pd.Series) -> str:
    """The notes in one text; methods of a run say much the same, so every sentence once."""
    joined = " ".join(sorted(set(notes.dropna()) - {""}))
    return " ".join(dict.fromkeys(re.split(r"(?<=\.) (?=[A-Z0-9])", joined)))
