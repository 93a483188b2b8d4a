"""What training will cost, from the steps of a plan and timings measured before."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sccbgm.benchmark.plan import Shard
from sccbgm.config.run import Benchmark
from sccbgm.config.sources import SyntheticSource

TIMINGS = Path("benchmarks/results")
"""Where `python -m benchmarks.engine` leaves its timings, `engine-<machine>.json`."""
MEASURED_BATCH = 128


@dataclass(frozen=True)
class Timing:
    """A machine's time of one member-step a weight and cell: milliseconds, its best stack."""

    machine: str
    ms: float


def read_timings(folder: Path = TIMINGS) -> list[Timing]:
    """The timings of every machine that was measured, the slowest of its networks.

    Raises ValueError, naming the file, for one that is not of the engine's benchmark.
    """
    timings = []
    for path in sorted(folder.glob("engine-*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        try:
            machine = content["machine"]["gpu"] or content["machine"]["cpu"]
            rates = [
                min(stack["ms_a_member_step"] for stack in network["stacks"].values())
                / network["weights"]
                / MEASURED_BATCH
                for network in content["networks"].values()
            ]
        except (KeyError, TypeError) as error:
            raise ValueError(f"{path}: not timings of benchmarks.engine: {error}") from error
        timings.append(Timing(f"{machine} ({path.stem.removeprefix('engine-')})", max(rates)))
    return timings


def work(benchmark: Benchmark, shards: Iterable[Shard], sizes: Mapping[str, int]) -> float:
    """Weights x cells x steps of all members: what a step's time is proportional to."""
    total = 0.0
    for shard in shards:
        entry = benchmark.methods[shard.method]
        weights = n_weights(benchmark, shard)
        for member in shard.members:
            params = entry.params(member.dataset, member.preset, member.variant)
            steps = params.epochs * math.ceil(sizes[member.task] / params.batch_size)
            total += weights * params.batch_size * steps
    return total


def n_weights(benchmark: Benchmark, shard: Shard) -> int:
    """Weights of a member of a shard on generated cells, 0 for a method with another engine."""
    import numpy as np

    from sccbgm.engine.method import StackedMethod
    from sccbgm.protocol.method import Job
    from sccbgm.protocol.task import Cells, Task, TaskData

    entry = benchmark.methods[shard.method]
    dataset, member = benchmark.datasets[shard.dataset], shard.members[0]
    if not isinstance(entry.method, StackedMethod):
        return 0
    if not isinstance(dataset.source, SyntheticSource):
        raise ValueError(f"{shard.dataset}: its features are known once its cells are prepared")
    from sccbgm.engine.fit import build

    width = min(dataset.n_pcs or dataset.source.n_genes, dataset.source.n_genes)
    n_concepts = dataset.source.n_concepts
    one = Cells(
        np.zeros((1, width), np.float32), np.zeros((1, n_concepts), np.float32), np.zeros(1)
    )
    task = Task(shard.dataset, member.task, "", "", (), ())
    names = tuple(f"concept_{k}" for k in range(n_concepts))
    hard, label = np.ones(n_concepts, dtype=bool), np.array([""])
    data = TaskData(task, names, hard, one, one, {}, label, label)
    params = entry.params(member.dataset, member.preset, member.variant)
    job, n_condition = Job(member, data, params), _condition(benchmark, shard)
    if shard.stage1 is None:
        fields = entry.method.fields(job, 0, None)
        n_condition = fields["condition"].shape[1] if "condition" in fields else 0
    network = build(entry.method, [job], n_condition)
    return sum(weight.numel() for weight in network.parameters())


def _condition(benchmark: Benchmark, shard: Shard) -> int:
    """About the width of what a second stage is conditioned on: concepts and the unknown code."""
    if shard.stage1 is None:
        return 0
    first = shard.stage1.members[0]
    params: Any = benchmark.methods[first.method].params(first.dataset, first.preset, first.variant)
    source = benchmark.datasets[shard.dataset].source
    code = getattr(params, "n_unknown", getattr(params, "latent_dim", 0))
    return int(code) + int(getattr(source, "n_concepts", 0))
