"""A change runs again what depends on it, and nothing else."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from anndata import AnnData
from workflow_runs import TINY_RUN, Run, planned

pytestmark = pytest.mark.slow

DATASET: dict[str, Any] = {
    "id": "mine",
    "title": "Mine",
    "citation": "ours",
    "source": {"kind": "file", "path": "cells.h5ad"},
    "columns": {
        "broad": {"names": ["cell_type"]},
        "condition": {"names": ["condition"], "labels": ["ctrl", "stim"]},
        "labels": {"both": ["broad", "condition"]},
    },
    "preprocess": {"n_top_genes": None},
    "concepts": [
        {"kind": "one_hot", "column": "broad"},
        {"kind": "binary", "column": "condition", "one": "stim", "name": "stim"},
    ],
    "tasks": {
        "kind": "held_out",
        "column": "both",
        "denominators": "both",
        "intervene": "ctrl",
        "targets": ["stim"],
        "held_out": [],
    },
    "n_pcs": 8,
}
"""A user's dataset without its tasks."""

TYPES = ("B", "NK", "T")


def counts() -> AnnData:
    """Forty cells of each type and condition, types and conditions with genes of their own."""
    labels = [(t, c) for t in TYPES for c in ("ctrl", "stim") for _ in range(40)]
    obs = pd.DataFrame(labels, columns=["cell_type", "condition"])
    rate = np.full((len(obs), 50), 2.0)
    for i, name in enumerate(TYPES):
        rate[(obs["cell_type"] == name).to_numpy(), 10 * i : 10 * i + 5] += 4
    rate[(obs["condition"] == "stim").to_numpy(), 40:] += 3
    obs.index = obs.index.astype(str)
    return AnnData(np.random.default_rng(0).poisson(rate).astype(np.float32), obs=obs)


Change = Callable[[dict[str, Any], dict[str, Any]], Any]


def settings(dataset: dict[str, Any], run: dict[str, Any]) -> None:
    """Changes that no job but those of the tables, and the ceiling, depends on."""
    dataset.update(title="Other", reduced="Fewer cells.", citation="theirs")
    for pair in dataset["tasks"]["held_out"]:
        pair["group"] = "other"
    run.update(metrics=["rfid", "rmmd"], methods=["cvae", "mean_shift", "no_edit"])
    run["runtime"]["threads"] = 2


def test_what_each_change_runs_again(snakemake: Run, workflow: Path) -> None:
    counts().write_h5ad(workflow / "cells.h5ad")
    pairs = [{"id": t.lower(), "type": t, "group": "g"} for t in TYPES]
    dataset = copy.deepcopy(DATASET)
    dataset["tasks"]["held_out"] = pairs[:2]
    run = copy.deepcopy(TINY_RUN) | {
        "datasets": ["mine"],
        "methods": ["no_edit", "mean_shift", "cvae"],
        "metrics": ["rmmd", "rfid"],
        "tables": ["tasks_rmmd__mine"],
        "shard": {"tasks": 1},
    }

    def write(change: Change) -> None:
        a, b = copy.deepcopy(dataset), copy.deepcopy(run)
        change(a, b)
        (workflow / "config/datasets/mine.yaml").write_text(yaml.safe_dump(a))
        (workflow / "run.yaml").write_text(yaml.safe_dump(b))

    def jobs(change: Change) -> dict[str, int]:
        write(change)
        done = snakemake("-n", "--configfile", "run.yaml")
        assert done.returncode == 0, done.stdout
        if "Nothing to be done" in done.stdout:
            return {}
        cheap = {"collect", "costs", "status", "table", "page", "complete", "all"}
        return {name: n for name, n in planned(done.stdout).items() if name not in cheap}

    write(lambda a, b: None)
    done = snakemake("--configfile", "run.yaml")
    assert done.returncode == 0, done.stdout
    assert jobs(lambda a, b: None) == {}
    assert jobs(settings) == {"ceilings": 2}, "another metric comes first, and sums up"
    one_more = {"tasks": 1, "denominators": 1, "ceilings": 1, "train": 3, "evaluate": 3}
    assert jobs(lambda a, b: a["tasks"].update(held_out=pairs)) == one_more
    components = {"tasks": 2, "denominators": 2, "ceilings": 2, "train": 6, "evaluate": 6}
    assert jobs(lambda a, b: a.update(n_pcs=7)) == components
    assert jobs(lambda a, b: b["metrics"].append("de_recall")) == {"evaluate": 6}
    ratio = {"denominators": 2, "ceilings": 2, "evaluate": 6}
    assert jobs(lambda a, b: b["metrics"].append("rsd")) == ratio
    epochs = {"train": 2, "evaluate": 2}
    assert jobs(lambda a, b: b["params"].update(epochs=3)) == epochs
    assert jobs(lambda a, b: b["methods"].append("target")) == {"train": 2, "evaluate": 2}
    assert jobs(lambda a, b: b["seeds"].append(2)) == {"train": 6, "evaluate": 6}
    everything = components | {"preprocess": 1}
    assert jobs(lambda a, b: a["preprocess"].update(n_top_genes=20)) == everything
