"""Say in plain words what a run would do, and what is wrong with its files and cells.

Labels of all cells are looked at, values of some, which takes seconds.
"""

from __future__ import annotations

import argparse

from sccbgm.cli.configs import add_config, read_run

EXAMPLE = "sccbgm check config/demo.yaml"
CODES = {2: "something is wrong, a line each"}


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_config(parser)


def run(options: argparse.Namespace) -> int:
    """Print what would run; the faults go to stderr."""
    from sccbgm.benchmark.check import check_dataset, faults_of_predictions, with_what_was_found
    from sccbgm.benchmark.check_text import in_words
    from sccbgm.cli.faults import say
    from sccbgm.cli.plan import print_plan

    asked = read_run(options.config)
    checked = {}
    for id, config in asked.datasets.items():
        checked[id] = check_dataset(config)
        print(in_words(id, checked[id]), end="\n\n")
    faults = [fault for found in checked.values() for fault in found.faults]
    if faults := [*faults, *faults_of_predictions(asked)]:
        say("\n".join(faults))
        return 2
    print_plan(with_what_was_found(asked, checked))
    return 0
