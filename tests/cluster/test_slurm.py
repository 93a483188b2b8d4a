"""Runs of the workflow on a real Slurm, and what clusters do to them."""

from __future__ import annotations

import pytest

from cluster.run import ClusterRun

pytestmark = pytest.mark.cluster


def test_a_run_uses_the_gpus_one_job_each(undisturbed: ClusterRun) -> None:
    assert undisturbed.gpu_jobs_at_once == 2
    assert set(undisturbed.started().values()) == {1}
    assert (undisturbed.results / "complete").exists()
