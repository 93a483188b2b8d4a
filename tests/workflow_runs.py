"""Common to the tests of the workflow: a tiny dataset and run, and how to call Snakemake."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml

LINKED = ("Snakefile", "rules", "workflow_scripts", "profiles", "envs", "report", "resources")
Run = Callable[..., subprocess.CompletedProcess[str]]

TINY_DATASET = {
    "id": "tiny",
    "title": "Tiny",
    "citation": "generated",
    "source": {
        "kind": "synthetic",
        "n_cells": 500,
        "n_genes": 40,
        "n_concepts": 3,
        "n_tasks": 2,
        "std_concept": 0.3,
        "seed": 1,
    },
    "preprocess": {"n_top_genes": None},
    "concepts": [{"kind": "stored"}],
    "tasks": {"kind": "interventions"},
    "n_pcs": 10,
    "reduced": "A test.",
}
TINY_RUN: dict[str, Any] = {
    "results": "results",
    "datasets": ["tiny"],
    "methods": ["no_edit", "sccbgm"],
    "seeds": [1],
    "runtime": {"device": "cpu", "threads": 1},
    "params": {"hidden_dim": 8, "n_layers": 1, "epochs": 2},
    "metrics": ["rmmd", "mse"],
    "tables": ["tasks_mse__tiny"],
}


def linked(root: Path, folder: Path) -> Path:
    """Fill a folder with the workflow and a configuration `tiny.yaml` of its own; returns it."""
    for name in LINKED:
        (folder / name).symlink_to(root / name)
    for name in ("datasets", "methods", "studies", "norman"):
        (folder / "config" / name).mkdir(parents=True)
        for file in (root / "config" / name).glob("*.yaml"):
            (folder / "config" / name / file.name).symlink_to(file)
    for name in ("config.yaml", "demo.yaml"):
        (folder / "config" / name).symlink_to(root / "config" / name)
    (folder / "config/datasets/tiny.yaml").write_text(yaml.safe_dump(TINY_DATASET))
    configure(folder)
    return folder


def configure(workflow: Path, **changes: Any) -> None:
    """Write `tiny.yaml` anew."""
    (workflow / "tiny.yaml").write_text(yaml.safe_dump(TINY_RUN | changes))


def command(*arguments: str, warm: bool = False) -> list[str]:
    """A Snakemake command line, with Snakemake's own output in place of the display of a run.

    warm: its jobs share processes (`warm_snakemake.py`).
    """
    how = [str(Path(__file__).parent / "warm_snakemake.py")] if warm else ["-m", "snakemake"]
    return [sys.executable, *how, "--cores", "2", "--printshellcmds", *arguments]


def environment(root: Path) -> dict[str, str]:
    """The environment of a run: this repository's package, one thread a process."""
    return os.environ | {"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}


def planned(output: str) -> dict[str, int]:
    """Rule -> number of jobs, from the table that a dry run prints."""
    lines = output.split("Job stats:")[1].split("total")[0].splitlines()[3:]
    return {line.split()[0]: int(line.split()[1]) for line in lines if line.strip()}


def finished(
    words: Sequence[str], folder: Path, root: Path, timeout: float = 500
) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, with the package of the repository; both outputs come together."""
    return subprocess.run(
        words,
        cwd=folder,
        env=environment(root),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
    )
