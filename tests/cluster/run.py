"""A run of the workflow on the test cluster, watched while it goes on."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil
from workflow_runs import configure, environment, linked

from cluster.slurm import N_GPUS, Slurm

SEEDS = [1, 2, 3, 4, 5]
SETTINGS = {
    "methods": ["sccbgm", "vanilla_fm", "cvae", "cinema_ot"],
    "seeds": SEEDS,
    "shard": {"seeds": len(SEEDS)},
    "runtime": {"device": "auto", "threads": 1, "checkpoint_minutes": 60},
    "params": {"hidden_dim": 8, "n_layers": 1, "epochs": 100},
}
"""Three trainings that ask for a GPU, long enough to be disturbed, and a package's in two parts."""

BLOCK = f"seed{'_'.join(map(str, SEEDS))}-block0"
"""The one shard of each training."""

PREPARED = (
    *("results/raw", "results/data", "results/tasks"),
    *(f"results/{kind}/tiny/recommended/cinema_ot" for kind in ("fits", "predictions", "metrics")),
    ".snakemake/metadata",
)
"""What a run can begin with: cells, tasks, the package's results, and what Snakemake knows of how
they were made."""

PREPARING = (
    *(f"rule_{rule}/" for rule in ("generate", "preprocess", "tasks", "denominators", "train")),
    "rule_evaluate/tiny_recommended_cinema_ot_",
)
"""Beginnings of the names of the eight jobs that make it."""

OPTIONS = (
    *("--workflow-profile", "profiles/slurm", "--slurm-keep-successful-logs"),
    *("--slurm-init-seconds-before-status-checks", "2", "--slurm-status-command", "squeue"),
)
"""Of Snakemake, for a cluster without accounting whose jobs are short."""

ASKING = """

# Of the test: the executor waits ten seconds longer after each question that finds no ended job.
if workflow.is_main_process:
    from snakemake_executor_plugin_slurm import Executor

    Executor.next_seconds_between_status_checks = property(lambda self: 2, lambda self, _: None)
"""


class ClusterRun:
    """A copy of the workflow, and Snakemake in it through `profiles/slurm`.

    after: a run whose prepared files it begins with, None to make them.
    """

    def __init__(
        self, slurm: Slurm, root: Path, folder: Path, after: ClusterRun | None = None
    ) -> None:
        self.slurm, self.root, self.folder = slurm, root, linked(root, folder)
        self.results = folder / "results"
        self.process: subprocess.Popen[str] | None = None
        self.gpu_jobs_at_once = 0
        configure(folder, **SETTINGS)
        text = (folder / "Snakefile").read_text()
        (folder / "Snakefile").unlink()  # a link
        (folder / "Snakefile").write_text(text + ASKING)
        for name in PREPARED if after else ():
            shutil.copytree(after.folder / name, folder / name)  # files keep their times

    def __enter__(self) -> ClusterRun:
        return self

    def __exit__(self, *error: object) -> None:
        """End Snakemake if it is still there, and its jobs."""
        if self.process is not None and self.process.poll() is None:
            for child in psutil.Process(self.process.pid).children(recursive=True):
                child.kill()
            self.kill()
        self.slurm.end_jobs()

    def start(self, *words: str) -> None:
        """Start a command, by default Snakemake."""
        default = ("-m", "snakemake", "--configfile", "tiny.yaml", *OPTIONS)
        with (self.folder / "said.txt").open("a") as said:
            self.process = subprocess.Popen(
                [sys.executable, *(words or default)],
                cwd=self.folder,
                env=environment(self.root) | self.slurm.environment,
                stdout=said,
                stderr=subprocess.STDOUT,
                text=True,
            )

    @property
    def said(self) -> str:
        """Everything that the run has printed."""
        return (self.folder / "said.txt").read_text()

    def until(self, ready: Callable[[], bool], seconds: float = 1500.0) -> None:
        """Watch the run until something is true of it. Raises AssertionError if it ends before."""
        end = time.monotonic() + seconds
        while not ready():
            assert self.ended() is None, self.said
            assert time.monotonic() < end, f"waited too long; {self.said}"
            self.watch()

    def watch(self) -> None:
        """Count the jobs on the GPUs, and wait a little."""
        running = self.slurm.jobs("--partition=gpu", "--states=RUNNING")
        self.gpu_jobs_at_once = max(self.gpu_jobs_at_once, len(running))
        time.sleep(0.3)

    def finish(self) -> None:
        """Watch it to its end, which must be a success."""
        while self.ended() is None:
            self.watch()
        assert self.ended() == 0, self.said
        assert self.gpu_jobs_at_once <= N_GPUS

    def ended(self) -> int | None:
        """The exit code of the command, None while it runs."""
        assert self.process is not None, "not started"
        return self.process.poll()

    def kill(self) -> None:
        """Kill Snakemake, and nothing else."""
        assert self.process is not None, "not started"
        self.process.kill()
        self.process.wait()

    def training(self, method: str) -> list[dict[str, str]]:
        """The running job that trains a method, if it trains already."""
        jobs = self.slurm.jobs("--states=RUNNING")
        return [
            job
            for job in jobs
            if f"train_gpu_wildcards_tiny_recommended_{method}_" in job["comment"]
        ]

    def trains(self, method: str) -> bool:
        """Whether a method's training has come to its tenth epoch."""
        return bool(self.training(method)) and "epoch 10/" in self.log(method)

    def log(self, method: str) -> str:
        """What the training of a method has written to its log, all attempts together."""
        logs = self.folder.glob(f".snakemake/slurm_logs/rule_train_gpu/*_{method}_*/*.log")
        own = self.results / f"logs/train/tiny/recommended/{method}/{BLOCK}.log"
        return "".join(path.read_text() for path in (*logs, own) if path.exists())

    def started(self) -> Counter[str]:
        """Job, as rule/wildcards -> how often Slurm started it."""
        logs = (self.folder / ".snakemake/slurm_logs").rglob("*.log")
        return Counter(
            str(log.parent.relative_to(self.folder / ".snakemake/slurm_logs")) for log in logs
        )

    def made(self) -> dict[str, bytes]:
        """What must not depend on what happened to the run: all numbers, and the tables of them."""
        tables = (path for path in self.results.glob("tables/*") if path.stem != "fits")
        return {
            path.name: path.read_bytes() for path in (self.results / "metrics.parquet", *tables)
        }
