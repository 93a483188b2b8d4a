"""One failure stays one failure, and the advice that a failed run gives works."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from workflow_methods import write_methods
from workflow_runs import Run, configure, finished, planned

pytestmark = pytest.mark.slow
TINY = ("--configfile", "tiny.yaml")


def counts(results: Path) -> dict[str, int]:
    """Method -> numbers of its mse that there are."""
    mse = pd.read_parquet(results / "metrics.parquet").query("metric == 'mse'")
    return mse.groupby("method")["value"].count().to_dict()


def advised(root: Path, workflow: Path, said: str) -> subprocess.CompletedProcess[str]:
    """Run the command that a run's message ends with."""
    line = next(line for line in said.splitlines() if line.startswith("To redo"))
    words = shlex.split(line[line.index("sccbgm retry") :])
    words += ["--cores", "2", "--", "--printshellcmds"]
    return finished([sys.executable, "-m", "sccbgm.cli", *words[1:]], workflow, root)


def test_dead_jobs_and_failed_members_leave_the_rest_and_are_done_again(
    snakemake: Run, workflow: Path, root: Path
) -> None:
    methods = ["ends", "killed", "crashes", "full", "unlucky", "fewer"]
    write_methods(workflow, *methods)
    (workflow / "broken").touch()
    configure(workflow, methods=["no_edit", *methods])
    results = workflow / "results"
    results.mkdir()
    for name in ("complete", "status.json"):
        (results / name).write_text("{}")
    done = snakemake(*TINY)
    assert done.returncode != 0
    assert not (results / "complete").exists(), "an earlier run's word does not stand"
    dead = {"ends": 0, "killed": 0, "crashes": 0, "full": 0}
    assert counts(results) == dead | {"unlucky": 1, "fewer": 0, "no_edit": 2}
    status = json.loads((results / "status.json").read_text())
    assert {Path(line["file"]).parts[-2] for line in status["failed"]} == {"unlucky", "fewer"}
    assert {Path(line["file"]).parts[-2] for line in status["unfinished"]} == set(dead)
    table = (results / "tables/tasks_mse__tiny.md").read_text()
    for said in ("the job died", "No space left on device", "no luck", "found 1"):
        assert said in table and said in done.stdout, said
    for method in dead:
        assert not list(results.glob(f"predictions/*/*/{method}/*"))

    # The same command does the jobs that died; what it advises does the failed members as well.
    (workflow / "broken").unlink()
    jobs = planned(snakemake("-n", *TINY).stdout)
    assert (jobs["train"], jobs["evaluate"]) == (4, 4)
    again = advised(root, workflow, done.stdout)
    assert again.returncode == 0, again.stdout
    jobs = planned(again.stdout)
    assert (jobs["train"], jobs["evaluate"]) == (6, 6)
    assert set(counts(results).values()) == {2}
    assert json.loads((results / "status.json").read_text())["unfinished"] == []
    assert (results / "complete").exists()
    assert "Nothing to be done" in snakemake(*TINY).stdout

    rows = results / "metrics/tiny/recommended/full/seed1-block0.parquet"
    rows.write_bytes(rows.read_bytes()[:400])
    (results / "metrics.parquet").unlink()
    (results / "status.json").unlink()
    done = snakemake(*TINY)
    assert done.returncode != 0
    assert f"{rows.relative_to(workflow)}: damaged" in done.stdout
    assert counts(results) == dict.fromkeys(["no_edit", *methods], 2) | {"full": 0}
    again = advised(root, workflow, done.stdout)
    assert again.returncode == 0, again.stdout
    jobs = planned(again.stdout)
    assert jobs["evaluate"] == 1 and "train" not in jobs
    assert set(counts(results).values()) == {2}


@pytest.mark.parametrize(
    ("script", "unmade"),
    [
        ("metric_figure", {"metric_tasks_mse__tiny.png", "metric_tasks_mse__tiny.pdf"}),
        ("table", {f"tasks_mse__tiny.{end}" for end in ("csv", "wide.csv", "md", "html", "tex")}),
    ],
)
def test_what_fails_itself_is_missing_from_the_report_and_nothing_else_is(
    snakemake: Run, workflow: Path, root: Path, script: str, unmade: set[str]
) -> None:
    for name in ("rules", "workflow_scripts"):
        (workflow / name).unlink()
        shutil.copytree(root / name, workflow / name)
    (workflow / f"workflow_scripts/{script}.py").write_text(
        "from sccbgm.io.logs import logged\n"
        "with logged(snakemake.log[0]):\n"
        "    raise RuntimeError('the ink ran out')\n"
    )
    configure(workflow, methods=["no_edit"], figures=["metric_tasks_mse__tiny"])
    done = snakemake(*TINY)
    assert done.returncode != 0 and "the ink ran out" in done.stdout
    results = workflow / "results"
    status = json.loads((results / "status.json").read_text())
    assert {Path(line["file"]).name for line in status["unfinished"]} == unmade
    assert "the ink ran out" in (results / "report.html").read_text()
    assert (results / "tables/fits.md").exists() and counts(results) == {"no_edit": 2}
    assert not (results / "complete").exists()
