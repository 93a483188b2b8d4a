"""A small real run of what compares methods: questions to fits, ensembles, one number again."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from workflow_runs import TINY_RUN, Run, configure, environment

from sccbgm.io.seals import checksum
from sccbgm.protocol.rows import row_names

pytestmark = pytest.mark.slow


def test_fits_are_asked_before_their_weights_go_and_a_number_comes_again(
    snakemake: Run, workflow: Path, root: Path
) -> None:
    configure(
        workflow,
        methods=["no_edit", "sccbgm_fm"],
        tasks=1,
        seeds=[1, 2],
        shard={"seeds": 2},
        params=TINY_RUN["params"] | {"epochs": 1, "solver_steps": 4},
        runtime=TINY_RUN["runtime"] | {"keep_fits": False},
        metrics=["mse", "reversal"],
        tables=["checks__tiny", "calibration__tiny", "rescaled_mse__tiny"],
        figures=["calibration__tiny"],
    )
    done = snakemake("--configfile", "tiny.yaml")
    assert done.returncode == 0, done.stdout
    results = workflow / "results"
    rows = pd.read_parquet(results / "metrics.parquet")
    asked = rows[rows["metric"] == "reversal"]
    assert asked.loc[asked["method"] == "no_edit", "value"].eq(0).all()
    assert (asked.loc[asked["method"] != "no_edit", "value"] > 0).all()
    checks = pd.read_csv(results / "tables/checks__tiny.csv")
    assert set(checks["method"]) == {"no_edit", "sccbgm_fm"}
    ensembles = pd.read_csv(results / "tables/calibration__tiny.csv")
    assert ensembles["value"].notna().all() and set(ensembles["n_seeds"]) == {2}
    report = (results / "report.html").read_text()
    assert "Where the methods stand" in report
    made = json.loads(re.search(r'id="runs">(.*?)</script>', report)[1])
    assert len(made["jobs"]) == 2
    for job in made["jobs"].values():
        assert job["cells (CRC-32)"] == checksum(results / "data/tiny.h5ad")
        assert "Python 3" in job["packages"] and "default" in job["hyperparameters"]
    chosen = rows[(rows["method"] == "sccbgm_fm") & (rows["metric"] == "mse")]
    again = subprocess.run(
        [sys.executable, "-m", "sccbgm.cli", "reproduce", row_names(chosen).iloc[0], "tiny.yaml"],
        cwd=workflow, env=environment(root), capture_output=True, text=True,
    )  # fmt: skip
    assert again.returncode == 0, again.stdout + again.stderr
    assert "\nequal" in again.stdout
