"""The members that a job trains, their data, and the first stage that they continue from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from sccbgm.benchmark.plan import Shard
from sccbgm.config.run import Benchmark
from sccbgm.io.seals import is_empty, verified
from sccbgm.protocol.method import Failure, Fit, Job, Predictions, Runtime
from sccbgm.protocol.task import Cells, Target, TaskData
from sccbgm.protocol.variants import DEFAULT, Variant, parse


class FirstStageFailed(RuntimeError):
    """There is nothing to continue from."""


def make_jobs(benchmark: Benchmark, shard: Shard, data: Mapping[str, TaskData]) -> list[Job]:
    """The members of a shard with their data, annotated as their variant says, and parameters."""
    from sccbgm.synthetic.annotations import with_noise

    entry = benchmark.methods[shard.method]
    annotated: dict[tuple[str, int, Variant], TaskData] = {}
    jobs = []
    for member in shard.members:
        noise = replace(parse(member.variant), settings=DEFAULT)
        seen = member.task, member.seed, noise
        if seen not in annotated:
            annotated[seen] = with_noise(data[member.task], noise, member.seed)
        params = entry.params(member.dataset, member.preset, member.variant)
        jobs.append(Job(member, annotated[seen], params))
    return jobs


class _Aligned(Fit):
    """A first stage whose job i is the one that the second stage's job i continues from."""

    def __init__(self, fit: Fit, order: Sequence[int]) -> None:
        self.fit, self.order = fit, order
        self.jobs = [fit.jobs[i] for i in order]

    def predict(self, mode: str) -> list[Predictions | Failure]:
        answers = self.fit.predict(mode)
        return [answers[i] for i in self.order]

    def flow_condition(self, index: int, cells: Cells, target: Target | None = None) -> np.ndarray:
        return self.fit.flow_condition(self.order[index], cells, target)


def load_stage1(
    benchmark: Benchmark,
    shard: Shard,
    weights: Path | None,
    data: Mapping[str, TaskData],
    jobs: Sequence[Job],
    runtime: Runtime,
) -> Fit | None:
    """The fit that a shard's members continue from, None for a method of one stage.

    weights: what the first stage's job saved. Raises FirstStageFailed where it saved nothing,
    OSError where the file is damaged.
    """
    if shard.stage1 is None or weights is None:
        return None
    if is_empty(verified(weights)):
        raise FirstStageFailed(f"the first stage {shard.stage1.method} has no weights: it failed")
    first = make_jobs(benchmark, shard.stage1, data)
    fit = benchmark.methods[shard.stage1.method].method.load(first, weights, runtime)
    place = {_place(job): i for i, job in enumerate(first)}
    order = []
    for job in jobs:
        key = _place(job)
        order.append(place[key if key in place else (*key[:2], "default")])
    return _Aligned(fit, order)


def _place(job: Job) -> tuple[str, int, str]:
    return job.member.task, job.member.seed, job.member.variant
