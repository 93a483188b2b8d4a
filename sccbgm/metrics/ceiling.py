"""What a perfect prediction scores: one half of the real target against the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sccbgm.metrics.comparison import CellLabels, Reference
from sccbgm.metrics.ratio import Denominators, indexed
from sccbgm.metrics.registry import METRICS
from sccbgm.metrics.score import evaluate, with_diagnostics
from sccbgm.protocol.keys import generator
from sccbgm.protocol.task import Cells, Target, TaskData

if TYPE_CHECKING:
    import pandas as pd

N_HALVES = 20
MAX_CELLS = 1000
"""Cells of a half, at most."""
COLUMNS = [
    *("dataset", "task", "target", "metric", "repeat"),
    *("value", "reason", "n_predicted", "n_target"),
]


def ceilings(
    data: TaskData,
    denominators: pd.DataFrame | Denominators,
    metric_ids: Sequence[str],
    labels: CellLabels | None = None,
) -> pd.DataFrame:
    """The scores of real cells as predictions of a task's targets, a row a metric and repeat.

    The target is split at random into halves of at most `MAX_CELLS`, `N_HALVES` times; cells of
    one half, at most as many as are edited, stand for as many intervened cells and are scored
    against the other half. In a paired task a metric that compares each cell with its own truth
    scores the true counterfactual instead, once. Ratios are over the distances of the whole
    target, as those of methods are. Raises KeyError for an unknown metric.
    """
    import pandas as pd

    known = indexed(denominators)
    ids = [id for id in with_diagnostics(metric_ids) if not METRICS[id].asked]
    own = [id for id in ids if data.task.paired and METRICS[id].rowwise]
    of_halves = [id for id in ids if id not in own]
    rows: list[dict[str, Any]] = []
    for target in data.task.targets:
        at = {"dataset": data.task.dataset, "task": data.task.id, "target": target.id}
        asked = [(0, data, data.targets[target.id].x, own)]
        asked += [(i, half, x, of_halves) for i, (half, x) in enumerate(_halves(data, target))]
        for repeat, task, x, wanted in asked:
            n_target = len(task.targets[target.id])
            reference = Reference(task, target.id, labels)
            scored = evaluate(task, target.id, x, known, wanted, reference)
            rows += [
                at | {"repeat": repeat, "n_target": n_target} | row
                for row in scored
                if row["metric"] in wanted  # without the diagnostics that come with any
            ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _halves(data: TaskData, target: Target) -> Iterator[tuple[TaskData, np.ndarray]]:
    """Tasks whose target is a half of the real one, and cells of the other half."""
    cells = data.targets[target.id]
    rng = generator("ceiling", data.task.dataset, data.task.id, target.id)
    half = min(len(cells) // 2, MAX_CELLS)
    n = min(half, len(data.intervene))
    for _ in range(N_HALVES):
        rows = rng.permutation(len(cells))
        edited = rng.permutation(len(data.intervene))[:n]
        task = replace(
            data,
            task=replace(data.task, paired=False),
            intervene=_some(data.intervene, edited),
            targets={**data.targets, target.id: _some(cells, rows[half : 2 * half])},
        )
        yield task, cells.x[rows[:n]]


def _some(cells: Cells, rows: np.ndarray) -> Cells:
    return Cells(cells.x[rows], cells.concepts[rows], cells.rows[rows])
