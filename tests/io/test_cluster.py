"""Jobs of earlier runs are found by what the scheduler answers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sccbgm.io.cluster import ClusterError, cancel, how_to_cancel, left_behind, note_run


@pytest.fixture
def scheduler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of commands that stand for a scheduler's, before all others."""
    commands = tmp_path / "bin"
    commands.mkdir()
    monkeypatch.setenv("PATH", f"{commands}:{os.environ['PATH']}")
    return commands


def command(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


def test_jobs_of_noted_runs_are_found_and_ended_runs_forgotten(
    scheduler: Path, tmp_path: Path
) -> None:
    results = tmp_path / "results"
    assert left_behind(results) == []
    note_run(results, "slurm", "aaa")
    note_run(results, "slurm", "bbb")
    note_run(results, "lsf", "ccc")
    note_run(results, "local", "ddd")
    command(scheduler, "squeue", 'case "$*" in *aaa*) echo "7 RUNNING"; echo "8 PENDING";; esac')
    command(scheduler, "bjobs", 'echo "Job <$5> is not found" >&2; exit 255')
    found = left_behind(results)
    assert [(job.scheduler, job.id, job.state) for job in found] == [
        ("slurm", "7", "RUNNING"),
        ("slurm", "8", "PENDING"),
    ]
    assert [note.name for note in (results / ".runs").iterdir()] == ["slurm,aaa"]
    assert how_to_cancel(found) == "scancel 7 8"
    command(scheduler, "scancel", f'echo "$*" > {tmp_path / "cancelled"}')
    cancel(found)
    assert (tmp_path / "cancelled").read_text() == "7 8\n"


def test_a_scheduler_that_does_not_answer_is_no_empty_queue(
    scheduler: Path, tmp_path: Path
) -> None:
    note_run(tmp_path, "slurm", "aaa")
    command(scheduler, "squeue", "echo no controller >&2; exit 1")
    with pytest.raises(ClusterError, match="no controller"):
        left_behind(tmp_path)
    (scheduler / "squeue").chmod(0o644)
    if os.system("command -v squeue >/dev/null") != 0:
        with pytest.raises(ClusterError, match="remove that file"):
            left_behind(tmp_path)
    assert (tmp_path / ".runs/slurm,aaa").exists()
