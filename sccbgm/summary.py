"""What a configuration amounts to, before anything runs: members, shards, jobs, steps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from sccbgm.config import Benchmark
from sccbgm.data.sources import SyntheticSource
from sccbgm.plan import Shard, expand, with_first_stages

Sizes = Mapping[str, int]
"""Task id -> training cells."""


@dataclass(frozen=True)
class Line:
    """What one method costs on one dataset. steps: optimiser steps of all members, None where
    the size of the data is not known yet; 0 for a method that is not trained by steps.
    """

    dataset: str
    preset: str
    method: str
    members: int
    shards: int
    steps: int | None


def summarise(benchmark: Benchmark) -> list[Line]:
    """A line for each dataset, preset and method, in the order of the run."""
    groups: dict[tuple[str, str, str], list[Shard]] = {}
    for shard in with_first_stages(expand(benchmark)):
        groups.setdefault((shard.dataset, shard.preset, shard.method), []).append(shard)
    sizes = {dataset: training_cells(benchmark, dataset) for dataset in benchmark.datasets}
    return [
        Line(
            *key,
            members=sum(len(shard.members) for shard in shards),
            shards=len(shards),
            steps=_steps(benchmark, shards, sizes[key[0]]),
        )
        for key, shards in groups.items()
    ]


def training_cells(benchmark: Benchmark, dataset: str) -> Sizes | None:
    """Training cells of every task: those of the prepared data, or of the generator's settings.

    None where the cells are neither prepared nor generated. The generator's number leaves out
    that cells are held out of it, at most a few in a hundred.
    """
    cells = benchmark.results / "data" / f"{dataset}.h5ad"
    tasks = benchmark.results / "tasks" / dataset / "tasks.json"
    if cells.exists() and tasks.exists():
        import anndata

        from sccbgm.data.tasks import read_tasks, split

        obs = anndata.read_h5ad(cells, backed="r").obs
        return {task.id: len(split(obs, task).train) for task in read_tasks(tasks)}
    config = benchmark.datasets[dataset]
    if isinstance(config.source, SyntheticSource):
        return dict.fromkeys(config.task_ids, config.source.n_cells)
    return None


def _steps(benchmark: Benchmark, shards: list[Shard], sizes: Sizes | None) -> int | None:
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


def as_text(lines: list[Line]) -> str:
    """The lines as an aligned table with their sums."""
    header = ("dataset", "preset", "method", "members", "jobs", "steps")
    unknown = any(line.steps is None for line in lines)
    sums = (
        sum(line.members for line in lines),
        sum(line.shards for line in lines),
        sum(line.steps or 0 for line in lines),
    )
    rows = [header]
    for line in lines:
        steps = "unknown" if line.steps is None else f"{line.steps:,}"
        names = (line.dataset, line.preset, line.method)
        rows.append((*names, f"{line.members:,}", f"{line.shards:,}", steps))
    known = f"{sums[2]:,}" + (" + unknown" if unknown else "")
    rows.append(("total", "", "", f"{sums[0]:,}", f"{sums[1]:,}", known))
    widths = [max(len(row[i]) for row in rows) for i in range(len(header))]
    return "\n".join(
        "  ".join(
            text.ljust(width) if i < 3 else text.rjust(width)
            for i, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
