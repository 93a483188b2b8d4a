"""Compute one number of a run again from its row, and say whether it is equal.

The report shows the name of every row behind a number. Its member is trained alone, from the
prepared cells of the run, in a temporary folder; the run's files are only read.
"""

from __future__ import annotations

import argparse

from sccbgm.cli.configs import add_config, read_run

EXAMPLE = (
    "sccbgm reproduce "
    "demo/intervention_0/counterfactual/sccbgm/edit/recommended/default/13/rmmd config/demo.yaml"
)
CODES = {1: "the number is not equal"}


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "row",
        metavar="ROW",
        help="dataset/task/target/method/mode/preset/variant/seed/metric, behind STUDY: in a run "
        "of several studies",
    )
    add_config(parser)
    parser.add_argument("--threads", type=int, default=1, help="of the computation (1)")


def run(options: argparse.Namespace) -> int:
    """Print the number as it was written, as it is now, and how far apart they are."""
    from sccbgm.benchmark.reproduce import TOLERANCE, reproduce

    found = reproduce(read_run(options.config), options.row, options.threads)
    print(f"{found.name}\n  written {found.written!r}\n  now     {found.found!r}")
    if found.difference == 0:
        print("equal to the last digit")
    elif found.equal:
        print(f"equal: they differ by {found.difference:.1e} of the value, {TOLERANCE:g} allowed")
    else:
        print(f"not equal: they differ by {found.difference:.1e} of the value")
    for remark in found.remarks:
        print(f"  {remark}")
    return 0 if found.equal else 1
