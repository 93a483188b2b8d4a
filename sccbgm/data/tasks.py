"""Tasks of a dataset: derived from its cells, kept as JSON, applied as row numbers."""

from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sccbgm.config.dataset import DatasetConfig
from sccbgm.config.sections import HeldOutTasks, InterventionTasks
from sccbgm.data.concepts import get_concepts, made_of
from sccbgm.data.contract import ContractError, origin
from sccbgm.data.edits import derive_edits
from sccbgm.data.labels import held_out_in
from sccbgm.io.seals import sealed, verified
from sccbgm.protocol.task import COUNTERFACTUAL, Target, Task

if TYPE_CHECKING:
    from anndata import AnnData

logger = logging.getLogger(__name__)

FEW_CELLS = 20
"""Below this number of intervened or target cells a task says so."""


@dataclass(frozen=True)
class Split:
    """Row numbers of a task's cells; `targets` by target id.

    In a paired task, row i of the target is the counterfactual of row i of `intervene`.
    """

    train: np.ndarray
    intervene: np.ndarray
    targets: dict[str, np.ndarray]


def derive_tasks(
    adata: AnnData, config: DatasetConfig, task_ids: Sequence[str] | None = None
) -> list[Task]:
    """Tasks of a preprocessed dataset with the edits found in the data.

    All in the order of the dataset file, or those of some ids, in that order.

    Raises ContractError, with a message a fault, where a task has a side without cells or its
    edits cannot be told from its cells.
    """
    settings = config.tasks
    tasks = (
        _held_out(config, settings, adata.obs)
        if isinstance(settings, HeldOutTasks)
        else _interventions(config, settings)
    )
    by_id = {task.id: task for task in tasks}
    derived, faults = [], []
    for task in map(by_id.__getitem__, by_id if task_ids is None else task_ids):
        try:
            derived.append(_with_edits(adata, task, config))
        except ValueError as error:
            faults.append(f"{task.id}: {error}")
    if faults:
        raise ContractError(origin(config), faults)
    return derived


def split(obs: pd.DataFrame, task: Task) -> Split:
    """Row numbers of the cells of each role.

    Raises ValueError where a role has no cell, or the sides of a paired task do not match.
    """
    if task.column not in obs:
        raise ValueError(f"{task.id}: obs has no column {task.column!r}")
    labels = obs[task.column].astype(str)
    intervene = np.flatnonzero(labels == task.intervene)
    away = {*task.hold_out, *task.drop, *(() if task.intervene_in_train else (task.intervene,))}
    train = np.flatnonzero(~labels.isin(away))
    targets = {t.id: np.flatnonzero(labels.isin(t.labels)) for t in task.targets}
    for role, rows in {"train": train, "intervene": intervene, **targets}.items():
        if not len(rows):
            raise ValueError(f"{task.id}: no cells for {role!r} in obs[{task.column!r}]")
    if task.paired:
        targets = {k: _aligned(obs, intervene, rows, task) for k, rows in targets.items()}
    return Split(train, intervene, targets)


def write_tasks(path: str | Path, tasks: Sequence[Task]) -> None:
    """Write tasks as JSON, without the groups of their targets, which are only printed."""
    items = [dataclasses.asdict(task) for task in tasks]
    for target in (target for item in items for target in item["targets"]):
        del target["group"]
    text = json.dumps({"tasks": items, "checksum": ""}, indent=1, ensure_ascii=False)
    with sealed(path) as beside:
        beside.write_text(text + "\n", encoding="utf-8")


def read_tasks(path: str | Path) -> list[Task]:
    """Tasks that `write_tasks` wrote, their groups empty. Raises OSError if they are damaged."""
    text = verified(path).read_text(encoding="utf-8")
    return [_task(item) for item in json.loads(text)["tasks"]]


def _task(item: dict) -> Task:
    targets = tuple(
        Target(**(t | {"labels": tuple(t["labels"]), "group": ""})) for t in item["targets"]
    )
    lists = {key: tuple(item[key]) for key in ("hold_out", "drop", "remarks")}
    return Task(**(item | lists | {"targets": targets}))


def _held_out(config: DatasetConfig, settings: HeldOutTasks, obs: pd.DataFrame) -> list[Task]:
    columns = dict.fromkeys([settings.column, *(["condition"] if settings.everywhere else [])])
    known = obs[list(columns)].drop_duplicates().astype(str)
    tasks = []
    for pair in settings.held_out:
        labels = {t: settings.label(pair, t) for t in settings.targets_of(pair)}
        others = held_out_in(known, config, [pair]) - set(labels.values())
        tasks.append(
            Task(
                dataset=config.id,
                id=pair.id,
                column=settings.column,
                intervene=settings.label(pair, settings.intervene),
                hold_out=(*labels.values(), *sorted(others)),
                targets=tuple(Target(t, (x,), {}, pair.group) for t, x in labels.items()),
                intervene_in_train=settings.intervene_in_train,
            )
        )
    return tasks


def _interventions(config: DatasetConfig, settings: InterventionTasks) -> list[Task]:
    target = Target(COUNTERFACTUAL, ("hold_out",), {}, settings.group or config.id)
    return [
        Task(
            dataset=config.id,
            id=task_id,
            column=task_id,
            intervene="modify",
            hold_out=("hold_out",),
            targets=(target,),
            drop=("drop",),
            intervene_in_train=settings.intervene_in_train,
            paired=True,
        )
        for task_id in config.task_ids
    ]


def _with_edits(adata: AnnData, task: Task, config: DatasetConfig) -> Task:
    table = get_concepts(adata, task.concepts_key)
    rows = split(adata.obs, task)
    intervene = table.iloc[rows.intervene]
    targets = []
    for target in task.targets:
        after = table.iloc[rows.targets[target.id]]
        names = _to_edit(adata, table, config, intervene, after)
        edits = derive_edits(intervene, after, task.paired, names)
        targets.append(dataclasses.replace(target, edits=edits))
    sides = {"intervened": rows.intervene} | {f"{k} target": v for k, v in rows.targets.items()}
    few = {side: len(cells) for side, cells in sides.items() if len(cells) < FEW_CELLS}
    remarks = tuple(f"{n} {side} cells, fewer than {FEW_CELLS}" for side, n in few.items())
    remarks += tuple(_never_seen(adata, table, rows.train, targets))
    for remark in remarks:
        logger.warning("%s: %s", task.id, remark)
    return dataclasses.replace(task, targets=tuple(targets), remarks=remarks)


def _to_edit(
    adata: AnnData,
    table: pd.DataFrame,
    config: DatasetConfig,
    before: pd.DataFrame,
    after: pd.DataFrame,
) -> tuple[str, ...] | None:
    """The concepts that `tasks.edit` names, by themselves or by a role; None where it is empty.

    Of those of a role the ones that the edit would change.
    """
    given = getattr(config.tasks, "edit", None)
    if given is None:
        return None
    names: list[str] = []
    for name in given:
        own = [name]
        if name not in table and name in config.columns.roles:
            own = made_of(table, config, name, adata.obs[name].astype(str))
            changed = [c for c in own if not np.allclose(before[c], after[c].mean(), 0, 1e-5)]
            own = changed or own
        names += own
    return tuple(dict.fromkeys(names))


def _never_seen(
    adata: AnnData, table: pd.DataFrame, train: np.ndarray, targets: Sequence[Target]
) -> Iterator[str]:
    """The remark on edits that set a hard concept to a value that no training cell has."""
    record = adata.uns.get("sccbgm", {})
    hard = {str(name) for name in record.get("hard", ())}
    edits = {(name, value) for target in targets for name, value in target.edits.items()}
    for name, value in sorted(edits):
        if name in hard and not np.isclose(table[name].to_numpy()[train], value).any():
            yield f"no training cell has {name} = {value:g}"


def _aligned(obs: pd.DataFrame, intervene: np.ndarray, rows: np.ndarray, task: Task) -> np.ndarray:
    """Target rows in the order of their factual cells, matched by obs["original_index"]."""
    ids = obs["original_index"].to_numpy()
    place = pd.Index(ids[rows])
    found = place.get_indexer(ids[intervene]) if place.is_unique else np.array([-1])
    if len(rows) != len(intervene) or (found < 0).any():
        raise ValueError(
            f"{task.id}: original_index of the {len(intervene)} intervened and {len(rows)} target "
            "cells must be the same set, each once"
        )
    return rows[found]
