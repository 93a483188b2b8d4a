"""Snakemake's command line, with a job's Python script run in a process that is kept.

Importing what a job needs takes seconds, and reading the configuration half a one; the paper at
its smallest has 600 jobs. The graph, its files and the scripts are the same; what a process of
its own protects from is not tested.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import runpy
import sys
import traceback
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

from snakemake.benchmark import BenchmarkTimer, benchmarked
from snakemake.cli import main
from snakemake.script import PythonScript

from sccbgm.benchmark import studies

Process = tuple[ProcessPoolExecutor, int]

idle: queue.SimpleQueue[Process] = queue.SimpleQueue()
"""Processes without work, with their ids: never more of them than jobs at once."""

load_run = studies.load_run
loaded: dict[str, studies.Run] = {}


def remembered(config: Mapping[str, Any]) -> studies.Run:
    """A run, read anew only where tasks have been derived since."""
    key = repr((config, sorted(Path(config["results"]).parent.glob("*/derived/*"))))
    if key not in loaded:
        loaded[key] = load_run(config)
    return loaded[key]


def run(script: str) -> None:
    studies.load_run = remembered
    arguments, places = list(sys.argv), list(sys.path)
    try:
        runpy.run_path(script, run_name="__main__")
    except BaseException as error:  # a script also ends by SystemExit
        traceback.print_exc()
        raise CalledProcessError(1, script) from error
    finally:
        sys.argv, sys.path = arguments, places


def started() -> Process:
    process = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
    return process, process.submit(os.getpid).result()


def execute_script(self: PythonScript, fname: str, edit: bool = False) -> None:
    try:
        process, pid = idle.get_nowait()
    except queue.Empty:
        process, pid = started()
    record = self.bench_record
    with nullcontext() if record is None else benchmarked(pid, record):
        process.submit(run, fname).result()
    idle.put((process, pid))


def unmeasured(self: BenchmarkTimer) -> None:
    """In place of a look at a process's memory, which takes longer than most jobs."""


if __name__ == "__main__":
    BenchmarkTimer.work = unmeasured
    PythonScript.execute_script = execute_script
    main(sys.argv[1:])
