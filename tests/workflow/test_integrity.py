"""Numbers that do not depend on how a run is cut; damaged files, named and made again."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from workflow_runs import Run, configure, planned

pytestmark = pytest.mark.slow
TINY = ("--configfile", "tiny.yaml")

CUTS: dict[str, dict[str, object]] = {
    "whole": {},
    "small": {
        "shard": {"tasks": 1, "seeds": 2},
        "runtime": {"device": "cpu", "threads": 2, "members_at_once": 1},
    },
}
"""The same run in other shards, on other numbers of threads, members one after the other."""

TOLERANCE = 1e-5
"""Of a number, relative: products of several members at once add in another order."""


def test_numbers_do_not_depend_on_how_the_run_is_cut(snakemake: Run, workflow: Path) -> None:
    tables, printed = [], []
    for name, cut in CUTS.items():
        configure(workflow, results=name, methods=["sccbgm_fm"], seeds=[2, 1], **cut)
        done = snakemake(*TINY)
        assert done.returncode == 0, done.stdout
        rows = pd.read_parquet(workflow / name / "metrics.parquet")
        tables.append(rows.drop(columns="shard"))
        printed.append((workflow / name / "tables/tasks_mse__tiny.md").read_text())
    assert printed[0] == printed[1]
    pd.testing.assert_frame_equal(tables[0], tables[1], rtol=TOLERANCE, atol=0)


def test_a_damaged_file_is_named_and_made_again(snakemake: Run, workflow: Path) -> None:
    configure(workflow, methods=["cvae_fm"])
    assert snakemake(*TINY).returncode == 0
    results = workflow / "results"
    before = pd.read_parquet(results / "metrics.parquet")
    weights = results / "fits/tiny/recommended/cvae/seed1-block0.pt"
    rows = results / "metrics/tiny/recommended/cvae_fm/seed1-block0.parquet"

    _flip(weights)
    (results / "predictions/tiny/recommended/cvae_fm/seed1-block0.h5ad").unlink()
    done = snakemake(*TINY)
    assert done.returncode != 0
    assert f"{weights.relative_to(workflow)}: damaged" in done.stdout
    assert pd.read_parquet(results / "metrics.parquet")["value"].isna().all(), "no other numbers"

    weights.unlink()
    assert snakemake(*TINY).returncode == 0
    pd.testing.assert_frame_equal(pd.read_parquet(results / "metrics.parquet"), before)

    rows.unlink()
    jobs = planned(snakemake("-n", *TINY).stdout)
    assert (jobs["evaluate"], jobs["collect"], "train" in jobs) == (1, 1, False)


@pytest.fixture
def disk(workflow: Path) -> Iterator[Callable[[str], None]]:
    """Mounts a file system in memory at `disk`, or mounts it anew with other options."""
    folder, mounted = workflow / "disk", []
    folder.mkdir()

    def mount(options: str) -> None:
        again = ["-o", f"remount,{options}"] if mounted else ["-t", "tmpfs", "-o", options, "tmpfs"]
        if subprocess.run(["mount", *again, folder], capture_output=True).returncode:
            pytest.skip("needs the right to mount a file system")
        mounted.append(options)

    yield mount
    if mounted:
        subprocess.run(["umount", folder], check=True)


def test_a_full_and_a_read_only_disk_lose_nothing(
    snakemake: Run, workflow: Path, disk: Callable[[str], None]
) -> None:
    configure(workflow, results="disk/results", methods=["no_edit"])
    disk("size=400k")
    done = snakemake(*TINY)
    assert done.returncode != 0
    assert "No space left on device: 'disk/results/data/tiny.h5ad'" in done.stdout
    disk("ro")
    said = snakemake(*TINY).stdout
    assert "Write-protected output files" in said, "Snakemake's own, of what is there"
    configure(workflow, results="disk/other", methods=["no_edit"])
    assert "disk/other: cannot be written to: Read-only file system" in snakemake(*TINY).stdout
    configure(workflow, results="disk/results", methods=["no_edit"])
    disk("rw,size=40m")
    assert snakemake(*TINY).returncode == 0

    (workflow / "disk/results").rename(workflow / "disk/moved")
    configure(workflow, results="disk/moved", methods=["no_edit"])
    assert "Nothing to be done" in snakemake(*TINY).stdout


def _flip(path: Path) -> None:
    content = np.fromfile(path, dtype=np.uint8)
    content[len(content) // 2] ^= 1
    content.tofile(path)
