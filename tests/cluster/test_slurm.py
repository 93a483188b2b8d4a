"""Runs of the workflow on a real Slurm, and what clusters do to them."""

from __future__ import annotations

import pytest

from cluster.run import BLOCK, OPTIONS, PREPARING, ClusterRun
from cluster.slurm import N_GPUS

pytestmark = pytest.mark.cluster


def again(run: ClusterRun) -> set[str]:
    """Jobs that Slurm started more than once."""
    return {job for job, times in run.started().items() if times > 1}


def prepared_again(run: ClusterRun) -> set[str]:
    """Jobs that made what the run began with."""
    return {job for job in run.started() if job.startswith(PREPARING)}


def assert_unharmed(run: ClusterRun, undisturbed: ClusterRun) -> None:
    """Nothing that was there is made again, and the results are the same to the byte."""
    assert prepared_again(run) == set()
    assert run.made() == undisturbed.made()


def of_training(method: str) -> str:
    return f"rule_train_gpu/tiny_recommended_{method}_{BLOCK}"


def test_a_run_uses_the_gpus_one_job_each(undisturbed: ClusterRun) -> None:
    assert undisturbed.gpu_jobs_at_once == N_GPUS
    assert again(undisturbed) == set()
    assert len(prepared_again(undisturbed)) == 8
    assert (undisturbed.results / "complete").exists()


def test_a_cancelled_training_continues(run: ClusterRun, undisturbed: ClusterRun) -> None:
    run.start()
    run.until(lambda: run.trains("sccbgm"))
    run.slurm.run("scancel", run.training("sccbgm")[0]["id"])
    run.finish()
    assert again(run) == {of_training("sccbgm")}
    assert "continuing from step" in run.log("sccbgm")
    assert_unharmed(run, undisturbed)


def test_a_killed_snakemake_is_resumed(run: ClusterRun, undisturbed: ClusterRun) -> None:
    run.start()
    run.until(lambda: run.trains("sccbgm"))
    training = run.training("sccbgm")[0]["id"]
    run.slurm.run("scancel", "--signal=STOP", training)  # so that it is there to be found
    run.kill()
    left = run.slurm.jobs()
    assert left
    run.start()
    run.slurm.wait("Snakemake's refusal", lambda: run.ended() is not None, 120)
    assert run.ended() != 0
    assert "jobs of an earlier run are queued or running" in run.said
    assert len(run.slurm.jobs()) <= len(left), "none was submitted beside them"
    run.slurm.run("scancel", "--signal=CONT", training)
    run.start("-m", "sccbgm.cli", "resume", "tiny.yaml", "--every", "1", "--", *OPTIONS)
    run.finish()
    assert again(run) == set()
    assert_unharmed(run, undisturbed)


def test_a_node_that_fails_costs_its_job_alone(run: ClusterRun, undisturbed: ClusterRun) -> None:
    run.start()
    run.until(lambda: run.trains("sccbgm"))
    node = run.training("sccbgm")[0]["node"]
    run.slurm.run("scontrol", "update", f"nodename={node}", "state=down", "reason=test")
    try:
        run.finish()
    finally:
        run.slurm.run("scontrol", "update", f"nodename={node}", "state=resume")
    assert again(run) <= {of_training("sccbgm")}
    assert_unharmed(run, undisturbed)


def test_a_preempted_training_continues(run: ClusterRun, undisturbed: ClusterRun) -> None:
    run.start()
    run.until(lambda: run.trains("sccbgm"))
    run.slurm.run("scontrol", "requeue", run.training("sccbgm")[0]["id"])
    run.finish()
    assert again(run) == set(), "it is one job of Slurm's"
    assert "continuing from step" in run.log("sccbgm")
    assert_unharmed(run, undisturbed)
