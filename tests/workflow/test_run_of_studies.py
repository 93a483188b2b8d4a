"""A run of studies: common members once, each study's numbers as if it ran alone."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import yaml
from pandas.testing import assert_frame_equal
from workflow_runs import TINY_RUN, Run, planned


@pytest.mark.slow
def test_each_study_has_the_numbers_that_it_has_alone(snakemake: Run, workflow: Path) -> None:
    studies = {
        "one": {**TINY_RUN, "tables": ["tasks_mse__tiny"]},
        "more": {
            **TINY_RUN,
            "variants": {"sccbgm": {"default": {}, "weak": {"beta": 0.5}}},
            "metrics": ["rfid"],
            "tables": ["tasks_rfid__tiny"],
        },
    }
    for id, study in studies.items():
        path = workflow / f"config/studies/{id}.yaml"
        path.write_text(yaml.safe_dump({**study, "results": f"results/{id}"}))
    content = {"results": "results/both", "studies": list(studies), "runtime": {"device": "cpu"}}
    (workflow / "both.yaml").write_text(yaml.safe_dump(content))
    done = snakemake("--configfile", "both.yaml", warm=True)
    assert done.returncode == 0, done.stdout
    jobs = planned(done.stdout)
    # no_edit and the default of scCBGM are common; the variant is the second study's own
    assert (jobs["train"], jobs["evaluate"], jobs["collect"]) == (3, 3, 2)
    both = workflow / "results/both"
    assert {path.name for path in (both / "tables").glob("tasks_*.csv")} >= {
        "tasks_mse__tiny.csv",
        "tasks_rfid__tiny.csv",
    }
    assert (both / "report.html").exists() and (both / "complete").exists()
    alone = snakemake("--configfile", "config/studies/one.yaml", "--", "tables", warm=True)
    assert alone.returncode == 0, alone.stdout
    assert_frame_equal(
        pd.read_parquet(both / "studies/one.parquet"),
        pd.read_parquet(workflow / "results/one/metrics.parquet"),
    )
    again = snakemake("-n", "--configfile", "both.yaml", "--", "more")
    assert "Nothing to be done" in again.stdout
