"""Populations of a look-alike: which types and conditions there are, how many cells of each."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sccbgm.config.dataset import DatasetConfig
from sccbgm.config.sections import ROLES, HeldOutTasks
from sccbgm.data.labels import compose
from sccbgm.data.populations import OTHER_CELLS

DROPPED_SHARE = 0.01
"""Of all cells: populations that the dataset drops, together."""


def populations_of(config: DatasetConfig, n_cells: int) -> pd.DataFrame:
    """A row each: `ROLES`, composed labels, and

    weight: cells that `expected` states, or the mean of those stated for the subtype, or of all.
    direction, amount: name of the condition's effect, the same for all doses, and a_c of
    `make_lookalike`.
    """
    types = _types(config)
    conditions = _labels(config, "condition", n_cells // (OTHER_CELLS * len(types)))
    rows = [(*of_type, condition) for of_type in types for condition in conditions]
    populations = pd.DataFrame(rows, columns=list(ROLES))
    compose(populations, config)
    weight = _weights(populations, config)
    dropped = pd.DataFrame(
        [
            (label, label, condition) if role != "condition" else (*types[0], label)
            for role, labels in config.preprocess.drop.items()
            for label in filter(None, labels)
            for condition in (conditions if role != "condition" else [label])
        ],
        columns=list(ROLES),
    )
    compose(dropped, config)
    dropped["weight"] = DROPPED_SHARE * weight.sum() / max(1, len(dropped))
    both = [populations.assign(weight=weight), *([dropped] if len(dropped) else [])]
    every = pd.concat(both, ignore_index=True)
    return every.assign(**_effects(every["condition"], config))


def _types(config: DatasetConfig) -> list[tuple[str, str]]:
    """Broad type and subtype, twice the same where there is but one kind."""
    broad, subtype = config.columns.broad, config.columns.subtype
    if broad is not None and broad.groups is not None:
        return [(name, own) for name, subtypes in broad.groups.items() for own in subtypes]
    if subtype is None and config.subtypes is not None:
        clusters = config.subtypes.clusters.items()
        return [(name, f"{name}_{i}") for name, n in clusters for i in range(n)]
    broads, subtypes = _labels(config, "broad"), _labels(config, "subtype")
    if not broads or not subtypes:
        return [(name, name) for name in broads or subtypes or ["all"]]
    within = {own: [name for name in broads if own.startswith(name)] for own in subtypes}
    if alone := [own for own, names in within.items() if not names]:
        raise ValueError(
            f"{config.id}: a look-alike needs columns.broad.groups, or subtypes whose names begin "
            f"with that of their broad type, unlike {alone}"
        )
    return [(max(names, key=len), own) for own, names in within.items()]


def _labels(config: DatasetConfig, role: str, most: int | None = None) -> list[str]:
    """Labels of a role: those that the file lists, else those of its tasks and made-up ones."""
    column, tasks = getattr(config.columns, role), config.tasks
    assert isinstance(tasks, HeldOutTasks)
    if column is None:
        return []
    if column.order:
        return list(column.order)
    named = [pair.type for pair in tasks.held_out if pair.type is not None]
    if role == "condition":
        targets = [t for pair in tasks.held_out for t in tasks.targets_of(pair)]
        named = [tasks.intervene, *targets]
    elif role not in config.columns.labels.get(tasks.column, ()):
        named = []
    named = list(dict.fromkeys(named))
    wanted = config.expected.n_labels.get(role, len(named) + 2)
    n = wanted if most is None else max(len(named), min(wanted, most))
    return [*named, *(f"made_up_{i}" for i in range(len(named), n))]


def _weights(populations: pd.DataFrame, config: DatasetConfig) -> np.ndarray:
    """(n_populations,) cells: stated, else the mean of the subtype's, else of all, else 1."""
    weight = pd.Series(np.nan, index=populations.index)
    for column, sizes in config.expected.labels.items():
        if column in config.columns.labels:
            weight = weight.fillna(populations[column].map(sizes))
    of_type = weight.groupby(populations["subtype"]).transform("mean")
    return weight.fillna(of_type).fillna(weight.mean()).fillna(1.0).to_numpy()


def _effects(conditions: pd.Series, config: DatasetConfig) -> dict[str, pd.Series]:
    """The columns "direction" and "amount" of some conditions."""
    tasks, column = config.tasks, config.columns.condition
    assert isinstance(tasks, HeldOutTasks) and column is not None
    if column.numbers is None:
        away = (conditions != tasks.intervene).astype(float)
        return {"direction": conditions, "amount": away}
    dose = pd.to_numeric(conditions, errors="coerce").fillna(0.0)
    amount = np.log1p(dose) / np.log1p(max(column.numbers))
    return {"direction": pd.Series("dose", index=conditions.index), "amount": amount}


def columns_of(populations: pd.DataFrame, config: DatasetConfig) -> pd.DataFrame:
    """The columns of the file: every name of a role, and labels composed of roles with a name."""
    columns: dict[str, pd.Series] = {}
    named = set()
    for role in ROLES:
        column = getattr(config.columns, role)
        if column is not None:
            named.add(role)
            columns |= dict.fromkeys(column.names, populations[role])
    for name, roles in config.columns.labels.items():
        if set(roles) <= named:
            columns[name] = populations[name]
    return pd.DataFrame({name: pd.Categorical(labels) for name, labels in columns.items()})
