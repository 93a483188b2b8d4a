"""Jobs that a run left in the queue of a cluster, because its Snakemake was killed.

Snakemake's executors give the jobs of one run a common name, the id of the run. It is noted in the
results folder, and the scheduler is asked for the jobs of that name.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

FOLDER = ".runs"
"""In the results folder: an empty file a run, `<scheduler>,<id>`."""


@dataclass(frozen=True)
class Scheduler:
    """The commands of a scheduler.

    ask: lists id and state of the unfinished jobs of a "RUN", a line a job. cancel: ends jobs.
    none: the words of its failure where there are no such jobs.
    """

    ask: tuple[str, ...]
    cancel: str
    none: str | None = None


SCHEDULERS = {
    "slurm": Scheduler(("squeue", "--noheader", "--format=%i %T", "--name=RUN"), "scancel"),
    "lsf": Scheduler(
        ("bjobs", "-noheader", "-o", "jobid stat", "-J", "*RUN*"), "bkill", "not found"
    ),
}
"""By the name of Snakemake's executor."""


class ClusterError(RuntimeError):
    """The scheduler cannot be asked, or there are jobs that must end first."""


@dataclass(frozen=True)
class Left:
    """A job of an earlier run: its scheduler, its id and its state there."""

    scheduler: str
    id: str
    state: str


def note_run(results: Path, scheduler: str, run: str) -> None:
    """Remember a run that is about to start on a cluster; others have nothing to leave."""
    if scheduler in SCHEDULERS:
        (results / FOLDER).mkdir(parents=True, exist_ok=True)
        (results / FOLDER / f"{scheduler},{run}").touch()


def left_behind(results: Path) -> list[Left]:
    """Unfinished jobs of the runs that were noted; a run that has none is forgotten.

    Raises ClusterError if a scheduler does not answer.
    """
    found: list[Left] = []
    for note in sorted((results / FOLDER).glob("*,*")):
        scheduler, _, run = note.name.partition(",")
        jobs = [Left(scheduler, *line.split()) for line in _asked(scheduler, run, note)]
        found += jobs
        if not jobs:
            note.unlink()
    return found


def cancel(jobs: Iterable[Left]) -> None:
    """End these jobs. Raises CalledProcessError if the scheduler refuses."""
    for command, ids in _by_command(jobs).items():
        subprocess.run([command, *ids], check=True)


def how_to_cancel(jobs: Iterable[Left]) -> str:
    """The command that ends these jobs."""
    return "; ".join(" ".join([command, *ids]) for command, ids in _by_command(jobs).items())


def _by_command(jobs: Iterable[Left]) -> dict[str, list[str]]:
    ids: dict[str, list[str]] = {}
    for job in jobs:
        ids.setdefault(SCHEDULERS[job.scheduler].cancel, []).append(job.id)
    return ids


def _asked(scheduler: str, run: str, note: Path) -> list[str]:
    """What a scheduler answers about a run, a line a job."""
    known = SCHEDULERS[scheduler]
    try:
        words = [word.replace("RUN", run) for word in known.ask]
        done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ClusterError(
            f"a run on {scheduler} was noted in {note}, and {scheduler} does not say whether its "
            f"jobs have ended ({error}); where it has none any more, remove that file"
        ) from error
    if done.returncode and (known.none is None or known.none not in done.stderr):
        raise ClusterError(f"{note}: {scheduler} cannot be asked: {done.stderr.strip()}")
    return done.stdout.splitlines() if not done.returncode else []
