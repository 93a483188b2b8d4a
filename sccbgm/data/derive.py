"""Tasks that are derived from the cells of a file: every pair of type and condition."""

from __future__ import annotations

import json
import logging
import re
import unicodedata
from collections import Counter
from pathlib import Path

import pandas as pd

from sccbgm.config.dataset import DatasetConfig
from sccbgm.config.sections import DerivedTasks, HeldOutTasks
from sccbgm.data.contract import ContractError, origin
from sccbgm.data.labels import resolve
from sccbgm.data.text import absent
from sccbgm.io.seals import sealed
from sccbgm.protocol.keys import derive_key

logger = logging.getLogger(__name__)

LONGEST = 60
"""Characters of a label in an id."""


def derive_pairs(obs: pd.DataFrame, config: DatasetConfig) -> pd.DataFrame:
    """A row a task: id, type, targets, group, n_intervene, n_target; by type, then condition.

    obs: of all cells of the dataset's file. See `DerivedTasks` for which pairs are tasks. targets:
    conditions. type: None where the condition itself is held out. `group` is the type as an id.
    n_target: cells of all targets.

    Raises ContractError where the labels are not as the dataset file says, or no pair has the
    cells.
    """
    tasks = config.tasks
    assert isinstance(tasks, DerivedTasks)
    labels = resolve(obs, config)
    if labels.faults:
        raise ContractError(origin(config), labels.faults)
    kept = labels.obs[labels.keep]
    others = populations(kept, config)
    chosen = (("type", tasks.types), ("condition", tasks.conditions))
    faults = [
        f"tasks.{name}s: {words}"
        for name, wanted in chosen
        for words in absent(wanted or (), others[name])
    ]
    if faults:
        raise ContractError(origin(config), faults)
    enough = others[["n_target", "n_intervene"]].min(axis=1) >= tasks.least
    for name, wanted in chosen:
        enough &= others[name].isin(wanted) if wanted is not None else True
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
    return _as_tasks(found, tasks.each)


def populations(kept: pd.DataFrame, config: DatasetConfig) -> pd.DataFrame:
    """A row a type and condition other than that of the edited cells: type, condition, n_target,

    n_intervene. kept: roles and composed labels of the cells that are used. type: "" where the
    condition itself is held out.
    """
    tasks = config.tasks
    assert isinstance(tasks, HeldOutTasks)
    *of_type, condition = config.joined(tasks.column)
    named = kept[of_type[0]] if of_type else pd.Series("", index=kept.index)
    for role in of_type[1:]:
        named = named + "_" + kept[role]
    both = pd.DataFrame({"type": named, "condition": kept[condition]}).astype(str)
    sizes = both.value_counts().rename("n_target").reset_index()
    start = sizes[sizes["condition"] == tasks.intervene].set_index("type")["n_target"]
    sizes["n_intervene"] = sizes["type"].map(start).fillna(0).astype(int)
    return sizes[sizes["condition"] != tasks.intervene]


def _as_tasks(pairs: pd.DataFrame, each: str) -> pd.DataFrame:
    """The pairs as tasks with ids that differ."""
    pairs = pairs.assign(targets=pairs["condition"].map(lambda condition: (condition,)))
    if each == "type":
        rules = {"n_target": "sum", "n_intervene": "first", "targets": "sum"}
        pairs = pairs.groupby("type", as_index=False).agg(rules).assign(condition="")
    names = pairs["type"].where(pairs["type"] != "", pairs["condition"])
    pairs["group"] = distinct_slugs(names)
    both = pairs["condition"].where(pairs["type"] != "", "")
    ids = pairs["group"] + ("_" + distinct_slugs(both)).where(both != "", "")
    pairs["type"] = pairs["type"].where(pairs["type"] != "", None)
    return pairs.assign(id=ids)


def distinct_slugs(labels: pd.Series) -> pd.Series:
    """The slug of each label; where different labels have the same, with a hash of the label."""
    slugs = {label: slug(label) for label in labels.unique()}
    shared = Counter(slugs.values())
    own = {
        label: name if shared[name] == 1 else f"{name}_{derive_key(label) % 16**6:06x}"
        for label, name in slugs.items()
    }
    return labels.map(own)


def slug(label: str) -> str:
    """A label as a part of an id: lower-case letters, digits, and "_" for everything else.

    Of a long label the start, with a hash: ids are names of files.
    """
    ascii_only = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode()
    made = re.sub(r"[^a-z0-9]+", "_", ascii_only.lower()).strip("_") or "unnamed"
    return made if len(made) <= LONGEST else f"{made[:LONGEST]}_{derive_key(label) % 16**6:06x}"


def write_derived(path: str | Path, pairs: pd.DataFrame) -> None:
    """Write the tasks as the pairs of a dataset file, and their cells beside them."""
    rows = pairs.to_dict("records")
    tasks = [
        {"id": r["id"], "type": r["type"], "targets": list(r["targets"]), "group": r["group"]}
        for r in rows
    ]
    cells = {r["id"]: [int(r["n_intervene"]), int(r["n_target"])] for r in rows}
    content = {"tasks": tasks, "cells": cells, "checksum": ""}
    with sealed(path) as beside:
        beside.write_text(
            json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
