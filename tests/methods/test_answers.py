"""What a job of an external method has finished is kept, and not done again after a kill."""

from __future__ import annotations

import dataclasses
import os
import signal
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from external_toy import toy_job

from sccbgm.io.ending import Ended, endable
from sccbgm.methods import registry
from sccbgm.methods._packages import answer_each
from sccbgm.methods.cinema_ot import CinemaOTAnswer
from sccbgm.protocol.method import Job, Runtime


def jobs_of(method: str, seeds: Sequence[int], **overrides: Any) -> list[Job]:
    job = toy_job(registry.get(method), **overrides)
    return [dataclasses.replace(job, member=dataclasses.replace(job.member, seed=s)) for s in seeds]


def test_a_finished_job_is_not_asked_again(tmp_path: Path) -> None:
    runtime, asked = Runtime(checkpoints=tmp_path), []

    def answer(job: Job) -> CinemaOTAnswer:
        asked.append(job.member.seed)
        if asked == [1, 2]:
            raise Ended
        cells = np.full((2, 3), job.member.seed, np.float32)
        return CinemaOTAnswer({"t": cells}, {"t": "said"})

    jobs = jobs_of("cinema_ot", [1, 2, 3])
    with pytest.raises(Ended):
        answer_each(jobs, runtime, answer, kind=CinemaOTAnswer)
    answers = answer_each(jobs, runtime, answer, kind=CinemaOTAnswer)
    assert asked == [1, 2, 2, 3]
    for job, given in zip(jobs, answers, strict=True):
        assert isinstance(given, CinemaOTAnswer)
        assert given.remarks == {"t": "said"}
        np.testing.assert_array_equal(given.predictions["t"], job.member.seed)
        assert given.predictions["t"].dtype == np.float32


def test_variants_and_presets_of_a_member_have_answers_of_their_own(tmp_path: Path) -> None:
    [job] = jobs_of("scgen", [1])
    members = [
        dataclasses.replace(job.member, **change)
        for change in ({}, {"variant": "other"}, {"preset": "reference"})
    ]
    jobs = [dataclasses.replace(job, member=member) for member in members]
    for _ in range(2):
        given = answer_each(jobs, Runtime(checkpoints=tmp_path), lambda job: {"t": name(job)})
        assert [answer["t"].tolist() for answer in given] == [name(job).tolist() for job in jobs]


def name(job: Job) -> np.ndarray:
    return np.frombuffer(str(job.member).encode(), np.uint8).copy()


def test_a_damaged_answer_is_a_fault_of_the_machine(tmp_path: Path) -> None:
    jobs, runtime = jobs_of("scgen", [1]), Runtime(checkpoints=tmp_path)
    answer_each(jobs, runtime, lambda job: {"t": np.zeros(3)})
    [file] = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-40] + bytes(40))
    with pytest.raises(OSError, match="damaged"):
        answer_each(jobs, runtime, lambda job: {"t": np.zeros(3)})


@pytest.mark.slow
@pytest.mark.parametrize("method", ["biolord", "scgen"])
def test_a_package_in_training_is_ended_by_sigterm_and_loses_one_member(
    method: str, tmp_path: Path
) -> None:
    """scvi-tools trains with Lightning, which has a handler of its own."""
    jobs = jobs_of(method, [1, 2], epochs=3)
    whole = registry.get(method).fit(jobs, Runtime(device="cpu")).predict("edit")

    longer = jobs_of(
        method, [2], epochs=100_000, **({"patience": 10**6} if method == "scgen" else {})
    )
    disturbed = [jobs[0], *longer]

    def end_the_second(line: str) -> None:
        threading.Timer(5.0, os.kill, (os.getpid(), signal.SIGTERM)).start()

    runtime = Runtime(device="cpu", checkpoints=tmp_path, report=end_the_second)
    with pytest.raises(Ended), endable():
        registry.get(method).fit(disturbed, runtime)
    assert len(list(tmp_path.iterdir())) == 1

    said: list[str] = []
    again = Runtime(device="cpu", checkpoints=tmp_path, report=said.append)
    continued = registry.get(method).fit(jobs, again).predict("edit")
    for one, other in zip(whole, continued, strict=True):
        assert isinstance(one, dict) and isinstance(other, dict)
        np.testing.assert_array_equal(one["stim1"], other["stim1"])
