"""Small real runs: what is run again, what a failure leaves, what a killed run comes to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pandas as pd
import psutil
import pytest
from workflow_runs import TINY_RUN, Run, command, configure, environment, planned

pytestmark = pytest.mark.slow
TINY = ("--configfile", "tiny.yaml")


def test_weights_go_with_their_last_user_where_they_are_not_to_be_kept(
    snakemake: Run, workflow: Path
) -> None:
    runtime = TINY_RUN["runtime"] | {"keep_fits": False}
    configure(workflow, methods=["sccbgm", "sccbgm_fm"], runtime=runtime)
    done = snakemake(*TINY)
    assert done.returncode == 0, done.stdout
    results = workflow / "results"
    assert not list((results / "fits").rglob("*.pt"))
    metrics = pd.read_parquet(results / "metrics.parquet")
    assert set(metrics["method"]) == {"sccbgm", "sccbgm_fm"}
    assert metrics["value"].notna().any()
    assert "Nothing to be done" in snakemake(*TINY).stdout


def test_a_run_is_done_once_and_a_new_method_adds_only_its_jobs(
    snakemake: Run, workflow: Path
) -> None:
    done = snakemake(*TINY)
    assert done.returncode == 0, done.stdout
    results = workflow / "results"
    assert json.loads((results / "status.json").read_text())["failed"] == []
    metrics = pd.read_parquet(results / "metrics.parquet")
    assert set(metrics["method"]) == {"no_edit", "sccbgm"}
    assert set(metrics["reduced"]) == {"A test."}
    own = metrics.groupby("method")["settings"].unique().str.join("").to_dict()
    assert own["no_edit"] == ""
    said = "Own settings, where a method has them: epochs 2, hidden_dim 8, n_layers 1."
    assert own["sccbgm"] == said
    assert "Nothing to be done" in snakemake(*TINY).stdout

    configure(workflow, methods=["no_edit", "sccbgm", "vanilla_fm"])
    jobs = planned(snakemake("-n", *TINY).stdout)
    assert (jobs["train"], jobs["evaluate"]) == (1, 1)
    assert {"generate", "preprocess", "tasks", "denominators"}.isdisjoint(jobs)

    configure(workflow, params=TINY_RUN["params"] | {"epochs": 3})
    assert planned(snakemake("-n", *TINY).stdout)["train"] == 1, "only what has epochs"


def test_a_killed_run_continues_to_the_same_numbers(
    snakemake: Run, workflow: Path, root: Path
) -> None:
    long = {
        "methods": ["sccbgm"],
        "params": TINY_RUN["params"] | {"epochs": 600},
        "runtime": {"device": "cpu", "threads": 1, "checkpoint_minutes": 0.001},
    }
    configure(workflow, **long)
    assert snakemake(*TINY).returncode == 0
    undisturbed = pd.read_parquet(workflow / "results/metrics.parquet")

    configure(workflow, results="again", **long)
    started = _start(workflow, root)
    job = _training_job(started, workflow / "again")
    job.send_signal(signal.SIGKILL)
    assert started.wait(120) != 0, "the job was killed"

    started = _start(workflow, root)
    job = _training_job(started, workflow / "again")
    os.kill(started.pid, signal.SIGKILL)
    job.send_signal(signal.SIGKILL)
    started.wait(30)

    for cells in (workflow / "again/data").iterdir():
        os.utime(cells)  # as where results are copied: what is trained on what is in the files
    done = snakemake(*TINY)
    assert done.returncode == 0, done.stdout
    assert "continuing from step" in done.stdout
    pd.testing.assert_frame_equal(
        pd.read_parquet(workflow / "again/metrics.parquet"), undisturbed, check_exact=True
    )
    assert not list((workflow / "again/checkpoints").rglob("*.pt"))


def test_two_runs_do_not_write_to_one_folder(snakemake: Run, workflow: Path, root: Path) -> None:
    long = {"device": "cpu", "threads": 1, "checkpoint_minutes": 0.001}
    params = TINY_RUN["params"] | {"epochs": 5000}
    configure(workflow, methods=["sccbgm"], params=params, runtime=long)
    started = _start(workflow, root)
    job = _training_job(started, workflow / "results")
    done = snakemake(*TINY)
    os.kill(started.pid, signal.SIGKILL)
    job.send_signal(signal.SIGKILL)
    started.wait(30)
    assert done.returncode != 0
    assert "held by another process" in done.stdout


def _start(workflow: Path, root: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command(*TINY),
        cwd=workflow,
        env=environment(root),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _training_job(started: subprocess.Popen[bytes], results: Path) -> psutil.Process:
    """The process that trains, once it has a checkpoint newer than the start of this run."""
    begun = time.time()
    for _ in range(1200):
        fresh = [f for f in results.rglob("checkpoints/**/*.pt") if f.stat().st_mtime > begun]
        for process in psutil.Process(started.pid).children(recursive=True):
            if fresh and any(part.endswith("train.py") for part in process.cmdline()):
                return process
        time.sleep(0.1)
    raise TimeoutError("no training job wrote a checkpoint")
