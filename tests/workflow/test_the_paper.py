"""The paper as one graph, at its smallest: every table, every figure, a report."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import yaml
from workflow_runs import command, finished, linked

SMALLEST = {
    "results": "results/smallest",
    "scale": {
        "cells": 800,
        "genes": 60,
        "tasks": 1,
        "seeds": 1,
        "settings": 1,
        "epochs": 1,
        "width": 16,
        "batch": 256,
    },
    "runtime": {"device": "cpu", "threads": 1, "members_at_once": 64},
}

COMPILED = {
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "XLA_FLAGS": "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true",
}
"""scGen's models compile once what they share, and without optimising: half a minute each else."""


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_every_target_of_the_paper_is_built(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in COMPILED.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path / "compiled"))
    linked(root, tmp_path)
    kang = tmp_path / "config/datasets/kang.yaml"
    dataset = yaml.safe_load(kang.read_text())
    dataset["tasks"]["held_out"].sort(key=lambda pair: pair["id"] != "cd4_0")  # of Figure 4
    kang.unlink()  # a link
    kang.write_text(yaml.safe_dump(dataset))
    (tmp_path / "smallest.yaml").write_text(yaml.safe_dump(SMALLEST))
    files = ("config/config.yaml", str(root / "config/paper_small.yaml"), "smallest.yaml")
    run = command("--configfile", *files, warm=True)
    done = finished(run, tmp_path, root, timeout=1200)
    assert done.returncode == 0, done.stdout[-5000:]
    results = tmp_path / "results/smallest_reduced"
    tables = {path.stem for path in (results / "tables").glob("*.csv") if len(pd.read_csv(path))}
    assert {f"table{n:02}" for n in range(1, 25)} <= tables
    figures = {path.name for path in (results / "figures").iterdir() if path.stat().st_size > 5000}
    drawn = {f"figure{n:02}.{kind}" for n in range(3, 16) for kind in ("pdf", "png")}
    assert drawn | {"metric_table01.png", "adversaries__kang.png"} <= figures
    status = json.loads((results / "status.json").read_text())
    assert (status["failed"], status["unfinished"]) == ([], [])
    again = finished([*run, "--dry-run"], tmp_path, root)
    assert "Nothing to be done" in again.stdout
