"""The rows of a shard, and what is said of a run's numbers."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from toy import toy_task

from sccbgm.benchmark import evaluate
from sccbgm.benchmark.evaluate import evaluate_shard
from sccbgm.benchmark.plan import expand
from sccbgm.benchmark.predictions import PredictionTable
from sccbgm.benchmark.status import run_status
from sccbgm.config.run import load_config
from sccbgm.data import loading
from sccbgm.io.seals import seal
from sccbgm.metrics import denominators
from sccbgm.protocol.method import Job
from sccbgm.protocol.task import TaskData

METRICS = ["rmmd", "rfid", "mse"]


def with_a_small_group(n: int) -> TaskData:
    """A task of which n training cells, a group of their own, lie where the target does."""
    data = toy_task(200)
    x, groups = data.train.x.copy(), data.train_groups.astype("U20")
    x[:n], groups[:n] = data.targets["stim"].x[:n] + 0.6, "small"
    train = dataclasses.replace(data.train, x=x)
    return dataclasses.replace(data, train=train, train_groups=groups)


@pytest.mark.parametrize("n", [6, 30])
def test_a_method_without_differences_is_scored_by_both_rules(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n: int
) -> None:
    """The floor of 10 cells holds for every ratio, or by the reference rules for rMMD alone."""
    run = {"datasets": ["demo"], "methods": ["no_edit"], "seeds": [1], "metrics": METRICS}
    both = run | {"presets": ["recommended", "reference"], "results": str(tmp_path)}
    benchmark = load_config(both, folder=root / "config")
    (shard,) = expand(benchmark)
    task = with_a_small_group(n)
    data = dataclasses.replace(task, task=dataclasses.replace(task.task, id=shard.tasks[0]))
    table, path = PredictionTable(), tmp_path / "predictions.h5ad"
    member = shard.members[0]
    table.add(Job(member, data, None), "edit", {"stim": data.intervene.x})
    table.write(path, {"code": "of the method"})
    files: dict[str, Any] = dict.fromkeys(("data", "tasks", "pca"), tmp_path) | {
        "predictions": path
    }
    known = {rule: tmp_path / f"{rule}.parquet" for rule in ("recommended", "reference")}
    for rule, file in known.items():
        denominators(data, METRICS, rule).to_parquet(file)
        seal(file)
    monkeypatch.setattr(loading, "load_tasks", lambda *_: {member.task: data})
    monkeypatch.setattr(evaluate, "_labels", lambda *_: None)
    config = benchmark.datasets[shard.dataset]
    rows = evaluate_shard(config, shard, METRICS, files, known, "of the numbers", threads=1)

    assert not rows.duplicated(["preset", "metric"]).any()
    assert rows["value"].notna().all()
    found = rows.set_index(["preset", "metric"])
    small = found["denominator_group"] == "small"
    assert small["recommended"].to_dict() == {
        "mse": False, "rfid": n >= 10, "rmmd": n >= 10, "variance_ratio": False
    }  # fmt: skip
    assert small["reference", "rfid"]
    assert small["reference", "rmmd"] == (n >= 10)
    np.testing.assert_array_equal(
        found.loc["recommended", "distance"], found.loc["reference", "distance"]
    )
    assert set(rows["code_train"]) == {"of the method"}


def test_the_status_lists_what_is_missing_and_what_is_remarked_on(tmp_path: Path) -> None:
    names = ["dataset", "task", "target", "method", "mode", "preset", "variant", "metric", "shard"]
    known = dict.fromkeys(names, "a") | {"seed": 1}
    rows = [
        known | {"value": 0.5, "reason": ""},
        known | {"seed": 2, "value": 0.6, "reason": "inexact"},
        known | {"seed": 3, "value": np.nan, "reason": "TypeError: a fault"},
    ]
    pd.DataFrame(rows).to_parquet(tmp_path / "metrics.parquet")
    seal(tmp_path / "metrics.parquet")
    status = run_status([tmp_path / "metrics.parquet"], [], {})
    assert [row["reason"] for row in status["missing"]] == ["TypeError: a fault"]
    assert [row["reason"] for row in status["remarks"]] == ["inexact"]
    assert json.loads(json.dumps(status)) == status
