"""What is known of a run's jobs: which are done and which run, and how long the rest may take."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

TAIL = 4096
"""Bytes at the end of a log file in which its last line is looked for."""
KINDS = 3
"""Fewer do not tell what a rule's jobs take: a network is trained in minutes, a control at once."""


@dataclass(frozen=True)
class Expected:
    """What the plan knows of a job. kind: jobs of one kind take the same time for the same work."""

    kind: str
    work: float


@dataclass(frozen=True)
class Running:
    """A job that runs. log: where it says how it goes."""

    rule: str
    about: str
    log: str
    since: float

    def last_line(self) -> str:
        """What its log says last, "" where there is none."""
        path = Path(self.log)
        if not self.log or not path.is_file():
            return ""
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - TAIL))
            lines = file.read().decode("utf-8", "replace").split("\n")
        said = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return said.split(" INFO ")[-1].split(" DEBUG ")[-1]


@dataclass
class Jobs:
    """The jobs of a run, told by Snakemake as it goes.

    A job that is to come takes the seconds that finished jobs of its kind took for as much work; of
    a kind that was not seen yet, the median of its rule, once three kinds of that are known, or of
    all jobs. The sum is divided by how many jobs ran at a time.
    """

    now: Callable[[], float] = time.monotonic
    done: int = 0
    total: int = 0
    failed: set[int] = field(default_factory=set)
    running: dict[int, Running] = field(default_factory=dict)
    waiting: dict[int, Expected] = field(default_factory=dict)
    took: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    begun: float | None = None

    def expect(self, plan: Mapping[int, tuple[str, float]]) -> None:
        """Take the plan: job's number -> its kind, "rule method", and its work."""
        self.waiting = {number: Expected(*of) for number, of in plan.items()}
        self.total = max(self.total, len(plan))

    def start(
        self, number: int, rule: str, wildcards: Mapping[str, str], log: Iterable[str]
    ) -> None:
        """A job was handed to a machine."""
        self.begun = self.now() if self.begun is None else self.begun
        self.failed.discard(number)  # tried again
        about = " ".join(str(value) for value in wildcards.values())
        self.running[number] = Running(rule, about, next(iter(log), ""), self.now())

    def finish(self, number: int) -> None:
        """A job is done: what it took is what others like it will take."""
        job = self.running.pop(number, None)
        of = self.waiting.pop(number, None)
        if job is not None:
            known = of or Expected(job.rule, 1.0)
            self.took.setdefault(known.kind, []).append((self.now() - job.since, known.work))

    def fail(self, number: int) -> None:
        """A job failed, which does not say how long others take."""
        self.running.pop(number, None)
        self.failed.add(number)

    def count(self, done: int, total: int) -> None:
        """Snakemake's own count, to which a checkpoint may add."""
        self.done, self.total = done, total

    @property
    def elapsed(self) -> float:
        """Seconds since the first job."""
        return 0.0 if self.begun is None else self.now() - self.begun

    def seconds_left(self) -> float | None:
        """About how long the rest takes, None before a twentieth of the jobs is done."""
        if not self.took or self.done < max(2, self.total / 20):
            return None
        rest = {n: self._seconds(j) for n, j in self.waiting.items() if n not in self.failed}
        for number, job in self.running.items():
            if number in rest:
                rest[number] = max(0.0, rest[number] - (self.now() - job.since))
        unknown = max(0, self.total - self.done - len(self.failed) - len(rest))
        busy = self._busy()
        at_once = max(1.0, busy / self.elapsed) if self.elapsed else 1.0
        return (sum(rest.values()) + unknown * _median(self.took.values())) / at_once

    def _busy(self) -> float:
        finished = sum(seconds for pairs in self.took.values() for seconds, _ in pairs)
        return finished + sum(self.now() - job.since for job in self.running.values())

    def _seconds(self, job: Expected) -> float:
        if alike := self.took.get(job.kind):
            return sum(s for s, _ in alike) / max(sum(w for _, w in alike), 1e-9) * job.work
        rule = job.kind.partition(" ")[0]
        of_rule = [pairs for kind, pairs in self.took.items() if kind.partition(" ")[0] == rule]
        return _median(of_rule if len(of_rule) >= KINDS else self.took.values())


def _median(groups: Iterable[list[tuple[float, float]]]) -> float:
    return statistics.median(seconds for pairs in groups for seconds, _ in pairs)
