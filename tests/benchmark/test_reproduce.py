"""A number from its row: equal where nothing changed, not where the row is another's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
from toy import toy_task

from sccbgm.benchmark.check_job import CheckFiles, check_shard
from sccbgm.benchmark.denominators import write_denominators
from sccbgm.benchmark.evaluate import evaluate_shard
from sccbgm.benchmark.plan import Shard
from sccbgm.benchmark.reproduce import find_row, reproduce
from sccbgm.benchmark.studies import Run, load_run
from sccbgm.benchmark.train import ShardFiles, train_shard
from sccbgm.config.errors import ConfigError
from sccbgm.data import loading
from sccbgm.io.seals import sealed
from sccbgm.protocol.rows import row_names

TASKS = ("intervention_0", "intervention_1")
METRICS = ["rmmd", "mse", "reversal"]


@pytest.fixture(scope="module")
def run(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A finished run of scCBGM-FM and ridge, two tasks and two seeds, on toy cells."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield _finished(root, tmp_path_factory.mktemp("run"), monkeypatch)


def _finished(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    data = {id: toy_task(120, seed=i, task_id=id) for i, id in enumerate(TASKS)}
    data = {id: replace(d, task=replace(d.task, dataset="demo")) for id, d in data.items()}
    monkeypatch.setattr(
        loading, "load_tasks", lambda *a: {id: data[id] for id in (a[3] if len(a) > 3 else TASKS)}
    )
    results = tmp_path / "results"
    run = load_run(
        {
            "results": str(results),
            "datasets": ["demo"],
            "methods": ["ridge", "sccbgm_fm"],
            "seeds": [1, 2],
            "shard": {"seeds": 2},
            "runtime": {"device": "cpu", "threads": 1},
            "params": {"hidden_dim": 8, "n_layers": 1, "epochs": 2, "solver_steps": 2},
            "metrics": METRICS,
            "folders": [str(root / "config")],
        }
    )
    tasks = results / "tasks/demo"
    tasks.mkdir(parents=True)
    prepared = {"data": results / "data/demo.h5ad", "tasks": tasks / "block0.json",
                "pca": tasks / "block0_pca.h5ad"}  # fmt: skip
    with sealed(prepared["tasks"]) as path:
        path.write_text(json.dumps({"of": "toy cells"}, indent=2) + "\n")
    for name in ("data", "pca"):
        with sealed(prepared[name]) as path:
            anndata.AnnData(np.zeros((1, 1), np.float32)).write_h5ad(path)
    denominators = tasks / "block0_denominators_recommended.parquet"
    write_denominators(data, ["rmmd"], {"recommended": denominators})
    rows = [_rows(run, path, prepared, denominators) for path in run.shards]
    with sealed(run.rows_file("")) as path:
        pd.concat([r for r in rows if r is not None]).to_parquet(path, index=False)
    return run


def _rows(
    run: Run, path: str, prepared: dict[str, Path], denominators: Path
) -> pd.DataFrame | None:
    study, shard = run.shards[path]
    own: dict[str, Path] = {"fit": _fit(run, shard), "predictions": run.results / f"{path}.h5ad"}
    stage1 = _fit(run, shard.stage1) if shard.stage1 else None
    files = ShardFiles(
        **prepared, **own, checkpoints=run.results / "checkpoints", code="", stage1=stage1
    )
    train_shard(study, shard, files, 1)
    if path not in run.scored[""]:
        return None
    read = prepared | {"predictions": own["predictions"], "checks": run.results / "c.parquet"}
    asked = check_shard(study, shard, CheckFiles(**prepared, fit=own["fit"], stage1=stage1),
                        ["reversal"], 1)  # fmt: skip
    with sealed(read["checks"]) as beside:
        asked.to_parquet(beside, index=False)
    config = study.datasets["demo"]
    rows = evaluate_shard(config, shard, METRICS, read, {"recommended": denominators}, "", 1)
    return rows.assign(shard=path)


def _fit(run: Run, shard: Shard) -> Path:
    return run.results / f"{shard.path}.pt"


def test_numbers_of_both_stages_and_of_checks_come_again(run: Run) -> None:
    rows = pd.read_parquet(run.rows_file(""))
    chosen = rows[(rows["task"] == TASKS[1]) & (rows["seed"] == 2)]
    flow = chosen[(chosen["method"] == "sccbgm_fm") & (chosen["mode"] == "decode")]
    for metric, part in (("mse", flow), ("reversal", flow), ("rmmd", chosen.head(4))):
        name = row_names(part[part["metric"] == metric]).iloc[0]
        found = reproduce(run, name)
        assert found.equal and found.difference < 1e-4, (name, found)
        assert found.found > 0
        assert any("code that trains is another" in said for said in found.remarks)


def test_a_row_with_another_value_is_not_equal(run: Run) -> None:
    rows = pd.read_parquet(run.rows_file(""))
    name = row_names(rows[(rows["method"] == "ridge") & (rows["metric"] == "mse")]).iloc[0]
    with sealed(run.rows_file("")) as path:
        rows.assign(value=rows["value"] * 1.01).to_parquet(path, index=False)
    assert not reproduce(run, name).equal
    with sealed(run.rows_file("")) as path:
        rows.assign(value=np.nan, reason="it broke").to_parquet(path, index=False)
    found = reproduce(run, name)
    with sealed(run.rows_file("")) as path:
        rows.to_parquet(path, index=False)
    assert found.difference == np.inf
    assert "said of it then: it broke; now: nothing" in found.remarks


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("demo/intervention_3", "unknown task 'intervention_3'; did you mean 'intervention_"),
        ("demo/intervention_0", "found 2 parts, expected dataset/task/target/method"),
    ],
)
def test_a_row_that_is_not_there_says_what_is(run: Run, name: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        find_row(run, name)
