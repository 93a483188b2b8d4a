"""Sums up a run before anything runs: members, jobs, steps, and what of it is done."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from sccbgm.benchmark.collect import rows_file
from sccbgm.benchmark.cost import package_hours, weight_bytes, work
from sccbgm.benchmark.plan import Shard, blocks, with_first_stages
from sccbgm.benchmark.studies import Run
from sccbgm.config.run import Benchmark
from sccbgm.config.sections import HeldOutTasks
from sccbgm.config.sweep import n_listed

Sizes = Mapping[str, int]
"""Task id -> training cells."""


@dataclass(frozen=True)
class PlanLine:
    """The cost of one method on one dataset in a study, without what an earlier study has of it.

    shared: members of an earlier study. done: of the shards, those whose numbers are there. steps:
    optimiser steps of all members, None where the size of the data is not known yet; 0 for a method
    that is not trained by steps. results: predictions, one a member and mode. listed: the same as
    the paper counts them, clean annotations once for each level of noise; 0 for a control. These
    two count shared members as well. work: see `cost.work`, None where unknown. disk: bytes of
    the weights, package_hours: see `cost.package_hours`; None where unknown.
    """

    study: str
    dataset: str
    preset: str
    method: str
    members: int
    shared: int
    shards: int
    done: int
    steps: int | None
    results: int = 0
    listed: int = 0
    work: float | None = None
    disk: int | None = None
    package_hours: float | None = 0.0


def plan_lines(run: Run) -> list[PlanLine]:
    """A line for each study, dataset, preset and method, in the order of the run."""
    return [line for id in run.studies for line in _lines(run, id)]


def _lines(run: Run, id: str) -> list[PlanLine]:
    study = run.studies[id]
    groups: dict[tuple[str, str, str], list[Shard]] = {}
    for shard in with_first_stages(list(run.scored[id].values())):
        groups.setdefault((shard.dataset, shard.preset, shard.method), []).append(shard)
    sizes = {dataset: training_cells(study, dataset) for dataset in study.datasets}
    lines = []
    for key, shards in groups.items():
        known = sizes[key[0]]
        own = [shard for shard in shards if run.shards[shard.path][0] is study]
        line = PlanLine(
            id,
            *key,
            members=_members(own),
            shared=_members(shards) - _members(own),
            shards=len(own),
            done=sum(rows_file(run.results, shard).exists() for shard in own),
            steps=_steps(study, own, known),
            results=_results(study, shards),
            listed=_listed(study, shards),
            work=_work(study, own, known),
            disk=weight_bytes(study, own),
            package_hours=None if known is None else package_hours(study, own, known),
        )
        lines.append(line)
    return lines


def _members(shards: list[Shard]) -> int:
    return sum(len(shard.members) for shard in shards)


def _results(benchmark: Benchmark, shards: list[Shard]) -> int:
    method = shards[0].method
    if method not in benchmark.config.methods:
        return 0
    modes = benchmark.methods[method].method.modes
    return sum(len(shard.members) for shard in shards) * len(modes)


def _listed(benchmark: Benchmark, shards: list[Shard]) -> int:
    entry, sweep = benchmark.methods[shards[0].method], benchmark.config.sweep
    if not entry.fields or shards[0].method not in benchmark.config.methods:
        return 0
    counted = [n_listed(sweep, member.variant) for shard in shards for member in shard.members]
    return sum(counted) * len(entry.method.modes)


def _work(benchmark: Benchmark, shards: list[Shard], sizes: Sizes | None) -> float | None:
    steps = _steps(benchmark, shards, sizes)
    if sizes is None or not steps:
        return 0.0 if steps == 0 else None
    return work(benchmark, shards, sizes)


def training_cells(benchmark: Benchmark, dataset: str) -> Sizes | None:
    """Training cells of every task: of the prepared data, else as the dataset file states sizes.

    None where it states none. The number of generated cells leaves out that cells are held out, at
    most a few in a hundred; so does that of a held-out label whose size is not stated.
    """
    cells = benchmark.results / "data" / f"{dataset}.h5ad"
    folder = benchmark.results / "tasks" / dataset
    tasks = [folder / f"{block}.json" for block in blocks(benchmark, dataset)]
    if all(path.exists() for path in (cells, *tasks)):
        import anndata

        from sccbgm.data.tasks import read_tasks, split
        from sccbgm.io.seals import verified

        obs = anndata.read_h5ad(verified(cells), backed="r").obs
        known = (task for path in tasks for task in read_tasks(path))
        return {task.id: len(split(obs, task).train) for task in known}
    config = benchmark.datasets[dataset]
    if config.n_cells is None:
        return None
    if not isinstance(config.tasks, HeldOutTasks):
        return dict.fromkeys(config.task_ids, config.n_cells)
    sizes = config.sizes.labels.get(config.tasks.column, {})
    return {
        pair.id: config.n_cells
        - sum(
            sizes.get(config.tasks.label(pair, target), 0)
            for target in config.tasks.targets_of(pair)
        )
        for pair in config.tasks.held_out
    }


def training_work(benchmark: Benchmark, shard: Shard) -> float:
    """What the seconds of a shard's training grow with, for one method.

    Epochs times cells of its members, without the cells where the size of some dataset is not
    known; of a method without epochs, whose seconds are those of its start, the members.
    """
    entry, cells = benchmark.methods[shard.method], 1
    if "epochs" not in entry.fields:
        return float(len(shard.members))
    sizes = [config.n_cells for config in benchmark.datasets.values()]
    if all(sizes):
        cells = benchmark.datasets[shard.dataset].n_cells or 1
    params = (entry.params(m.dataset, m.preset, m.variant) for m in shard.members)
    return float(sum(of.epochs for of in params) * cells)


def _steps(benchmark: Benchmark, shards: list[Shard], sizes: Sizes | None) -> int | None:
    if not shards:
        return 0
    entry, total = benchmark.methods[shards[0].method], 0
    if not {"epochs", "batch_size"} <= set(entry.fields):
        return 0
    if sizes is None:
        return None
    for shard in shards:
        for member in shard.members:
            params = entry.params(member.dataset, member.preset, member.variant)
            total += params.epochs * math.ceil(sizes[member.task] / params.batch_size)
    return total
