"""Estimates the cost of training from the steps of a plan and timings measured before."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sccbgm.benchmark.plan import Shard
from sccbgm.config.dataset import DatasetConfig
from sccbgm.config.places import REPOSITORY
from sccbgm.config.run import Benchmark
from sccbgm.config.sections import Concept, OneHot, Parts, Stored
from sccbgm.config.sources import SyntheticSource
from sccbgm.protocol.method import Job
from sccbgm.protocol.task import Cells, Target, Task, TaskData

TIMINGS = REPOSITORY / "benchmarks/results"
"""Where `python -m benchmarks.engine` leaves its timings, `engine-<machine>.json`."""
MEASURED_BATCH = 128
TRAFFIC, BANDWIDTH = 40, 1.5e12
"""Bytes that a step of Adam reads and writes a weight, and bytes a second of a common GPU."""


@dataclass(frozen=True)
class Timing:
    """A machine's time of one member-step a weight and cell: milliseconds, its best stack."""

    machine: str
    ms: float
    gpu: bool


def read_timings(folder: Path = TIMINGS) -> list[Timing]:
    """The timing in single precision of every machine that was measured.

    It is that of its slowest network, in its best run.

    Raises ValueError, naming the file, for one that is not of the engine's benchmark.
    """
    timings: dict[str, Timing] = {}
    for path in sorted(folder.glob("engine-*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        try:
            if content["precision"] != "fp32":
                continue
            machine = content["machine"]
            name = machine["gpu"] or f"{machine['threads']} threads of {machine['cpu']}"
            rates = [
                min(stack["ms_a_member_step"] for stack in network["stacks"].values())
                / network["weights"]
                / MEASURED_BATCH
                for network in content["networks"].values()
            ]
        except (KeyError, TypeError) as error:
            raise ValueError(f"{path}: not timings of benchmarks.engine: {error}") from error
        found = Timing(name, max(rates), gpu=machine["gpu"] is not None)
        timings[name] = min(found, timings.get(name, found), key=lambda timing: timing.ms)
    return list(timings.values())


ESTIMATED_GPU = Timing(
    f"a GPU of {BANDWIDTH / 1e12:g} TB/s (not measured: an estimate from memory traffic)",
    TRAFFIC / BANDWIDTH * 1000 / MEASURED_BATCH,
    gpu=True,
)
"""Of a machine whose memory is the bound, which a stack of members on a GPU is close to."""


def read_packages(folder: Path = TIMINGS) -> dict[str, dict[str, float | None]]:
    """Method -> seconds of one fit of another package, with its cells and epochs."""
    files = sorted(folder.glob("packages-*.json"))
    found = (json.loads(path.read_text(encoding="utf-8"))["methods"] for path in files)
    return {id: fit for methods in found for id, fit in methods.items()}


def package_hours(benchmark: Benchmark, shards: Sequence[Shard], sizes: Mapping[str, int]) -> float:
    """Estimated hours of a package's fits on the machine of `read_packages`; 0 for other methods.

    Seconds grow with cells times epochs; without epochs, with pairs of cells.
    """
    known = read_packages().get(shards[0].method) if shards else None
    if known is None:
        return 0.0
    seconds, entry = 0.0, benchmark.methods[shards[0].method]
    for member in (member for shard in shards for member in shard.members):
        larger = sizes[member.task] / (known["cells"] or 1)
        epochs = known["epochs"]
        params = entry.params(member.dataset, member.preset, member.variant)
        times = larger**2 if epochs is None else larger * params.epochs / epochs
        seconds += (known["seconds"] or 0) * times
    return seconds / 3600


@dataclass(frozen=True)
class Widths:
    """How wide the cells and the concepts of a dataset are."""

    features: int
    concepts: int


def widths(dataset: DatasetConfig) -> Widths | None:
    """Known from the dataset file alone; None where it leaves them to the file of cells."""
    source, concepts = dataset.source, [_n_concepts(c, dataset) for c in dataset.concepts]
    if dataset.expected.concepts is not None:
        concepts = [dataset.expected.concepts]
    if isinstance(source, SyntheticSource):
        return Widths(min(dataset.n_pcs or source.n_genes, source.n_genes), source.n_concepts)
    features = dataset.n_pcs or dataset.preprocess.n_top_genes
    if features is None or None in concepts:
        return None
    return Widths(features, sum(filter(None, concepts)))


def _n_concepts(concept: Concept, dataset: DatasetConfig) -> int | None:
    if isinstance(concept, Stored | Parts):
        return None
    if not isinstance(concept, OneHot):
        return 1
    column = dataset.columns.roles.get(concept.column)
    stated = dataset.expected.n_labels.get(concept.column)
    return len(column.order) if column is not None and column.order else stated


def work(benchmark: Benchmark, shards: Sequence[Shard], sizes: Mapping[str, int]) -> float | None:
    """Weights x cells x steps of all members: what a step's time is proportional to.

    None where the networks' width is not known before the cells are read.
    """
    width = widths(benchmark.datasets[shards[0].dataset])
    if width is None:
        return None
    total, known = 0.0, _weights(benchmark, shards, width)
    for shard in shards:
        entry = benchmark.methods[shard.method]
        weights = known[shard.variants]
        for member in shard.members:
            params = entry.params(member.dataset, member.preset, member.variant)
            steps = params.epochs * math.ceil(sizes[member.task] / params.batch_size)
            total += weights * params.batch_size * steps
    return total


def weight_bytes(benchmark: Benchmark, shards: Sequence[Shard]) -> int | None:
    """Bytes of the weights of all members, 4 a weight; None where the width is not known yet."""
    if not shards:
        return 0
    width = widths(benchmark.datasets[shards[0].dataset])
    if width is None:
        return None
    known = _weights(benchmark, shards, width)
    return sum(4 * known[shard.variants] * len(shard.members) for shard in shards)


def _weights(
    benchmark: Benchmark, shards: Sequence[Shard], width: Widths
) -> dict[tuple[str, ...], int]:
    """Variants of a shard -> weights of a member; the shards are of one method and dataset."""
    some = {shard.variants: shard for shard in shards}
    return {variants: n_weights(benchmark, shard, width) for variants, shard in some.items()}


def n_weights(benchmark: Benchmark, shard: Shard, width: Widths) -> int:
    """Weights of a member of a shard, 0 for a method with another engine."""
    from sccbgm.engine.method import StackedMethod

    entry, member = benchmark.methods[shard.method], shard.members[0]
    if not isinstance(entry.method, StackedMethod):
        return 0
    import torch

    from sccbgm.engine.fit import build

    params = entry.params(member.dataset, member.preset, member.variant)
    job = Job(member, _two_cells(shard, width), params)
    n_condition = _condition(benchmark, shard, width)
    if shard.stage1 is None:
        fields = entry.method.fields(job, 0, None)
        n_condition = fields["condition"].shape[1] if "condition" in fields else 0
    with torch.device("meta"):  # shapes alone, nothing is drawn
        network = build(entry.method, [job], n_condition)
    return sum(weight.numel() for weight in network.parameters())


def _two_cells(shard: Shard, width: Widths) -> TaskData:
    """A task that has the shapes of the shard's: one cell with all concepts, one with none."""
    import numpy as np

    names = tuple(f"concept_{k}" for k in range(width.concepts))
    concepts = np.repeat([[0.0], [1.0]], width.concepts, axis=1).astype(np.float32)
    cells = Cells(np.zeros((2, width.features), np.float32), concepts, np.arange(2))
    target = Target("edit", (), {names[0]: 1.0}, "")
    task = Task(shard.dataset, shard.tasks[0], "", "", (), (target,))
    hard, label = np.ones(width.concepts, dtype=bool), np.array(["", ""])
    return TaskData(task, names, hard, cells, cells, {}, label, label)


def _condition(benchmark: Benchmark, shard: Shard, width: Widths) -> int:
    """About the width of what a second stage is conditioned on: concepts and the unknown code."""
    if shard.stage1 is None:
        return 0
    first = shard.stage1.members[0]
    params: Any = benchmark.methods[first.method].params(first.dataset, first.preset, first.variant)
    code = getattr(params, "n_unknown", getattr(params, "latent_dim", 0))
    return int(code) + width.concepts
