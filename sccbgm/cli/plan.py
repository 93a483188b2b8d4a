"""Members, jobs, steps and hours of a configuration, without running it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from sccbgm.cli.configs import add_config, read_run

if TYPE_CHECKING:
    from sccbgm.benchmark.studies import Run

EXAMPLE = "sccbgm plan config/config.yaml"


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_config(parser)


def run(options: argparse.Namespace) -> int:
    """Print the plan."""
    from sccbgm.config.derived import not_yet_derived

    planned = read_run(options.config)
    print_plan(planned)
    for line in not_yet_derived(planned.datasets.values()):
        print(line)
    return 0


def print_plan(planned: Run) -> None:
    """Print members, jobs, steps and hours."""
    from sccbgm.benchmark.cost import ESTIMATED_GPU, read_timings
    from sccbgm.benchmark.plan_text import as_text
    from sccbgm.benchmark.summary import plan_lines

    timings = read_timings()
    if not any(timing.gpu for timing in timings):
        timings.append(ESTIMATED_GPU)
    print(as_text(planned, plan_lines(planned), timings))
