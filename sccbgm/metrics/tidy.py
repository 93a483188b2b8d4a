"""From a file of predictions to the tidy table: one row a number."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from sccbgm.metrics.comparison import CellLabels, Reference, find_target
from sccbgm.metrics.measure import NAN
from sccbgm.metrics.ratio import Denominators, indexed
from sccbgm.metrics.score import NO_RATIO, evaluate, with_diagnostics
from sccbgm.protocol.predictions import predicted_cells
from sccbgm.protocol.task import TaskData

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

COLUMNS = [
    "dataset",
    "task",
    "group",
    "target",
    "method",
    "mode",
    "preset",
    "variant",
    "seed",
    "metric",
    "value",
    "reason",
    "distance",
    "denominator",
    "denominator_group",
    "n_train",
    "n_intervene",
    "n_predicted",
    "n_target",
    "n_denominator",
    "reduced",
]

_PLACE = "_target"
"""Column of a target's number among those of its task, for the order of the rows alone."""

CLOSEST_GROUP = "closest_group"
"""The control whose ratios are 1 by definition: its cells are another population by each metric."""


@dataclass(frozen=True)
class Origin:
    """Where predictions come from. reduced: why they are a reduced result, "" if they are not."""

    method: str
    preset: str
    reduced: str = ""


def evaluate_predictions(
    predictions: AnnData,
    tasks: Mapping[str, TaskData],
    denominators: pd.DataFrame | Denominators,
    metric_ids: Sequence[str],
    origin: Origin,
    labels: CellLabels | None = None,
    threads: int | None = None,
) -> pd.DataFrame:
    """Tidy rows of all predictions of a file: one a (task, target, mode, variant, seed, metric).

    predictions: the file of `sccbgm.protocol.predictions`, X (rows, n_dims), obs task, target,
    mode, seed, variant, row; uns["failures"] a JSON list of {task, target, mode, seed, variant,
    reason}, whose members get NaN with their reason for every metric ("" as target: every target
    of the task). labels: subtypes, for the metrics that need them. threads: limit of the linear
    algebra's threads, None for no limit.
    Rows are ordered by task and target as in `tasks`, then mode, variant, seed, and metric as
    asked for. Raises KeyError for predictions of unknown tasks or targets, ValueError where rows
    of a paired task are not the intervened cells.
    """
    import pandas as pd
    from threadpoolctl import threadpool_limits

    known = indexed(denominators)
    with threadpool_limits(limits=threads):
        rows = [
            *_scored(predictions, tasks, known, metric_ids, origin, labels),
            *_failed(predictions, tasks, metric_ids, origin),
        ]
    frame = pd.DataFrame(rows, columns=[*COLUMNS, _PLACE]).astype(
        dict.fromkeys(["value", "distance", "denominator"], "float64")
    )
    return _ordered(frame, tasks, metric_ids)


def _scored(
    predictions: AnnData,
    tasks: Mapping[str, TaskData],
    denominators: Denominators,
    metric_ids: Sequence[str],
    origin: Origin,
    labels: CellLabels | None,
) -> Iterator[dict[str, Any]]:
    for (task_id, target_id), of_target in _groups(predictions.obs, ["task", "target"]):
        data = _task(tasks, task_id)
        # One reference at a time: its cached terms are let go with the last of its predictions.
        reference = Reference(data, target_id, labels)
        for (mode, variant, seed), positions in _groups(of_target, ["mode", "variant", "seed"]):
            cells = predicted_cells(predictions, positions["position"].to_numpy())
            cells = _in_order(cells, positions["row"].to_numpy(), data)
            known = _known(data, reference.target.id, origin)
            known |= {"mode": mode, "variant": variant, "seed": int(seed)}
            closest = origin.method == CLOSEST_GROUP
            for row in evaluate(
                data, target_id, cells, denominators, metric_ids, reference, closest
            ):
                yield known | row


def _failed(
    predictions: AnnData,
    tasks: Mapping[str, TaskData],
    metric_ids: Sequence[str],
    origin: Origin,
) -> Iterator[dict[str, Any]]:
    # By task, so that the arrays of one are made once.
    for failure in sorted(json.loads(predictions.uns["failures"]), key=itemgetter("task")):
        data = _task(tasks, failure["task"])
        targets = [failure["target"]] if failure["target"] else [t.id for t in data.task.targets]
        for target_id in targets:
            known = _known(data, target_id, origin)
            known |= {name: failure[name] for name in ("mode", "variant", "seed", "reason")}
            for metric_id in with_diagnostics(metric_ids):
                yield known | {"metric": metric_id, "value": NAN, "n_predicted": 0, **NO_RATIO}


def _known(data: TaskData, target_id: str, origin: Origin) -> dict[str, Any]:
    """The columns that depend on where a number belongs, not on the prediction."""
    target = find_target(data, target_id)
    return {
        "dataset": data.task.dataset,
        "task": data.task.id,
        "group": target.group,
        "target": target.id,
        "method": origin.method,
        "preset": origin.preset,
        "reduced": origin.reduced,
        "n_train": len(data.train),
        "n_intervene": len(data.intervene),
        "n_target": len(data.targets[target_id]),
        _PLACE: data.task.targets.index(target),
    }


def _task(tasks: Mapping[str, TaskData], task_id: str) -> TaskData:
    if task_id not in tasks:
        raise KeyError(f"predictions of task {task_id!r}, but the tasks are {sorted(tasks)}")
    return tasks[task_id]


def _groups(obs: pd.DataFrame, columns: list[str]) -> Iterator[tuple[Any, pd.DataFrame]]:
    """Groups of rows, each keeping its number in the file as `position`."""
    if "position" not in obs:
        obs = obs.assign(position=np.arange(len(obs)))
    yield from obs.groupby(columns, observed=True, sort=True)


def _in_order(cells: np.ndarray, rows: np.ndarray, data: TaskData) -> np.ndarray:
    """Predicted cells in the order of the task's intervened cells.

    Distances between populations do not need it, so methods that predict other numbers of cells
    pass; paired tasks do.
    """
    expected = data.intervene.rows
    if np.array_equal(np.sort(rows), np.sort(expected)):
        order = np.empty(len(rows), dtype=np.intp)
        order[np.argsort(expected, kind="stable")] = np.argsort(rows, kind="stable")
        return cells[order]
    if data.task.paired:
        raise ValueError(
            f"predictions of the paired task {data.task.id} must hold every intervened cell once, "
            f"found {len(rows)} rows, expected the {len(expected)} row numbers of its cells"
        )
    return cells


def _ordered(
    frame: pd.DataFrame, tasks: Mapping[str, TaskData], metric_ids: Sequence[str]
) -> pd.DataFrame:
    order = {
        "_task": frame["task"].map({id: i for i, id in enumerate(tasks)}),
        "_metric": frame["metric"].map(
            {id: i for i, id in enumerate(with_diagnostics(metric_ids))}
        ),
    }
    by = ["_task", _PLACE, "mode", "variant", "seed", "_metric"]
    frame = frame.assign(**order).sort_values(by, kind="stable")
    return frame[COLUMNS].reset_index(drop=True)
