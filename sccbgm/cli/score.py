"""Score predicted cells that were made elsewhere on the tasks of a run, beside unedited cells.

The file is h5ad, csv, tsv or parquet: a row a predicted cell, with the columns task, cell and, as
far as there are several, target, seed and dataset; its other columns are the genes, log-normalised.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import shtab

from sccbgm.cli.configs import read_run
from sccbgm.cli.prepared import add_dataset, chosen, prepare

EXAMPLE = "sccbgm score predictions.h5ad --config config/demo.yaml --output scores.csv"
CODES = {1: "some numbers have no value, each with its reason, or preparing the cells failed"}


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    file = parser.add_argument("file", type=Path, metavar="FILE", help="the predicted cells")
    file.complete = shtab.FILE  # type: ignore[attr-defined]
    config = parser.add_argument(
        "--config", type=Path, nargs="+", required=True, metavar="CONFIG", help="the run's file"
    )
    config.complete = shtab.FILE  # type: ignore[attr-defined]
    add_dataset(parser)
    parser.add_argument("--output", type=Path, metavar="CSV", help="write every number, a row each")


def run(options: argparse.Namespace) -> int:
    """Print a line a task, and the means."""
    from sccbgm.benchmark.outside import PRESET, score_file, summed_up
    from sccbgm.cli.faults import say
    from sccbgm.config.errors import ConfigError

    if not options.file.exists():
        raise ConfigError(f"{options.file}: no such file")
    asked = read_run(options.config)
    dataset = chosen(asked, options.dataset)
    ready = prepare(options.config, asked, dataset, options.cores, PRESET)
    if ready is None:
        return 1
    study = next(study for study in ready.studies.values() if dataset in study.datasets)
    try:
        rows = score_file(study, dataset, options.file)
    except ValueError as error:
        raise ConfigError(str(error)) from None
    if options.output is not None:
        rows.to_csv(options.output, index=False)
    shown, lost = summed_up(rows)
    print(shown.to_string(float_format=lambda x: f"{x:.4g}"))
    if lost:
        say("\n".join(f"{', '.join(tasks)}: {reason}" for reason, tasks in lost.items()))
    return 1 if lost else 0
