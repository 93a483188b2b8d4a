"""What a run would do with its files of cells, and what is wrong with them, seen in seconds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sccbgm.benchmark.studies import Run
from sccbgm.config.dataset import DatasetConfig
from sccbgm.config.scale import first_tasks
from sccbgm.config.sections import DerivedTasks, HeldOutTasks, Pair, Pathways
from sccbgm.config.sources import FileSource
from sccbgm.protocol.task import Task

if TYPE_CHECKING:
    from anndata import AnnData

    from sccbgm.data.glance import Glance
    from sccbgm.data.labels import Labels


MOST = 60
"""Tasks of a dataset that are looked at; rules make thousands of them."""


@dataclass(frozen=True)
class TaskCells:
    """A task with the numbers of its cells. targets: target id -> cells."""

    task: Task
    train: int
    intervene: int
    targets: dict[str, int]


@dataclass(frozen=True)
class Checked:
    """A dataset that was looked at.

    config: with its derived tasks, and `expected` as the file has it. facts: a line each.
    concepts: name -> whether it is hard. tasks: those that were looked at. faults: what would stop
    the run, a line each.
    """

    config: DatasetConfig
    facts: list[str]
    concepts: dict[str, bool] = field(default_factory=dict)
    tasks: list[TaskCells] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def check_dataset(config: DatasetConfig) -> Checked:
    """Look at a dataset's file as preprocessing will, at labels of all cells and values of some.

    Cells that the run downloads or generates are not there to be looked at.
    """
    if not isinstance(config.source, FileSource):
        made = "downloaded" if config.source.kind == "osf" else "generated"
        return Checked(config, [f"its cells are {made} by the run, and checked then"])
    from sccbgm.data.contract import check_labels, name_faults, origin
    from sccbgm.data.glance import glance

    seen = glance(config.source.path)
    faults = name_faults(seen.cells, config)
    labels, more = check_labels(seen.cells, config)
    faults += more
    facts = [_cells(seen, labels)]
    if config.sample is not None and config.sample < labels.keep.sum():
        facts.append(f"of these the run takes {config.sample:,} at most, of each population a part")
    if labels.keep.any():
        fact, fault = _values(seen, labels, config)
        facts.append(fact)
        faults += fault
    if not faults:
        return _with_tasks(seen.cells, labels, config, facts)
    return Checked(config, facts, faults=[f"{origin(config)}: {fault}" for fault in faults])


def faults_of_predictions(run: Run) -> list[str]:
    """What is wrong with the files of predictions that are methods of the run, a line each."""
    from sccbgm.methods.predicted_cells import read_predicted

    entries = {id: entry for study in run.studies.values() for id, entry in study.methods.items()}
    faults = []
    for id, entry in entries.items():
        if entry.source.predictions is not None:
            try:
                read_predicted(entry.source.predictions)
            except ValueError as error:
                faults.append(f"methods: {id}: {error}")
    return faults


def with_what_was_found(run: Run, checked: dict[str, Checked]) -> Run:
    """The run with the sizes and the derived tasks of its datasets, so that it can be planned."""
    studies = {}
    for id, study in run.studies.items():
        datasets = {}
        for name in study.datasets:
            config, most = checked[name].config, study.config.scale.tasks
            datasets[name] = config if most is None else first_tasks(config, most)
        studies[id] = replace(study, datasets=datasets)
    return replace(run, studies=studies)


def _cells(seen: Glance, labels: Labels) -> str:
    kept, n = int(labels.keep.sum()), seen.cells.n_obs
    dropped = f" of {n:,}, {n - kept:,} are dropped" if kept < n else ""
    return f"{kept:,} cells{dropped}; {seen.cells.n_vars:,} genes"


def _values(seen: Glance, labels: Labels, config: DatasetConfig) -> tuple[str, list[str]]:
    """The matrix that is taken, judged by some cells, or why there is none."""
    import numpy as np

    from sccbgm.data.contract import matrix_of

    keep = labels.keep[seen.rows]
    keep = keep if keep.any() else np.ones_like(keep)
    try:
        found = matrix_of(seen.some, config, keep)
    except ValueError as error:
        return "no matrix can be used", [f"preprocess.input: {error}"]
    what = {"counts": "counts, to be normalised", "lognorm": "log-normalised, taken as it is"}
    return f"values: {found.where}, {what[found.state]} ({found.evidence})", []


def _with_tasks(cells: AnnData, labels: Labels, config: DatasetConfig, facts: list[str]) -> Checked:
    from sccbgm.data.concepts import concept_matrix, set_concepts
    from sccbgm.data.contract import ContractError
    from sccbgm.data.derive import derive_pairs
    from sccbgm.data.tasks import derive_tasks, split

    kept = labels.obs[labels.keep]
    table, hard, _ = concept_matrix(cells, kept, config)
    names = {str(name): name in hard for name in table}
    unknown = [c.kind for c in config.concepts if isinstance(c, Pathways)]
    if unknown or not isinstance(config.tasks, HeldOutTasks) or config.tasks.column not in kept:
        facts.append("its tasks depend on what preprocessing finds, and are not looked at here")
        return Checked(config, facts, names)
    import anndata

    thin = anndata.AnnData(obs=kept, uns={"sccbgm": {"hard": hard}})
    set_concepts(thin, table)
    sizes = kept[config.tasks.column].value_counts()
    expected = {
        "cells": len(kept),
        "concepts": len(names),
        "labels": {config.tasks.column: {str(k): int(n) for k, n in sizes.items()}},
        "tasks": None,
    }
    config = config.model_copy(update={"expected": config.expected.model_copy(update=expected)})
    try:
        if isinstance(config.tasks, DerivedTasks):
            config = with_pairs(config, derive_pairs(cells.obs, config).to_dict("records"))
        tasks = derive_tasks(thin, config, _some(config.task_ids))
    except ContractError as error:
        return Checked(config, facts, names, faults=str(error).splitlines())
    rows = [(task, split(thin.obs, task)) for task in tasks]
    found = [
        TaskCells(task, len(s.train), len(s.intervene), {t: len(r) for t, r in s.targets.items()})
        for task, s in rows
    ]
    return Checked(config, facts, names, found)


def _some(ids: Sequence[str]) -> list[str]:
    """Ids, evenly spaced, of so many tasks that looking at them takes seconds."""
    return list(ids[:: max(1, math.ceil(len(ids) / MOST))])


def with_pairs(config: DatasetConfig, rows: Sequence[Mapping[Any, Any]]) -> DatasetConfig:
    """A dataset with its derived tasks, as `derive_pairs` found them."""
    pairs = tuple(
        Pair(id=r["id"], type=r["type"], targets=tuple(r["targets"]), group=r["group"])
        for r in rows
    )
    return config.model_copy(update={"tasks": config.tasks.model_copy(update={"held_out": pairs})})
