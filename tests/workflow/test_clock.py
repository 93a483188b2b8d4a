"""Scripts that are newer than results make nothing again; cells from the future are refused."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest
import yaml
from test_reruns import DATASET, counts
from workflow_runs import TINY_RUN, Run

pytestmark = pytest.mark.slow

TINY = ("--configfile", "tiny.yaml", "--max-checksum-file-size", "0")
"""By times alone: Snakemake compares what small files hold, and has no time for large ones."""
DAY = 86400.0


def test_a_fresh_checkout_makes_nothing_again(snakemake: Run, workflow: Path, root: Path) -> None:
    assert snakemake(*TINY).returncode == 0
    scripts = workflow / "workflow_scripts"
    scripts.unlink()
    shutil.copytree(root / "workflow_scripts", scripts, copy_function=shutil.copy)
    assert "Nothing to be done" in snakemake(*TINY).stdout


def test_cells_from_the_future_are_refused_before_the_first_job(
    snakemake: Run, workflow: Path
) -> None:
    counts().write_h5ad(workflow / "cells.h5ad")
    pairs = [{"id": "b", "type": "B", "group": "g"}]
    dataset = DATASET | {"tasks": DATASET["tasks"] | {"held_out": pairs}}
    (workflow / "config/datasets/mine.yaml").write_text(yaml.safe_dump(dataset))
    run = TINY_RUN | {"datasets": ["mine"], "metrics": ["rmmd"], "tables": []}
    (workflow / "tiny.yaml").write_text(yaml.safe_dump(run | {"methods": ["no_edit"]}))
    os.utime(workflow / "cells.h5ad", (time.time() + DAY,) * 2)
    done = snakemake(*TINY)
    assert done.returncode != 0
    assert "cells.h5ad: dated" in done.stdout and "after now" in done.stdout
    assert not list((workflow / "results").rglob("*.h5ad"))
    os.utime(workflow / "cells.h5ad")
    assert snakemake(*TINY).returncode == 0
