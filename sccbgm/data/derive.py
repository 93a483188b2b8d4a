"""Tasks that are derived from the cells of a file: every pair of type and condition."""

from __future__ import annotations

import json
import logging
import re
import unicodedata
from pathlib import Path

import pandas as pd

from sccbgm.config.dataset import DatasetConfig
from sccbgm.config.sections import DerivedTasks
from sccbgm.data.contract import ContractError, origin
from sccbgm.data.labels import resolve
from sccbgm.io.seals import sealed

logger = logging.getLogger(__name__)


def derive_pairs(obs: pd.DataFrame, config: DatasetConfig) -> pd.DataFrame:
    """A row a task: id, type, condition, group, n_intervene, n_target; by type, then condition.

    obs: of all cells of the dataset's file. See `DerivedTasks` for which pairs are tasks. `group`
    is the type as an id.

    Raises ContractError where the labels are not as the dataset file says, no pair has the cells,
    or two pairs would have the same id.
    """
    tasks = config.tasks
    assert isinstance(tasks, DerivedTasks)
    labels = resolve(obs, config)
    if labels.faults:
        raise ContractError(origin(config), labels.faults)
    kind, condition = config.columns.labels[tasks.column]
    kept = labels.obs[labels.keep]
    sizes = kept.groupby([kind, condition], observed=True).size().rename("n_target").reset_index()
    sizes.columns = pd.Index(["type", "condition", "n_target"])
    start = sizes[sizes["condition"] == tasks.intervene].set_index("type")["n_target"]
    sizes["n_intervene"] = sizes["type"].map(start).fillna(0).astype(int)
    others = sizes[sizes["condition"] != tasks.intervene]
    enough = others[["n_target", "n_intervene"]].min(axis=1) >= tasks.least
    found = others[enough].sort_values(["type", "condition"]).reset_index(drop=True)
    logger.info(
        "%s: %d tasks of %d pairs of type and condition that have cells", config.id, len(found),
        len(others),
    )  # fmt: skip
    if not len(found):
        raise ContractError(
            origin(config),
            [
                f"tasks: no type has {tasks.least} cells in {tasks.intervene!r} and in another "
                f"condition; {tasks.column} has {kept[tasks.column].nunique()} labels"
            ],
        )
    found["group"] = found["type"].map(slug)
    found["id"] = found["group"] + "_" + found["condition"].map(slug)
    if twice := sorted(set(found["id"][found["id"].duplicated()])):
        raise ContractError(origin(config), [f"tasks: several pairs have the ids {twice}"])
    return found


def slug(label: str) -> str:
    """A label as a part of an id: lower-case letters, digits, and "_" for everything else."""
    ascii_only = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", ascii_only.lower()).strip("_") or "unnamed"


def write_derived(path: str | Path, pairs: pd.DataFrame) -> None:
    """Write the tasks as the pairs of a dataset file, and their cells beside them."""
    rows = pairs.to_dict("records")
    tasks = [
        {"id": r["id"], "type": r["type"], "targets": [r["condition"]], "group": r["group"]}
        for r in rows
    ]
    cells = {r["id"]: [int(r["n_intervene"]), int(r["n_target"])] for r in rows}
    content = {"tasks": tasks, "cells": cells, "checksum": ""}
    with sealed(path) as beside:
        beside.write_text(
            json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
