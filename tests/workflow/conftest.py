"""A copy of the workflow to run in, so that no test touches the repository's results."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from workflow_runs import Run, command, finished, linked


@pytest.fixture
def workflow(root: Path, tmp_path: Path) -> Path:
    """A folder with the workflow and a configuration `tiny.yaml` of its own."""
    return linked(root, tmp_path)


@pytest.fixture
def snakemake(root: Path, workflow: Path) -> Run:
    """Run Snakemake in the copy; stdout and stderr come together."""

    def run(*arguments: str, warm: bool = False) -> subprocess.CompletedProcess[str]:
        return finished(command(*arguments, warm=warm), workflow, root)

    return run
