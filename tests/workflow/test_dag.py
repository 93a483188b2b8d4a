"""The graph of jobs: planned from the configuration alone, and quickly."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from workflow_runs import Run, configure, environment, planned

from sccbgm.benchmark.studies import load_run
from sccbgm.config.run import merged


def test_the_demonstration_plans_every_stage(snakemake: Run) -> None:
    done = snakemake("-n", "--configfile", "config/demo.yaml")
    assert done.returncode == 0, done.stdout
    jobs = planned(done.stdout)
    assert jobs["generate"] == jobs["preprocess"] == jobs["tasks"] == jobs["collect"] == 1
    assert jobs["train"] == jobs["evaluate"] == 12, "both seeds of a method are one job"
    assert {"table", "metric_figure", "status", "complete"} <= set(jobs)
    assert (jobs["ceilings"], jobs["comparison_table"], jobs["comparison_figure"]) == (1, 5, 6)


def test_the_paper_plans_without_data(snakemake: Run, root: Path) -> None:
    done = snakemake("-n")
    assert done.returncode == 0, done.stdout
    jobs, run = planned(done.stdout), load_run(merged([root / "config/config.yaml"]))
    # Kang, Cui, its grid, Nault, its pathways come from one archive; all others are generated
    assert (jobs["download"], jobs["unpack"], jobs["generate"]) == (1, 5, len(run.datasets) - 5)
    assert jobs["derived_tasks"] == 1, "the tasks of the grid are planned when it is done"
    assert jobs["train"] + jobs["train_gpu"] == len(run.shards)
    assert jobs["collect"] == len(run.studies)


def test_a_name_is_a_target_and_an_unknown_one_says_which_there_are(snakemake: Run) -> None:
    done = snakemake("-n", "table_07", "figure_06")
    assert done.returncode == 0, done.stdout
    jobs = planned(done.stdout)
    assert {"table_07", "figure_06", "analysis", "annotation_figure"} <= set(jobs)
    assert "train" not in jobs, "neither is made of a model"
    jobs = planned(snakemake("-n", "cui").stdout)
    assert (jobs["download"], jobs["unpack"], jobs["collect"]) == (1, 1, 1), "no other study"
    done = snakemake("-n", "tabel_07")
    assert done.returncode != 0
    assert "tabel_07: no target of this name. There are all, tables, figures, table_01" in (
        done.stdout
    )


SLOW = pytest.mark.slow
"""Five seconds each, and much like those before it."""


@pytest.mark.parametrize(
    ("target", "said"),
    [
        pytest.param("tables/tabel01.csv", "unknown table 'tabel01'", marks=SLOW),
        ("tables/table01.csv", "table01 is of kang; the run has the datasets demo"),
        ("tables/tasks_mse_expected__demo.html", "shows mse_expected; the run has the metrics"),
        pytest.param("figures/metric_table99.png", "unknown table 'table99'", marks=SLOW),
        pytest.param("figures/boxes_mes_by_task.png", "unknown metric 'mes'", marks=SLOW),
        ("figures/umap_x__demo.pdf", "unknown task 'x__demo'"),
        pytest.param(
            "figures/cells_groups__kang.png", "unknown generated dataset 'kang'", marks=SLOW
        ),
    ],
)
def test_asking_for_what_a_run_cannot_make_says_so_and_plans_nothing(
    snakemake: Run, target: str, said: str
) -> None:
    done = snakemake("-n", "--configfile", "config/demo.yaml", "--", f"results/demo/{target}")
    assert done.returncode != 0
    assert said in done.stdout
    assert "Job stats" not in done.stdout


def test_a_first_stage_is_trained_but_not_evaluated_unless_asked_for(
    snakemake: Run, workflow: Path
) -> None:
    configure(workflow, methods=["sccbgm_fm"])
    # Numbers in braces, which Snakemake itself reads as text
    given = ("--config", "params={epochs: 3, lr: 1e-3}", "runtime={keep_fits: false}")
    jobs = planned(snakemake("-n", "--configfile", "tiny.yaml", *given).stdout)
    assert (jobs["train"], jobs["evaluate"]) == (2, 1)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sedes": [1]}, "tiny.yaml: unknown key 'sedes'; did you mean 'seeds'?"),
        pytest.param(
            {"datasets": ["kang_reduce"]},
            "tiny.yaml: datasets: unknown id 'kang_reduce'",
            marks=SLOW,
        ),
    ],
)
def test_a_faulty_configuration_runs_nothing(
    snakemake: Run, workflow: Path, changes: dict, said: str
) -> None:
    configure(workflow, **changes)
    done = snakemake("--configfile", "tiny.yaml")
    assert done.returncode != 0
    assert said in done.stdout
    assert "Traceback" not in done.stdout
    assert not (workflow / "results").exists()


def test_the_workflow_parses_in_two_seconds(root: Path, workflow: Path) -> None:
    """The cost of every job: the modules that the Snakefile needs beyond Snakemake itself."""
    code = """
import time, snakemake.cli
start = time.process_time()
from sccbgm.config.run import merged
from sccbgm.benchmark.studies import load_run
import sccbgm.benchmark.versions, sccbgm.benchmark.depends, sccbgm.benchmark.collect
import sccbgm.io.locks, sccbgm.io.logs, sccbgm.config.figure_ids
load_run(merged(["config/config.yaml"])).shards
print(time.process_time() - start)
"""
    seconds = min(
        float(
            subprocess.run(
                [sys.executable, "-c", code],
                cwd=workflow,
                env=environment(root),
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
        for _ in range(2)
    )
    assert seconds < 2.0
