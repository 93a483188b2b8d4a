"""The jobs of a run as text: a display that stays in place, or a line now and then."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from snakemake_logger_plugin_sccbgm.jobs import Jobs, Running

ROWS = 12
"""Running jobs that are named; a cluster may have hundreds."""


def duration(seconds: float) -> str:
    """Seconds for people.

    >>> duration(42), duration(61), duration(7261), duration(190000)
    ('42 s', '1 min', '2 h 1 min', '2 d 4 h')
    """
    minutes = round(seconds / 60)
    if round(seconds) < 60:
        return f"{seconds:.0f} s"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes // 1440} d {minutes % 1440 // 60} h"


def summary(jobs: Jobs) -> str:
    """How far a run is: "41 of 68 jobs, 1 failed, 2 min so far, about 3 min left"."""
    left = jobs.seconds_left()
    parts = [
        f"{jobs.done} of {jobs.total} jobs",
        *([f"{len(jobs.failed)} failed"] if jobs.failed else []),
        f"{duration(jobs.elapsed)} so far",
        *([] if left is None or jobs.done >= jobs.total else [f"about {duration(left)} left"]),
    ]
    return ", ".join(parts)


class Lines:
    """For a log file or a pipe: a line when jobs are done, at most one in `every` seconds.

    While none is done, a line after that time, and after twice, four times ... as long, so that a
    long job is seen to be alive and a long night fills no screen.
    """

    def __init__(self, write: Callable[[str], object], jobs: Jobs, every: float = 30.0) -> None:
        self.write, self.jobs, self.every = write, jobs, every
        self.done, self.said, self.patience = 0, time.monotonic(), every
        self.closed, self.lock = threading.Event(), threading.Lock()
        self.clock = threading.Thread(target=self._watch, daemon=True)
        self.clock.start()

    def update(self) -> None:
        """Say how far the run is, if it is time or the end."""
        with self.lock:
            if self.jobs.done >= self.jobs.total or time.monotonic() - self.said >= self.every:
                self._say()

    def close(self) -> None:
        """Say no more."""
        self.closed.set()
        self.clock.join()

    def _watch(self) -> None:
        while not self.closed.wait(min(1.0, self.every)):
            with self.lock:
                if time.monotonic() - self.said >= self.patience:
                    self._say()

    def _say(self) -> None:
        jobs = self.jobs
        self.said = time.monotonic()
        self.patience = self.every if jobs.done > self.done else 2 * self.patience
        self.done = jobs.done
        running = list(jobs.running.values())
        now = [" ".join(filter(None, (job.rule, job.about))) for job in running[:3]]
        if len(running) == 1 and (line := running[0].last_line()):
            now = [f"{now[0]}: {line}"]
        more = f" and {len(running) - 3} more" if len(running) > 3 else ""
        runs = f"; now {', '.join(now)}{more}" if now else ""
        self.write(f"{summary(jobs)}{runs}\n")


class InPlace:
    """A bar, and below it the jobs that run, each with the last line of its log."""

    def __init__(self, console: Console, jobs: Jobs) -> None:
        self.jobs = jobs
        self.live = Live(
            console=console, get_renderable=self.render, refresh_per_second=2, transient=True
        )
        self.live.start()

    def update(self) -> None:
        """The display reads the jobs by itself."""

    def close(self) -> None:
        """Take the display off the terminal."""
        self.live.stop()

    def render(self) -> Group:
        """The display as it is now."""
        jobs = self.jobs
        bar = Table.grid(padding=(0, 1))
        bar.add_row(
            ProgressBar(total=max(jobs.total, 1), completed=jobs.done, width=30),
            Text(summary(jobs)),
        )
        rows = Table.grid(padding=(0, 2), expand=True)
        rows.add_column(no_wrap=True, style="cyan")
        rows.add_column(no_wrap=True, overflow="ellipsis", ratio=2)
        rows.add_column(no_wrap=True, justify="right")
        rows.add_column(no_wrap=True, overflow="ellipsis", ratio=3, style="dim")
        running = list(jobs.running.values())
        for job in running[:ROWS]:
            rows.add_row(*self._row(job))
        hidden = len(running) - ROWS
        return Group(bar, rows, *([Text(f"and {hidden} more", style="dim")] if hidden > 0 else []))

    def _row(self, job: Running) -> tuple[Text, ...]:
        seconds = duration(self.jobs.now() - job.since)
        return tuple(map(Text, (job.rule, job.about, seconds, job.last_line())))
