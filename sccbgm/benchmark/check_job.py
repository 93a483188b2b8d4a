"""One job of the benchmark: ask the fits of a shard, read from their weights, for its checks."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sccbgm.benchmark.checks import COLUMNS, check_fit
from sccbgm.benchmark.jobs import load_stage1, make_jobs
from sccbgm.benchmark.plan import Shard
from sccbgm.config.run import Benchmark
from sccbgm.io.seals import is_empty, verified
from sccbgm.protocol.method import Runtime

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class CheckFiles:
    """Files that a job reads; stage1: the weights of the first stage's shard, if any."""

    data: Path
    tasks: Path
    pca: Path
    fit: Path
    stage1: Path | None = None


def check_shard(
    benchmark: Benchmark,
    shard: Shard,
    files: CheckFiles,
    metric_ids: Sequence[str],
    threads: int,
) -> pd.DataFrame:
    """`check_fit` of a shard; without lines where nothing could be fitted.

    Raises OSError, naming the file, where one is damaged.
    """
    import pandas as pd

    from sccbgm.data.loading import load_tasks
    from sccbgm.engine.device import a_gpu_of_its_own
    from sccbgm.engine.method import StackedMethod

    settings, method = benchmark.config.runtime, benchmark.methods[shard.method].method
    if isinstance(method, StackedMethod) and is_empty(verified(files.fit)):
        return pd.DataFrame(columns=COLUMNS)
    runtime = Runtime(
        device=settings.device,
        precision=settings.precision,
        jobs_a_gpu=settings.jobs_a_gpu,
        threads=threads,
    )
    own = a_gpu_of_its_own(runtime) if method.uses_gpu else contextlib.nullcontext()
    with own:
        data = load_tasks(files.data, files.tasks, files.pca, shard.tasks)
        jobs = make_jobs(benchmark, shard, data)
        stage1 = load_stage1(benchmark, shard, files.stage1, data, jobs, runtime)
        fit = method.load(jobs, verified(files.fit), runtime, stage1)
        return check_fit(fit, method.modes, metric_ids)
