"""Runs from other folders, with odd paths, and as a module: files are found, results stay here."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from workflow_runs import TINY_DATASET, TINY_RUN, command, finished

Snakemake = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder, with a blank and an accent, that holds a run, and its dataset in `config`."""
    folder = tmp_path / "my cellules é"
    (folder / "config/datasets").mkdir(parents=True)
    (folder / "config/datasets/tiny.yaml").write_text(yaml.safe_dump(TINY_DATASET))
    write(folder)
    return folder


def write(folder: Path, **changes: Any) -> None:
    run = TINY_RUN | {"figures": ["metric_tasks_mse__tiny"]} | changes
    (folder / "run.yaml").write_text(yaml.safe_dump(run), encoding="utf-8")


@pytest.fixture
def snakemake_in(root: Path) -> Snakemake:
    def run(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return finished(command(*map(str, arguments)), folder, root)

    return run


def assert_planned(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, done.stdout
    assert "double '/'" not in done.stdout
    assert "complete" in done.stdout


def test_a_directory_of_its_own(root: Path, elsewhere: Path, snakemake_in: Snakemake) -> None:
    run = elsewhere / "run.yaml"
    assert_planned(snakemake_in(root, "-n", "--configfile", run, "--directory", elsewhere))
    (elsewhere.parent / "out").mkdir()
    done = snakemake_in(root, "-n", "--configfile", run, "--directory", elsewhere.parent / "out")
    assert_planned(done)


def test_the_snakefile_from_elsewhere(root: Path, elsewhere: Path, snakemake_in: Snakemake) -> None:
    snakefile = ("--snakefile", root / "Snakefile")
    assert_planned(snakemake_in(elsewhere, "-n", *snakefile, "--configfile", "run.yaml"))
    # The paper, without any file of the user's
    assert_planned(snakemake_in(elsewhere.parent, "-n", *snakefile))


@pytest.mark.parametrize(
    "results",
    [
        "über alles/1",
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("results/x/", "../outside")),
        pytest.param("~/runs/a", marks=pytest.mark.slow),
    ],
)
def test_folders_of_results(
    root: Path, elsewhere: Path, snakemake_in: Snakemake, results: str
) -> None:
    write(elsewhere, results=results)
    done = snakemake_in(root, "-n", "--configfile", elsewhere / "run.yaml")
    assert_planned(done)
    assert f"{Path(results).expanduser()}/complete" in done.stdout
    assert "~" not in done.stdout.split("Building DAG")[1]


def test_braces_in_a_path_are_refused(root: Path, elsewhere: Path, snakemake_in: Snakemake) -> None:
    write(elsewhere, results="{x}/y")
    done = snakemake_in(root, "-n", "--configfile", elsewhere / "run.yaml")
    assert done.returncode != 0
    assert "run.yaml: results: found '{x}/y'; expected a path without braces" in done.stdout
    assert "Traceback" not in done.stdout


def test_a_key_that_stands_twice_is_a_fault(
    root: Path, elsewhere: Path, snakemake_in: Snakemake
) -> None:
    """Snakemake itself would take the last."""
    with (elsewhere / "run.yaml").open("a") as file:
        file.write("seeds: [2]\n")
    done = snakemake_in(root, "-n", "--configfile", elsewhere / "run.yaml")
    assert done.returncode != 0
    assert "the key 'seeds' stands here twice" in done.stdout
    assert "Traceback" not in done.stdout


MODULE = """
configfile: "run.yaml"

module benchmark:
    snakefile: "{root}/Snakefile"
    config: config

use rule * from benchmark as benchmark_*

rule mine:
    default_target: True
    input: rules.benchmark_all.input
    output: "mine.txt"
    shell: "echo done > {{output}}"
"""


def test_as_a_module_of_another_workflow(
    root: Path, elsewhere: Path, snakemake_in: Snakemake
) -> None:
    (elsewhere / "Snakefile").write_text(MODULE.format(root=root))
    done = snakemake_in(elsewhere, "-n")
    assert_planned(done)
    assert "benchmark_table" in done.stdout


@pytest.mark.slow
def test_a_module_runs(root: Path, elsewhere: Path, snakemake_in: Snakemake) -> None:
    (elsewhere / "Snakefile").write_text(MODULE.format(root=root))
    done = snakemake_in(elsewhere)
    assert done.returncode == 0, done.stdout
    assert (elsewhere / "mine.txt").exists()
    assert (elsewhere / "results/tables/tasks_mse__tiny.csv").exists()
