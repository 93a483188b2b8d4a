"""One job of the benchmark: train the members of a shard together, predict, write."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import math
import resource
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sccbgm.benchmark.depends import shard_settings
from sccbgm.benchmark.jobs import FirstStageFailed, load_stage1, make_jobs
from sccbgm.benchmark.plan import Shard
from sccbgm.benchmark.predictions import PredictionTable
from sccbgm.benchmark.provenance import origin
from sccbgm.config.run import Benchmark
from sccbgm.io.ending import check
from sccbgm.io.energy import Meter, gpu, processors
from sccbgm.io.locks import held
from sccbgm.io.seals import checksum, sealed
from sccbgm.protocol.faults import of_machine, reason
from sccbgm.protocol.method import Failure, Fit, Job, Predictions, Runtime
from sccbgm.protocol.task import TaskData

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ShardFiles:
    """Files that a job reads and writes. stage1: the weights of the first stage's shard, if any.

    checkpoints: a folder for intermediate states, which is removed when the job is done.
    code: version of the code that trains (`versions.training`), which is kept with the predictions,
    as is asked_mb, the memory that the job asked for.
    """

    data: Path
    tasks: Path
    pca: Path
    fit: Path
    predictions: Path
    checkpoints: Path
    code: str
    stage1: Path | None = None
    asked_mb: int | None = None


def train_shard(benchmark: Benchmark, shard: Shard, files: ShardFiles, threads: int) -> None:
    """Train, predict in every mode of the method, write weights and predictions.

    A member that fails has no cells but a reason, and the others go on; so does a method that
    raises or exits, with all its members and the traceback in the log. A fault of the machine
    (`protocol.faults`) is raised and leaves no predictions, so that the job is done again; so is
    `Ended`. A job that was killed or ended continues from its last checkpoint.
    """
    from sccbgm.data.loading import load_tasks

    runtime = _runtime(benchmark, shard, files, threads)
    lock = files.checkpoints.with_name(f"{files.checkpoints.name}.lock")
    with held(lock), _device(benchmark, shard, runtime):
        data = load_tasks(files.data, files.tasks, files.pca, shard.tasks)
        table = PredictionTable()
        begun = time.monotonic()
        with _meter(benchmark, shard) as meter:
            for part in _parts(benchmark, shard):
                jobs = make_jobs(benchmark, part, data)
                _fit_and_predict(benchmark, part, files, data, jobs, runtime, table)
        cost = _cost(len(shard.members), time.monotonic() - begun) | vars(meter.energy)
        logger.info("%s: %s members, %.0f s", shard.path, len(shard.members), cost["seconds"])
        if not files.fit.exists():
            with sealed(files.fit) as beside:
                beside.touch()
        made = {"asked_memory_mb": files.asked_mb, "code": files.code}
        made |= origin(files.data, shard_settings(benchmark, shard)["variants"])
        table.write(files.predictions, cost | made)
        shutil.rmtree(files.checkpoints, ignore_errors=True)


def _device(
    benchmark: Benchmark, shard: Shard, runtime: Runtime
) -> contextlib.AbstractContextManager[None]:
    """A GPU of the job's own, for a method that uses one."""
    if not benchmark.methods[shard.method].method.uses_gpu:
        return contextlib.nullcontext()
    from sccbgm.engine.device import a_gpu_of_its_own

    return a_gpu_of_its_own(runtime)


def _meter(benchmark: Benchmark, shard: Shard) -> Meter:
    """The energy counters of the processor, and of the GPU that the method uses."""
    counters, missing = processors()
    if benchmark.methods[shard.method].method.uses_gpu and benchmark.config.runtime.device != "cpu":
        import torch

        if torch.cuda.is_available():
            of_gpu, why = gpu(f"GPU-{torch.cuda.get_device_properties().uuid}")
            counters, missing = [*counters, *of_gpu], [*missing, *why]
    return Meter(counters, missing)


def _parts(benchmark: Benchmark, shard: Shard) -> Iterator[Shard]:
    """What is computed together: of a control, which fits nothing, one task; else the shard."""
    if not benchmark.methods[shard.method].method.control:
        yield shard
        return
    for task in shard.tasks:
        yield replace(shard, tasks=(task,))


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
        stage1 = load_stage1(benchmark, shard, files.stage1, data, jobs, runtime)
        fit = method.fit(jobs, runtime, stage1)
        with sealed(files.fit) as beside:
            method.save(fit, beside)
            beside.touch()
    except FirstStageFailed as error:
        logger.error("%s: %s", shard.path, error)
        table.fail(jobs, method.modes, str(error))
        return
    except (Exception, SystemExit) as error:
        check()
        if of_machine(error):
            raise
        logger.exception("%s failed", shard.path)
        table.fail(jobs, method.modes, reason(error))
        return
    for mode in method.modes:
        try:
            answers, remarks = _answers(fit, mode, len(jobs)), fit.remarks(mode)
        except (Exception, SystemExit) as error:
            check()
            if of_machine(error):
                raise
            logger.exception("%s failed to predict in mode %s", shard.path, mode)
            table.fail(jobs, [mode], reason(error))
            continue
        for job, answer, said in zip(jobs, answers, remarks, strict=True):
            table.add(job, mode, answer)
            table.remark(job, mode, said)


def _answers(fit: Fit, mode: str, n_jobs: int) -> list[Predictions | Failure]:
    """The answers of a fit for its jobs. Raises ValueError unless there is one answer a job."""
    answers = list(fit.predict(mode))
    if len(answers) != n_jobs:
        raise ValueError(f"expected an answer for each of {n_jobs} jobs, found {len(answers)}")
    return answers


def _runtime(benchmark: Benchmark, shard: Shard, files: ShardFiles, threads: int) -> Runtime:
    settings = benchmark.config.runtime
    return Runtime(
        device=settings.device,
        precision=settings.precision,
        members_at_once=settings.members_at_once,
        jobs_a_gpu=settings.jobs_a_gpu,
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
    content = [
        shard_settings(benchmark, shard),
        files.code,
        [checksum(path) for path in read],
    ]
    return hashlib.blake2b(json.dumps(content).encode(), digest_size=6).hexdigest()


def _cost(n_members: int, seconds: float) -> dict[str, Any]:
    """The job's use of resources: seconds, and the peaks of this process and of its GPU, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        2**20 if sys.platform == "darwin" else 2**10
    )
    cost = {"n_members": n_members, "seconds": seconds, "peak_memory_mb": peak, "device": "cpu"}
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        cost["device"] = torch.cuda.get_device_name()
        cost["peak_gpu_memory_mb"] = torch.cuda.max_memory_allocated() / 2**20
    return cost
