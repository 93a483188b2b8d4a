"""A clock that was wrong, or a checkout that is newer than the results, makes nothing again."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pandas as pd
import pytest
import yaml
from test_reruns import DATASET, counts
from workflow_runs import TINY_RUN, Run, configure, planned

pytestmark = pytest.mark.slow

TINY = ("--configfile", "tiny.yaml", "--max-checksum-file-size", "0")
"""By times alone: Snakemake compares what small files hold, and has no time for large ones."""
DAY = 86400.0


def moved(folder: Path, seconds: float) -> None:
    """Date all files as if the clock had been wrong when they were made."""
    for path in folder.rglob("*"):
        found = path.lstat()
        times = (found.st_atime + seconds, found.st_mtime + seconds)
        os.utime(path, times, follow_symlinks=False)


def test_a_wrong_clock_and_a_fresh_checkout_make_nothing_again(
    snakemake: Run, workflow: Path, root: Path
) -> None:
    assert snakemake(*TINY).returncode == 0
    results = workflow / "results"
    before = pd.read_parquet(results / "metrics.parquet")

    (workflow / "workflow_scripts").unlink()
    shutil.copytree(
        root / "workflow_scripts", workflow / "workflow_scripts", copy_function=shutil.copy
    )
    assert "Nothing to be done" in snakemake(*TINY).stdout

    moved(results, -DAY)
    assert "Nothing to be done" in snakemake(*TINY).stdout

    moved(results, 2 * DAY)
    configure(workflow, methods=["no_edit", "sccbgm", "vanilla_fm"])
    done = snakemake(*TINY)
    assert done.returncode == 0, done.stdout
    assert "were dated after now: a clock was set back" in done.stdout
    jobs = planned(done.stdout)
    assert (jobs["train"], jobs["evaluate"]) == (1, 1)
    assert {"generate", "preprocess", "tasks", "denominators"}.isdisjoint(jobs)
    assert max(path.stat().st_mtime for path in results.rglob("*")) <= time.time()
    assert "Nothing to be done" in snakemake(*TINY).stdout
    after = pd.read_parquet(results / "metrics.parquet")
    old = after[after["method"] != "vanilla_fm"].reset_index(drop=True)
    pd.testing.assert_frame_equal(old, before, check_exact=True)


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
