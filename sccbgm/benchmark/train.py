"""One job of the benchmark: train the members of a shard together, predict, write."""

from __future__ import annotations

import hashlib
import json
import logging
import math
import resource
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sccbgm.benchmark.plan import Shard
from sccbgm.benchmark.predictions import PredictionTable
from sccbgm.config.run import Benchmark
from sccbgm.io.locks import held
from sccbgm.protocol.method import Failure, Fit, Job, Predictions, Runtime
from sccbgm.protocol.task import Cells, Target, TaskData
from sccbgm.protocol.variants import DEFAULT, Variant, parse

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ShardFiles:
    """What a job reads and writes. stage1: the weights of the first stage's shard, if any.

    checkpoints: a folder for intermediate states, which is removed when the job is done.
    """

    data: Path
    tasks: Path
    pca: Path
    fit: Path
    predictions: Path
    checkpoints: Path
    stage1: Path | None = None


class FirstStageFailed(RuntimeError):
    """There is nothing to continue from."""


def train_shard(benchmark: Benchmark, shard: Shard, files: ShardFiles, threads: int) -> None:
    """Train, predict in every mode of the method, write weights and predictions.

    A member that fails has no cells but a reason, and the others go on; so does a method that
    raises, with all its members and the traceback in the log. What stops the machine stops the
    job. A job that was killed continues from its last checkpoint.
    """
    from sccbgm.data.loading import load_tasks

    with held(files.checkpoints.with_name(f"{files.checkpoints.name}.lock")):
        data = load_tasks(files.data, files.tasks, files.pca, shard.tasks)
        jobs = make_jobs(benchmark, shard, data)
        runtime = _runtime(benchmark, shard, files, threads)
        table = PredictionTable()
        begun = time.monotonic()
        _fit_and_predict(benchmark, shard, files, data, jobs, runtime, table)
        cost = _cost(len(jobs), time.monotonic() - begun)
        logger.info("%s: %s members, %.0f s", shard.path, len(jobs), cost["seconds"])
        if not files.fit.exists():
            files.fit.touch()
        table.write(files.predictions, cost)
        shutil.rmtree(files.checkpoints, ignore_errors=True)


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


def _fit_and_predict(
    benchmark: Benchmark,
    shard: Shard,
    files: ShardFiles,
    data: Mapping[str, TaskData],
    jobs: Sequence[Job],
    runtime: Runtime,
    table: PredictionTable,
) -> None:
    method = benchmark.methods[shard.method].method
    try:
        stage1 = _load_stage1(benchmark, shard, files, data, jobs, runtime)
        fit = method.fit(jobs, runtime, stage1)
        method.save(fit, files.fit)
    except FirstStageFailed as error:
        logger.error("%s: %s", shard.path, error)
        table.fail(jobs, method.modes, str(error))
        return
    except Exception as error:
        logger.exception("%s failed", shard.path)
        table.fail(jobs, method.modes, _reason(error))
        return
    for mode in method.modes:
        try:
            answers = fit.predict(mode)
        except Exception as error:
            logger.exception("%s failed to predict in mode %s", shard.path, mode)
            table.fail(jobs, [mode], _reason(error))
            continue
        for job, answer in zip(jobs, answers, strict=True):
            table.add(job, mode, answer)


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]


class _Aligned(Fit):
    """A first stage whose job i is the one that the second stage's job i continues from."""

    def __init__(self, fit: Fit, order: Sequence[int]) -> None:
        self.fit, self.order = fit, order
        self.jobs = [fit.jobs[i] for i in order]

    def predict(self, mode: str) -> list[Predictions | Failure]:
        answers = self.fit.predict(mode)
        return [answers[i] for i in self.order]

    def condition(self, index: int, cells: Cells, target: Target | None = None) -> np.ndarray:
        return self.fit.condition(self.order[index], cells, target)


def _load_stage1(
    benchmark: Benchmark,
    shard: Shard,
    files: ShardFiles,
    data: Mapping[str, TaskData],
    jobs: Sequence[Job],
    runtime: Runtime,
) -> Fit | None:
    if shard.stage1 is None or files.stage1 is None:
        return None
    if files.stage1.stat().st_size == 0:
        raise FirstStageFailed(f"the first stage {shard.stage1.method} has no weights: it failed")
    first = make_jobs(benchmark, shard.stage1, data)
    fit = benchmark.methods[shard.stage1.method].method.load(first, files.stage1, runtime)
    place = {_place(job): i for i, job in enumerate(first)}
    order = []
    for job in jobs:
        key = _place(job)
        order.append(place[key if key in place else (*key[:2], "default")])
    return _Aligned(fit, order)


def _place(job: Job) -> tuple[str, int, str]:
    return job.member.task, job.member.seed, job.member.variant


def _runtime(benchmark: Benchmark, shard: Shard, files: ShardFiles, threads: int) -> Runtime:
    settings = benchmark.config.runtime
    return Runtime(
        device=settings.device,
        precision=settings.precision,
        members_at_once=settings.members_at_once,
        checkpoints=files.checkpoints / _identity(benchmark, shard, files),
        checkpoint_minutes=settings.checkpoint_minutes,
        threads=threads,
        report=_Progress(shard.path),
    )


class _Progress:
    """Says how the training goes: every line in the log file, on the terminal not too often.

    Of lines that follow each other with the same first word, one in a while is shown.
    """

    def __init__(self, name: str, every_seconds: float = 10.0) -> None:
        self.name, self.every_seconds = name, every_seconds
        self.said, self.topic = -math.inf, ""

    def __call__(self, line: str) -> None:
        topic = line.partition(" ")[0]
        due = topic != self.topic or time.monotonic() - self.said >= self.every_seconds
        if due:
            self.said, self.topic = time.monotonic(), topic
        logger.log(logging.INFO if due else logging.DEBUG, "%s: %s", self.name, line)


def _identity(benchmark: Benchmark, shard: Shard, files: ShardFiles) -> str:
    """Names what is trained on what, so that other settings or data never meet old checkpoints."""
    read = [files.data, files.tasks, files.pca, *([files.stage1] if files.stage1 else [])]
    content = [shard_settings(benchmark, shard), [path.stat().st_mtime_ns for path in read]]
    return hashlib.blake2b(json.dumps(content).encode(), digest_size=6).hexdigest()


def shard_settings(benchmark: Benchmark, shard: Shard) -> dict[str, Any]:
    """What determines the result of a shard besides its files: the hyperparameters by variant."""
    entry = benchmark.methods[shard.method]
    return {
        "seeds": list(shard.seeds),
        "tasks": list(shard.tasks),
        "variants": {v: entry.settings(shard.dataset, shard.preset, v) for v in shard.variants},
    }


def _cost(n_members: int, seconds: float) -> dict[str, Any]:
    """What the job used: seconds, and the peaks of this process and of its GPU, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        2**20 if sys.platform == "darwin" else 2**10
    )
    cost = {"n_members": n_members, "seconds": seconds, "peak_memory_mb": peak, "device": "cpu"}
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        cost["device"] = torch.cuda.get_device_name()
        cost["peak_gpu_memory_mb"] = torch.cuda.max_memory_allocated() / 2**20
    return cost
