"""The display of a run: what it counts, what it prints on a terminal and elsewhere."""

from __future__ import annotations

import io
import logging
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from snakemake.settings.enums import Quietness
from snakemake.settings.types import OutputSettings
from snakemake_interface_logger_plugins.common import LogEvent
from workflow_runs import finished

from snakemake_logger_plugin_sccbgm import LogHandler
from snakemake_logger_plugin_sccbgm.display import InPlace, Lines, duration, summary
from snakemake_logger_plugin_sccbgm.jobs import Jobs


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def trained(clock: Clock, plan: dict[int, tuple[str, float]], seconds: dict[int, float]) -> Jobs:
    """A run in which some jobs took so long, one after the other."""
    jobs = Jobs(now=clock)
    jobs.expect(plan)
    for number, took in seconds.items():
        jobs.start(number, plan[number][0].split()[0], {}, [])
        clock.seconds += took
        jobs.finish(number)
        jobs.count(jobs.done + 1, len(plan))
    return jobs


def test_the_rest_takes_as_long_as_jobs_of_its_kind_took_for_as_much_work() -> None:
    plan = {1: ("train a", 1.0), 2: ("train a", 3.0), 3: ("train b", 9.0), 4: ("table", 1.0)}
    jobs = trained(Clock(), plan, {1: 10.0, 4: 2.0})
    # 30 s for three times the work; of b nothing is known: the median of both jobs
    assert jobs.seconds_left() == pytest.approx(36.0)


def test_a_kind_not_seen_takes_what_three_others_of_its_rule_took() -> None:
    plan = {n: (f"train {n}", 1.0) for n in range(4)} | dict.fromkeys(range(4, 14), ("table", 1.0))
    done = {0: 4.0, 1: 200.0, 2: 5.0} | dict.fromkeys(range(4, 14), 1.0)
    assert trained(Clock(), plan, done).seconds_left() == pytest.approx(5.0)


def test_jobs_side_by_side_halve_what_is_left_and_a_running_one_counts_what_remains() -> None:
    clock, plan = Clock(), dict.fromkeys(range(6), ("train a", 1.0))
    jobs = Jobs(now=clock)
    jobs.expect(plan)
    for pair in ((0, 1), (2, 3)):
        for number in pair:
            jobs.start(number, "train", {}, [])
        clock.seconds += 10
        for number in pair:
            jobs.finish(number)
            jobs.count(jobs.done + 1, 6)
    assert jobs.seconds_left() == pytest.approx(10.0)
    jobs.start(4, "train", {}, [])
    jobs.start(5, "train", {}, [])
    clock.seconds += 4
    assert jobs.seconds_left() == pytest.approx(6.0)


def test_nothing_is_said_before_anything_is_known_and_a_failure_can_be_tried_again() -> None:
    jobs = trained(Clock(), dict.fromkeys(range(40), ("train a", 1.0)), {0: 5.0})
    assert jobs.seconds_left() is None
    jobs.start(1, "train", {}, [])
    jobs.fail(1)
    assert "1 failed" in summary(jobs)
    jobs.start(1, "train", {}, [])
    assert "failed" not in summary(jobs)


def test_jobs_that_a_checkpoint_added_are_counted() -> None:
    jobs = trained(Clock(), {1: ("a", 1.0), 2: ("b", 1.0)}, {1: 4.0, 2: 4.0})
    jobs.count(2, 5)
    assert jobs.seconds_left() == pytest.approx(12.0)


def test_the_last_line_of_a_log_is_shown_without_its_time(tmp_path: Path) -> None:
    log = tmp_path / "job.log"
    log.write_text("10:00:00 INFO begun\n10:00:01 INFO kang/cvae: epoch 3 of 40\n\n")
    jobs = Jobs()
    jobs.start(1, "train", {"dataset": "kang", "method": "cvae"}, [str(log)])
    console = Console(file=io.StringIO(), width=120)
    display = InPlace(console, jobs)
    console.print(display.render())
    display.close()
    shown = console.file.getvalue()
    assert "train" in shown and "kang cvae" in shown and "kang/cvae: epoch 3 of 40" in shown
    assert "10:00:01" not in shown


def test_lines_are_rare_and_the_last_one_is_always_there() -> None:
    said: list[str] = []
    jobs = Jobs()
    lines = Lines(said.append, jobs, every=3600)
    for done in range(1, 4):
        jobs.count(done, 3)
        lines.update()
    lines.close()
    assert len(said) == 1 and said[0].startswith("3 of 3 jobs")


def test_a_long_job_is_seen_to_be_alive_ever_more_rarely(tmp_path: Path) -> None:
    said: list[str] = []
    (tmp_path / "job.log").write_text("10:00:01 INFO epoch 3 of 40\n")
    jobs = Jobs(total=2)
    jobs.start(1, "train", {"method": "cvae"}, [str(tmp_path / "job.log")])
    lines = Lines(said.append, jobs, every=0.1)
    time.sleep(1.2)  # 0.1, 0.2, 0.4 ...
    lines.close()
    assert 2 <= len(said) <= 4
    assert said[0] == "0 of 2 jobs, 0 s so far; now train cvae: epoch 3 of 40\n"


@pytest.mark.parametrize(
    ("seconds", "said"), [(4, "4 s"), (59.6, "1 min"), (3599, "1 h 0 min"), (200000, "2 d 7 h")]
)
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def handled(capsys: pytest.CaptureFixture[str], **settings: Any) -> str:
    """What is printed of a job's start, a warning and an error."""
    quiet = settings.pop("quiet", set())
    handler = LogHandler(OutputSettings(quiet=quiet, **settings), None)
    chatter = {"event": LogEvent.JOB_STARTED, "jobs": [1]}
    for level, text, extra in (
        (logging.INFO, "Execute 1 jobs...", chatter),
        (logging.INFO, "Building DAG of jobs...", {}),
        (logging.INFO, "Nothing to be done", {}),
        (logging.ERROR, "No space left", {"event": LogEvent.ERROR}),
    ):
        record = logging.LogRecord("snakemake", level, "", 0, text, None, None)
        record.__dict__.update(extra)
        handler.emit(record)
    handler.close()
    printed = capsys.readouterr()
    return printed.out + printed.err


def test_messages_of_this_run_are_printed_and_chatter_is_not(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCCBGM_JOBS_ARE_SILENT", "1")
    said = handled(capsys)
    assert said.splitlines() == ["Nothing to be done", "No space left"]
    assert "Execute 1 jobs..." in handled(capsys, verbose=True)
    assert "Building DAG of jobs..." in handled(capsys, dryrun=True, stdout=True)
    assert handled(capsys, quiet={Quietness.ALL}) == ""


SNAKEFILE = """
rule all:
    input: "a", "b"

rule a:
    output: "a"
    log: "a.log"
    shell: "echo working > {log}; echo $SCCBGM_JOBS_ARE_SILENT > {output}"

rule b:
    output: "b"
    log: "b.log"
    shell: "echo what went wrong > {log}; exit 1"
"""


def test_a_run_is_a_few_lines_with_every_failure_and_all_else_is_in_the_log(
    tmp_path: Path, root: Path
) -> None:
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    options = ("--logger", "sccbgm", "--keep-going", "--show-failed-logs")
    words = [sys.executable, "-m", "snakemake", "--cores", "2", *options]
    done = finished(words, tmp_path, root)
    assert done.returncode == 1
    assert "Error in rule b" in done.stdout and "what went wrong" in done.stdout
    assert "Select jobs" not in done.stdout and "rule a:" not in done.stdout
    assert (tmp_path / "a").read_text() == "1\n", "what jobs say is in their log files alone"
    [log] = (tmp_path / ".snakemake/log").iterdir()
    assert "rule a:" in log.read_text()
