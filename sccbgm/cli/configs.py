"""The configuration that most commands are given, and the Snakemake that some start."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import shtab

if TYPE_CHECKING:
    from sccbgm.benchmark.studies import Run

SNAKEFILES = ("Snakefile", "snakefile", "workflow/Snakefile", "workflow/snakefile")
"""Where Snakemake looks for one."""


def add_config(parser: argparse.ArgumentParser) -> None:
    """Declare the files of a run: `options.config`."""
    config = parser.add_argument(
        "config",
        type=Path,
        nargs="+",
        metavar="CONFIG",
        help="the run's file; of several, later ones change what the first one says",
    )
    config.complete = shtab.FILE  # type: ignore[attr-defined]


def add_snakemake(parser: argparse.ArgumentParser) -> None:
    """Declare that what follows a `--` is for Snakemake: `options.snakemake`."""
    parser.usage = "%(prog)s CONFIG [CONFIG ...] [options] [-- OPTIONS OF SNAKEMAKE]"
    parser.set_defaults(snakemake=[])


def read_run(config: Sequence[Path], changes: Sequence[tuple[str, str]] = ()) -> Run:
    """The run of configuration files, with the changes of Snakemake's own --config on top.

    changes: keys and values, which are read as YAML. Raises ConfigError.
    """
    from sccbgm.benchmark.studies import load_run
    from sccbgm.config.dataset import over
    from sccbgm.config.reading import read_value
    from sccbgm.config.run import merged

    changed = {key: read_value(text, f"--config {key}") for key, text in changes}
    return load_run(over(merged(config), changed), ", ".join(map(str, config)))


def snakemake(words: Sequence[str | Path]) -> int:
    """Run Snakemake, of the repository's Snakefile where there is none here. Returns its code."""
    from sccbgm.config.places import REPOSITORY

    given = {str(word).partition("=")[0] for word in words}
    here = any(Path(name).exists() for name in SNAKEFILES)
    if not here and not given & {"--snakefile", "-s"}:
        words = ["--snakefile", REPOSITORY / "Snakefile", *words]
    return subprocess.run([sys.executable, "-m", "snakemake", *words]).returncode
