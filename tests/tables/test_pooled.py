"""Table 15: runs of several datasets and kinds of noise as one column."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sccbgm.tables import build, find


def runs() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    lines = [
        {
            "dataset": dataset,
            "task": task,
            "target": "counterfactual",
            "group": dataset,
            "method": method,
            "mode": "edit",
            "preset": "recommended",
            "variant": variant,
            "seed": seed,
            "metric": metric,
            "value": rng.normal(0.2, 0.01),
            "reason": "",
            "reduced": "",
            "n_intervene": 50,
            "n_target": 50,
        }
        for dataset, task, (method, variant), seed, metric in product(
            ("synthetic_1_genes", "synthetic_3_genes"),
            ("intervention_0", "intervention_1"),
            (
                ("sccbgm", "default"),
                ("sccbgm", "missing_3"),
                ("sccbgm", "a02"),
                ("sccbgm", "a02_missing_3"),
                ("cbgm", "a07_missing_3"),
                ("no_edit", "default"),
            ),
            (13, 42),
            ("mse", "mse_expected"),
        )
    ]
    return pd.DataFrame(lines)


def test_rows_pool_datasets_and_noise(paper: Path) -> None:
    table = build("table15", runs(), paper)
    (column,) = table.columns
    cells = {row.label: table.cell(row, column, "recommended") for row in table.rows}
    scc = cells["CBM, skip, cross-covariance (scCBGM)"]
    mine = runs().query("method == 'sccbgm' and metric == 'mse'")
    own = mine[mine["variant"].isin(["default", "missing_3"])]["value"]
    assert scc.summary.n == len(own) == 16
    assert scc.summary.mean == pytest.approx(own.mean())
    assert table.spread(scc) == pytest.approx(own.std(ddof=1) / 4)
    assert scc.published is not None and scc.published.mean == 0.19655
    assert cells["CEM, skip, cross-covariance"].summary.n == 8
    assert cells["No edit"].summary.n == 8
    assert cells["CEM, no skip, cross-covariance"].summary.n == 0
    assert "standard error over all runs" in table.caption


def test_companions_have_the_runs_of_their_table_on_another_score(paper: Path) -> None:
    spec = find("table15_expected")
    assert (spec.metric, spec.rows, spec.published) == ("mse_expected", find("table15").rows, "")
    table = build("table15_expected", runs(), paper)
    assert table.cell(table.rows[0], table.columns[0], "recommended").published is None
    assert find("table11_seen").datasets == tuple(f"synthetic_{i}_seen" for i in (1, 2, 3))
    assert find("table11_seen_missed").metric == "effect_missed"
    assert find("table12_effect_affected").metric == "effect_error_affected"
    with pytest.raises(ValueError, match="unknown table"):
        find("table01_expected")
    own = build(
        "table15__demo",
        runs()
        .assign(dataset="demo")
        .drop_duplicates(["task", "method", "variant", "seed", "metric"]),
        paper,
    )
    assert own.cell(own.rows[0], own.columns[0], "recommended").summary.n > 0
