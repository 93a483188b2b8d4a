"""Sums up a configuration before anything runs: members, shards, jobs, steps."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sccbgm.benchmark.cost import TIMINGS, Timing, work
from sccbgm.benchmark.plan import Shard, blocks, expand, with_first_stages
from sccbgm.config.run import Benchmark
from sccbgm.config.sections import HeldOutTasks
from sccbgm.config.sweep import n_listed

Sizes = Mapping[str, int]
"""Task id -> training cells."""


@dataclass(frozen=True)
class PlanLine:
    """The cost of one method on one dataset. steps: optimiser steps of all members, None where
    the size of the data is not known yet; 0 for a method that is not trained by steps.

    results: predictions, one a member and mode. listed: the same as the paper counts them, clean
    annotations once for each level of noise; 0 for a control. work: see `cost.work`, None where
    unknown.
    """

    dataset: str
    preset: str
    method: str
    members: int
    shards: int
    steps: int | None
    results: int = 0
    listed: int = 0
    work: float | None = None


def plan_lines(benchmark: Benchmark) -> list[PlanLine]:
    """A line for each dataset, preset and method, in the order of the run."""
    groups: dict[tuple[str, str, str], list[Shard]] = {}
    for shard in with_first_stages(expand(benchmark)):
        groups.setdefault((shard.dataset, shard.preset, shard.method), []).append(shard)
    sizes = {dataset: training_cells(benchmark, dataset) for dataset in benchmark.datasets}
    return [
        PlanLine(
            *key,
            members=sum(len(shard.members) for shard in shards),
            shards=len(shards),
            steps=_steps(benchmark, shards, sizes[key[0]]),
            results=_results(benchmark, shards),
            listed=_listed(benchmark, shards),
            work=_work(benchmark, shards, sizes[key[0]]),
        )
        for key, shards in groups.items()
    ]


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


def as_text(lines: list[PlanLine], timings: Sequence[Timing] = ()) -> str:
    """The lines as an aligned table with their sums, what the paper counts, and expected hours."""
    return "\n".join([_table(lines), "", _counts(lines), *_hours(lines, timings)])


def _counts(lines: list[PlanLine]) -> str:
    trained = [line for line in lines if line.listed]
    results, listed = (sum(getattr(line, n) for line in trained) for n in ("results", "listed"))
    text = f"results of trained methods: {results:,}"
    if listed != results:
        text += f" ({listed:,} with clean annotations counted at each level of noise)"
    return text


def _hours(lines: list[PlanLine], timings: Sequence[Timing]) -> list[str]:
    """Expected hours of training on each machine that was measured, and what they leave out."""
    if not timings:
        return [f"expected hours: unknown, no engine-*.json in {TIMINGS}"]
    total = sum(line.work for line in lines if line.work)
    unknown = list(dict.fromkeys(line.dataset for line in lines if line.work is None))
    untimed = {line.method for line in lines if line.work == 0 and (line.steps or line.listed)}
    left_out = []
    if unknown:
        left_out.append(f"{', '.join(unknown)} (the size is known once the cells are prepared)")
    if untimed:
        left_out.append(f"{', '.join(sorted(untimed))} (not timed)")
    if not total:
        why = f"unknown for {' and '.join(left_out)}" if left_out else "none, nothing is trained"
        return [f"expected hours of training: {why}"]
    without = f", without {' and '.join(left_out)}" if left_out else ""
    hours = ((timing.machine, total * timing.ms / 3.6e6) for timing in timings)
    return [
        f"expected hours of training on {machine}: "
        f"{f'{n:,.2f}' if n >= 0.01 else 'less than 0.01'}{without}"
        for machine, n in hours
    ]


def _table(lines: list[PlanLine]) -> str:
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
