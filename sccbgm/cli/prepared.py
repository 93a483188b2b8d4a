"""The prepared cells, tasks and distances of a dataset, which some commands start from."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sccbgm.cli.configs import read_run, snakemake

if TYPE_CHECKING:
    from sccbgm.benchmark.studies import Run


def add_dataset(parser: argparse.ArgumentParser) -> None:
    """Declare the dataset of a run, and the cores to prepare it with."""
    parser.add_argument("--dataset", metavar="ID", help="of the run; needed where it has several")
    parser.add_argument(
        "--cores", default="1", help="cores for what has to be prepared first, by Snakemake (1)"
    )


def chosen(run: Run, dataset: str | None) -> str:
    """The dataset of a run that is meant. Raises ConfigError."""
    from sccbgm.config.errors import ConfigError, accepted

    if dataset is None and len(run.datasets) == 1:
        return next(iter(run.datasets))
    if dataset not in run.datasets:
        raise ConfigError(f"--dataset: {accepted(str(dataset), run.datasets, 'dataset')}")
    return dataset


def prepare(
    config: Sequence[Path], run: Run, dataset: str, cores: str, preset: str | None = None
) -> Run | None:
    """Make what is missing of a dataset's clean cells, tasks and components, by Snakemake.

    preset: also the distances by its rules. Returns the run, with its derived tasks; None where
    Snakemake failed.
    """
    from sccbgm.config.derived import derived_file, not_yet_derived

    common: list[str | Path] = ["--cores", cores, "--quiet", "all", "--configfile", *config, "--"]
    if not_yet_derived([run.datasets[dataset]]):
        if snakemake([*common, derived_file(run.results, dataset)]):
            return None
        run = read_run(config)
    targets = [run.results / "data" / f"{dataset}.h5ad"]
    endings = [".json", "_pca.h5ad", *([f"_denominators_{preset}.parquet"] if preset else [])]
    for block in run.blocks(dataset):
        targets += [run.results / "tasks" / dataset / f"{block}{end}" for end in endings]
    return None if snakemake([*common, *targets]) else run
