"""The studies beside the benchmark through Snakemake, on generated cells in Kang's schema."""

from __future__ import annotations

from pathlib import Path

import cells
import pandas as pd
import pytest
from workflow_runs import Run, configure, planned

from sccbgm.analyses.registry import OUTPUTS

pytestmark = pytest.mark.slow
TINY = ("--configfile", "tiny.yaml")
DATASET = """
base: kang
id: kang_tiny
source: {kind: file, path: kang_tiny.h5ad}
n_pcs: 10
reduced: Generated cells.
"""


def test_all_studies_of_a_dataset_are_made(snakemake: Run, workflow: Path) -> None:
    cells.kang(times=8).write_h5ad(workflow / "kang_tiny.h5ad")
    (workflow / "config/datasets/kang_tiny.yaml").write_text(DATASET)
    ids = [id for id, output in OUTPUTS.items() if output.analysis != "stellate"]
    wanted = {
        kind: [f"{id}__kang_tiny" for id in ids if OUTPUTS[id].kind == kind[:-1]]
        for kind in ("tables", "figures")
    }
    configure(
        workflow,
        datasets=["kang_tiny"],
        methods=["no_edit", "sccbgm_fm"],
        metrics=["rmmd"],
        params={"hidden_dim": 8, "n_layers": 1, "epochs": 2},
        **wanted,
    )
    done = snakemake(*TINY)
    assert done.returncode == 0, done.stdout
    results = workflow / "results"
    for table in wanted["tables"]:
        assert len(pd.read_csv(results / f"tables/{table}.csv")) > 0
        assert "Generated cells." in (results / f"tables/{table}.html").read_text()
    for figure in wanted["figures"]:
        assert (results / f"figures/{figure}.pdf").stat().st_size > 1000
    settings = pd.read_csv(results / "tables/table06__kang_tiny.csv").set_index("parameter")
    assert settings.loc["epochs", "value"] == "2" and settings.loc["epochs", "differs"]
    assert "Nothing to be done" in snakemake(*TINY).stdout

    configure(
        workflow,
        datasets=["kang_tiny"],
        methods=["no_edit", "sccbgm_fm"],
        metrics=["rmmd"],
        params={"hidden_dim": 8, "n_layers": 1, "epochs": 3},
        **wanted,
    )
    again = planned(snakemake("-n", *TINY).stdout)
    assert again["analysis"] == 3, "leakage, reconstruction, hyperparameters; no counts, no t-SNE"
