"""Remove what failed or is damaged, with all that was made of it, and run the workflow."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from sccbgm.cli.cells import pair
from sccbgm.cli.configs import add_config, add_snakemake, read_run, snakemake

EXAMPLE = "sccbgm retry config/demo.yaml --cores 8 -- --quiet rules"
CODES = {1: "another run is going on in the results folder, or Snakemake failed"}

SAY_WHERE = ("--profile", "--workflow-profile", "--executor", "-e", "--cores", "-c", "--jobs", "-j")
"""Options of Snakemake that say on which machines it runs, or how much of this one it takes."""


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_config(parser)
    add_snakemake(parser)
    parser.add_argument(
        "--config", dest="changes", type=pair, nargs="+", metavar="KEY=VALUE", default=[],
        help="changes of the configuration, as Snakemake's own --config",
    )  # fmt: skip
    parser.add_argument(
        "--cores",
        help="cores of the run (all of this machine, unless Snakemake's options say more)",
    )
    parser.add_argument("-n", "--dry-run", action="store_true", help="list the files, do nothing")


def run(options: argparse.Namespace) -> int:
    """Remove the files, each with its reason, and start Snakemake."""
    from sccbgm.benchmark.retry import to_redo
    from sccbgm.io.locks import take

    again = read_run(options.config, options.changes)
    lock = take(again.results / ".lock")
    for path, reason in to_redo(again).items():
        print(f"{path}: {reason}")
        if not options.dry_run:
            path.unlink()
    lock.release()
    if options.dry_run:
        return 0
    print("", flush=True)
    words = [*_cores(options.cores, options.snakemake), *options.snakemake]
    changes = [f"{key}={text}" for key, text in options.changes]
    given = ["--config", *changes] if changes else []
    return snakemake([*words, "--configfile", *options.config, *given])


def _cores(asked: str | None, snakemake: Sequence[str]) -> list[str]:
    """The option that limits the cores: on a cluster it limits all jobs together, so none there."""
    if asked is not None:
        return ["--cores", asked]
    elsewhere = any(word.partition("=")[0].startswith(SAY_WHERE) for word in snakemake)
    return [] if elsewhere or "SNAKEMAKE_PROFILE" in os.environ else ["--cores", "all"]
