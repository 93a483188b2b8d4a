"""A copy of the workflow to run in, so that no test touches the repository's results."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml
from workflow_runs import LINKED, TINY_DATASET, Run, command, configure, finished


@pytest.fixture
def workflow(root: Path, tmp_path: Path) -> Path:
    """A folder with the workflow and a configuration `tiny.yaml` of its own."""
    for name in LINKED:
        (tmp_path / name).symlink_to(root / name)
    for name in ("datasets", "methods", "studies", "norman"):
        (tmp_path / "config" / name).mkdir(parents=True)
        for file in (root / "config" / name).glob("*.yaml"):
            (tmp_path / "config" / name / file.name).symlink_to(file)
    for name in ("config.yaml", "demo.yaml"):
        (tmp_path / "config" / name).symlink_to(root / "config" / name)
    (tmp_path / "config/datasets/tiny.yaml").write_text(yaml.safe_dump(TINY_DATASET))
    configure(tmp_path)
    return tmp_path


@pytest.fixture
def snakemake(root: Path, workflow: Path) -> Run:
    """Run Snakemake in the copy; stdout and stderr come together."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return finished(command(*arguments), workflow, root)

    return run
