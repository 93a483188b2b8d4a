"""A cluster and a reference run, each made once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster.run import ClusterRun
from cluster.slurm import Slurm


@pytest.fixture(scope="session")
def slurm() -> Iterator[Slurm]:
    cluster = Slurm()
    cluster.start()
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def undisturbed(
    slurm: Slurm, root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ClusterRun]:
    """A run to its end that nothing happened to."""
    with ClusterRun(slurm, root, tmp_path_factory.mktemp("undisturbed")) as run:
        run.start()
        run.finish()
        yield run


@pytest.fixture
def run(slurm: Slurm, root: Path, tmp_path: Path, undisturbed: ClusterRun) -> Iterator[ClusterRun]:
    """The same run, not started, with what the undisturbed one has prepared."""
    with ClusterRun(slurm, root, tmp_path, undisturbed) as run:
        yield run
