"""The handler that Snakemake gives its messages to."""

from __future__ import annotations

import os
import sys
from logging import INFO, LogRecord
from typing import Any, TextIO, cast

from rich.console import Console
from rich.text import Text
from snakemake.logging import ColorizingTextHandler, DefaultFilter, DefaultFormatter
from snakemake.settings.enums import Quietness
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

from snakemake_logger_plugin_sccbgm.display import InPlace, Lines
from snakemake_logger_plugin_sccbgm.jobs import Jobs

CHATTER = {
    *(LogEvent.WORKFLOW_STARTED, LogEvent.RUN_INFO, LogEvent.RESOURCES_INFO, LogEvent.JOB_INFO),
    *(LogEvent.JOB_STARTED, LogEvent.JOB_FINISHED, LogEvent.GROUP_INFO, LogEvent.SHELLCMD),
    LogEvent.PROGRESS,
}
"""Events that are in the display, or in the log file alone."""

OPENINGS = (
    *("Assuming unrestricted", "Using workflow specific profile", "Building DAG of jobs"),
    *("Using shell", "Conda environments: ignored", "Singularity containers: ignored"),
    *("Select jobs to execute", "Touching output file", "Removing temporary output"),
    *("Storing output in storage", "Updating checkpoint dependencies", "Processed "),
)
"""How Snakemake's messages begin that say nothing of this run."""

JOBS_ARE_SILENT = "SCCBGM_JOBS_ARE_SILENT"
"""Environment variable: what jobs say goes to their log files alone (`sccbgm.io.logs`)."""


class LogHandler(LogHandlerBase):
    """One display of the run, with warnings and errors above it."""

    def __post_init__(self) -> None:
        """Choose between the display and Snakemake's own output."""
        asked = self.common_settings
        own = asked.dryrun or asked.verbose or asked.printshellcmds or asked.debug_dag
        self.jobs = Jobs()
        self.display: InPlace | Lines | None = None
        self.shows_display = not own and not {Quietness.PROGRESS, Quietness.ALL} & _quiet(asked)
        self.shows_chatter = own
        stream = sys.stdout if asked.stdout else sys.stderr
        self.console = Console(file=stream, no_color=asked.nocolor, highlight=False)
        self.text = ColorizingTextHandler(
            nocolor=asked.nocolor,
            stream=stream if own else cast(TextIO, _Above(self.console)),
            formatter=DefaultFormatter(_quiet(asked), asked.show_failed_logs),
            filter=DefaultFilter(
                _quiet(asked), asked.debug_dag, asked.verbose, asked.dryrun, asked.printshellcmds
            ),
        )
        if not own:
            os.environ.setdefault(JOBS_ARE_SILENT, "1")

    writes_to_stream = True
    writes_to_file = False
    has_filter = True
    has_formatter = True
    needs_rulegraph = False

    def emit(self, record: LogRecord) -> None:
        """Count what happened, and print what is to be read."""
        try:
            self._see(record.__dict__)
            if self.shows_chatter or not is_chatter(record):
                self.text.handle(record)
        except Exception:
            self.handleError(record)

    def _see(self, said: dict[str, Any]) -> None:
        event, jobs = said.get("event"), self.jobs
        if event == LogEvent.RUN_INFO:
            jobs.count(jobs.done, said["stats"].get("total", jobs.total))
        elif "expected" in said:
            jobs.expect(said["expected"])
        elif event == LogEvent.JOB_INFO:
            jobs.start(said["jobid"], said["rule_name"], said["wildcards"] or {}, said["log"] or [])
        elif event == LogEvent.JOB_FINISHED:
            jobs.finish(said["job_id"])
        elif event == LogEvent.JOB_ERROR:
            jobs.fail(said["jobid"])
        elif event == LogEvent.PROGRESS:
            jobs.count(said["done"], said["total"])
        else:
            return
        if self.shows_display:
            self.display = self.display or self._new_display()
            self.display.update()

    def _new_display(self) -> InPlace | Lines:
        if self.console.is_terminal:
            return InPlace(self.console, self.jobs)
        return Lines(_Above(self.console).write, self.jobs)

    def close(self) -> None:
        """Take the display away."""
        if self.display is not None:
            self.display.close()
        super().close()


def _quiet(asked: Any) -> set[Quietness]:
    return set(asked.quiet or ())


def is_chatter(record: LogRecord) -> bool:
    """Whether a message says nothing that the display does not, or nothing of this run."""
    if record.levelno > INFO:
        return False
    if hasattr(record, "expected") or getattr(record, "event", None) in CHATTER:
        return True
    return str(record.msg).startswith(OPENINGS)


class _Above:
    """A stream that writes whole lines above the display."""

    def __init__(self, console: Console) -> None:
        self.console, self.begun = console, ""

    def write(self, text: str) -> None:
        lines, found, self.begun = (self.begun + text).rpartition("\n")
        if found:
            self.console.print(Text.from_ansi(lines), soft_wrap=True)

    def flush(self) -> None:
        self.console.file.flush()

    def isatty(self) -> bool:
        return self.console.is_terminal
