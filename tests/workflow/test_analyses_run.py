"""The studies beside the benchmark through Snakemake, on generated cells in Kang's schema."""

from __future__ import annotations

from pathlib import Path

import cells
import pandas as pd
import pytest
from workflow_runs import Run, configure, planned

from sccbgm.io.seals import checksum

pytestmark = pytest.mark.slow
TINY = ("--configfile", "tiny.yaml")
DATASET = """
base: kang
id: kang_tiny
source: {kind: file, path: kang_tiny.h5ad}
n_pcs: 10
reduced: Generated cells.
"""


RUN = {
    "datasets": ["kang_tiny"],
    "methods": ["no_edit", "sccbgm_fm"],
    "metrics": ["rmmd"],
    "tables": [f"{table}__kang_tiny" for table in ("table06", "table09", "table13")],
    "figures": ["figure11__kang_tiny"],
}
SMALL = {"hidden_dim": 8, "n_layers": 1, "epochs": 2}


def test_studies_are_made_once_and_again_with_other_settings(
    snakemake: Run, workflow: Path
) -> None:
    cells.kang(times=8).write_h5ad(workflow / "kang_tiny.h5ad")
    (workflow / "config/datasets/kang_tiny.yaml").write_text(DATASET)
    configure(workflow, **RUN, params=SMALL)
    done = snakemake(*TINY)
    assert done.returncode == 0, done.stdout
    results = workflow / "results"
    for table in RUN["tables"]:
        assert len(pd.read_csv(results / f"tables/{table}.csv")) > 0
        assert "Generated cells." in (results / f"tables/{table}.html").read_text()
    assert (results / "figures/figure11__kang_tiny.pdf").stat().st_size > 1000
    settings = pd.read_csv(results / "tables/table06__kang_tiny.csv").set_index("parameter")
    assert settings.loc["epochs", "value"] == "2" and settings.loc["epochs", "differs"]
    page = (results / "report.html").read_text()
    assert "not comparable: Generated cells." in page, "verdicts on what the analyses have"
    rows = pd.read_parquet(results / "analyses/leakage/kang_tiny.parquet")
    assert rows.attrs["cells"] == checksum(results / "data/kang_tiny.h5ad")
    assert f"cells {rows.attrs['cells']}, code {rows.attrs['code']}" in page
    assert "Nothing to be done" in snakemake(*TINY).stdout

    configure(workflow, **RUN, params=SMALL | {"epochs": 3})
    again = planned(snakemake("-n", *TINY).stdout)
    assert again["analysis"] == 2, "leakage and hyperparameters; the tasks are the same"
