"""Jobs of one machine compute on GPUs of their own; no GPU is needed to see that."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sccbgm.io import gpus
from sccbgm.io.gpus import VISIBLE, own_gpu


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VISIBLE, raising=False)
    monkeypatch.setattr(gpus, "SECONDS", 0.05)


JOB = """
import os, sys, time
from pathlib import Path
from sccbgm.io import gpus
gpus.SECONDS = 0.05
name, folder, each = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
with gpus.own_gpu(lambda: 2, each, folder=folder / "locks"):
    device = os.environ["CUDA_VISIBLE_DEVICES"]
    begun = time.monotonic()
    time.sleep(0.4)
    (folder / name).write_text(f"{device} {begun} {time.monotonic()}")
"""


@pytest.mark.parametrize("each", [1, 2])
def test_no_more_jobs_than_asked_for_are_on_a_gpu_at_a_time(tmp_path: Path, each: int) -> None:
    words = [sys.executable, "-c", JOB]
    jobs = [subprocess.Popen([*words, f"job{i}", str(tmp_path), str(each)]) for i in range(5)]
    assert [job.wait() for job in jobs] == [0] * 5
    said = [path.read_text().split() for path in tmp_path.glob("job*")]
    assert {device for device, _, _ in said} == {"0", "1"}
    for device, begun, _ in said:
        beside = [
            other
            for other, start, end in said
            if other == device and float(start) <= float(begun) < float(end)
        ]
        assert len(beside) <= each


def test_a_job_that_dies_leaves_its_gpu(tmp_path: Path) -> None:
    code = JOB.replace("time.sleep(0.4)", "(folder / 'has').touch(); time.sleep(60)")
    words = [
        sys.executable,
        "-c",
        code.replace("lambda: 2", "lambda: 1"),
        "job",
        str(tmp_path),
        "1",
    ]
    job = subprocess.Popen(words)
    while not (tmp_path / "has").exists():
        time.sleep(0.05)
    job.kill()
    job.wait()
    with own_gpu(lambda: 1, folder=tmp_path / "locks"):
        assert os.environ[VISIBLE] == "0"
    assert VISIBLE not in os.environ


def test_what_a_scheduler_has_chosen_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for given in ("3", "", "GPU-5f2"):
        monkeypatch.setenv(VISIBLE, given)
        with own_gpu(lambda: 8, folder=tmp_path):
            assert os.environ[VISIBLE] == given
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv(VISIBLE, "2,5")
    with own_gpu(lambda: 8, folder=tmp_path):
        assert os.environ[VISIBLE] == "2"
    assert os.environ[VISIBLE] == "2,5"


def test_a_job_that_waits_says_so_once(tmp_path: Path) -> None:
    said: list[str] = []

    class Enough(Exception):
        pass

    def report(line: str) -> None:
        said.append(line)
        raise Enough

    with own_gpu(lambda: 1, folder=tmp_path):
        os.environ.pop(VISIBLE)
        with pytest.raises(Enough), own_gpu(lambda: 1, report=report, folder=tmp_path):
            pass
        os.environ[VISIBLE] = "0"
    assert said == ["waiting for one of 1 GPUs, all of which have 1 jobs"]


def test_a_machine_without_a_gpu_has_nothing_to_take(tmp_path: Path) -> None:
    with own_gpu(lambda: 0, folder=tmp_path):
        assert VISIBLE not in os.environ
