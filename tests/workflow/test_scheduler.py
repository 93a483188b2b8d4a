"""The scheduler rests while jobs run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

N_JOBS = 12
WORKFLOW = """
include: "{scheduler}"

onstart:
    {first}

rule all:
    input: expand("{{i}}.txt", i=range({n}))

rule one:
    output: "{{i}}.txt"
    shell: "sleep 0.5; touch {{output}}"
"""


def looks(folder: Path, root: Path, first: str) -> int:
    """How often Snakemake chose among jobs in a run of `N_JOBS`, one after the other."""
    text = WORKFLOW.format(scheduler=root / "rules/scheduler.smk", first=first, n=N_JOBS)
    (folder / "Snakefile").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--verbose"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stderr.count("Resources before job selection")


def test_one_look_a_job(tmp_path: Path, root: Path) -> None:
    assert looks(tmp_path, root, "look_for_jobs_when_one_ends()") <= N_JOBS + 2


@pytest.mark.slow
def test_without_it_there_are_more(tmp_path: Path, root: Path) -> None:
    assert looks(tmp_path, root, "pass") > 2 * N_JOBS
