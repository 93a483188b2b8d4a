"""The label columns of a dataset: which obs column plays which role, and what it says."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from sccbgm.config.dataset import DatasetConfig
from sccbgm.config.sections import Column, HeldOutTasks, Pair
from sccbgm.data.quantities import read_numbers
from sccbgm.data.text import absent, as_text, label_faults, similar

logger = logging.getLogger(__name__)

NUMBER_TOLERANCE = 1e-6
Dropped = tuple[str | None, ...]
"""Labels whose cells are not used; None for cells without one."""


@dataclass
class Labels:
    """Labels by role or composed name, the cells that are kept, and what was wrong.

    obs: one row a cell of the file, text; missing in cells that are not kept. notes: which
    column was taken for a role, and which were not.
    """

    obs: pd.DataFrame
    keep: np.ndarray
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def resolve(obs: pd.DataFrame, config: DatasetConfig) -> Labels:
    """Labels of all roles that the file itself has, of the cells that no role drops.

    Clustered subtypes are not among them, nor labels composed of those. A cell that is dropped
    for one label needs no other: columns are read anew until no more cells are dropped.
    """
    labels = Labels(pd.DataFrame(index=obs.index), np.ones(len(obs), dtype=bool))
    dropped: dict[str, set[str]] = {}
    before = len(obs) + 1
    while labels.keep.sum() < before:
        before = int(labels.keep.sum())
        labels = _read_roles(obs, config, labels.keep, dropped)
    if not labels.keep.any():
        labels.faults = ["preprocess.drop leaves no cell"]
    if labels.faults:
        return labels
    for note in labels.notes:
        logger.info("%s", note)
    kept = labels.obs[labels.keep]
    for role in kept:
        logger.info("%s: %s", role, ", ".join(sorted(kept[role].unique())[:30]))
    labels.obs = kept.reindex(obs.index)
    labels.faults += _names_of_no_cell(kept, dropped, config)
    compose(labels.obs, config)
    labels.faults += composed_faults(labels.obs[labels.keep], config)
    return labels


def compose(obs: pd.DataFrame, config: DatasetConfig) -> None:
    """Add the composed label columns whose parts are there: parts joined with "_"."""
    for name, roles in config.columns.labels.items():
        if set(roles) <= set(obs.columns):
            joined = obs[roles[0]]
            for role in roles[1:]:
                joined = joined + "_" + obs[role]
            obs[name] = joined


def composed_faults(obs: pd.DataFrame, config: DatasetConfig) -> list[str]:
    """Composed labels that stand for different cells: ("B", "x_y") and ("B_x", "y")."""
    faults = []
    for name, roles in config.columns.labels.items():
        if name not in obs:
            continue
        parts = obs[list(dict.fromkeys(roles))].assign(joined=obs[name]).drop_duplicates()
        for label, same in parts[parts["joined"].duplicated(keep=False)].groupby("joined"):
            pairs = " and ".join(
                str(row) for row in same[list(roles)].itertuples(index=False, name=None)
            )
            faults.append(
                f"columns.labels.{name}: {label!r} is both {pairs}; rename one of the labels"
            )
    return faults


def held_out_in(obs: pd.DataFrame, config: DatasetConfig, pairs: Iterable[Pair]) -> set[str]:
    """The labels, of those in obs, that these tasks hold out. obs: roles and composed labels."""
    tasks = config.tasks
    assert isinstance(tasks, HeldOutTasks)
    if not tasks.everywhere:
        return {tasks.label(pair, target) for pair in pairs for target in tasks.targets_of(pair)}
    targets = {target for pair in pairs for target in tasks.targets_of(pair)}
    return set(obs[tasks.column][obs["condition"].isin(targets)])


def compare_stored(stored: pd.DataFrame, obs: pd.DataFrame, config: DatasetConfig) -> None:
    """Log where a composed label differs from a column of the same name; the composed one wins."""
    for name in config.columns.labels:
        if name in stored and name in obs:
            differ = int((stored[name].astype(str).to_numpy() != obs[name].to_numpy()).sum())
            if differ:
                logger.warning("obs[%r]: %d stored labels differ from their parts", name, differ)


def _in_order(config: DatasetConfig) -> list[tuple[str, Column]]:
    """Roles with their columns; the broad type first, unless it is made of subtypes."""
    roles = config.columns.roles
    return sorted(roles.items(), key=lambda item: item[1].groups is not None)


def _among(text: pd.Series, labels: Collection[str | None]) -> pd.Series:
    """True where a label is one of these, of which None is no label."""
    found = text.isin([label for label in labels if label is not None])
    return found | text.isna() if None in labels else found


def _read_roles(
    obs: pd.DataFrame, config: DatasetConfig, keep: np.ndarray, dropped: dict[str, set[str]]
) -> Labels:
    """Labels of the cells in `keep`, some of which are then not kept; `dropped` learns why."""
    labels = Labels(pd.DataFrame(index=obs.index), keep.copy())
    for role, column in _in_order(config):
        drop = config.preprocess.drop.get(role, ())
        if role == "subtype" and config.subtypes and not set(column.names) & set(obs.columns):
            labels.notes.append(f"columns.subtype: no {', '.join(column.names)}: to be clustered")
            continue
        if column.groups is not None:
            found = _group(labels, column, keep)
        else:
            found = _find(obs[keep], role, column, drop, labels)
        if found is None:
            continue
        away = _among(found, drop).reindex(obs.index, fill_value=False).to_numpy()
        dropped.setdefault(role, set()).update(found[found.isin(drop) & found.notna()])
        labels.obs[role] = found.reindex(obs.index)
        labels.keep &= ~away
    return labels


def _find(
    obs: pd.DataFrame, role: str, column: Column, drop: Dropped, labels: Labels
) -> pd.Series | None:
    """The first column that exists and holds only accepted labels; otherwise a fault.

    Where there is but one, its labels are given all the same: they say which cells to drop.
    """
    reasons: list[str] = []
    for name in (there := [name for name in column.names if name in obs]):
        found, reason = _read(obs[name], column, drop)
        if not reason:
            notes = [f"passed over: {reason}" for reason in reasons]
            labels.notes += [
                f"columns.{role}: {note}" for note in (*notes, f"taken: obs[{name!r}]")
            ]
            return found
        reasons.append(f"obs[{name!r}] {reason}")
    missing = [f"obs[{name!r}] does not exist" for name in column.names if name not in there]
    known = f" (the file has {', '.join(map(str, obs.columns))})" if missing else ""
    labels.faults.append(f"columns.{role}: {'; '.join(missing + reasons)}{known}")
    return found if len(there) == 1 else None


def _read(series: pd.Series, column: Column, drop: Dropped) -> tuple[pd.Series, str]:
    """Labels as text, and why they are not acceptable ("" if they are)."""
    text = as_text(series)
    stay = ~_among(text, drop)
    if column.numbers is not None:
        try:
            numbers, _ = read_numbers(series[stay])
        except ValueError as error:
            return text, str(error)
        known = _known_numbers(numbers, column.numbers)
        unknown = sorted(set(text[stay][known.isna() & numbers.notna()]))
        if unknown:
            return text, f"holds {unknown[:5]}, expected the numbers {list(column.numbers)}"
        text = text.where(~stay, known.reindex(text.index))
        stay = ~_among(text, drop)
    if reasons := label_faults(text[stay]):
        return text, "; ".join(reasons)
    if column.labels is not None:
        counts = text[stay].value_counts()
        unknown = sorted(set(counts.index) - set(column.labels))
        if unknown:
            shown = ", ".join(f"{label!r} ({counts[label]} cells)" for label in unknown[:5])
            return text, f"holds {shown}, expected {list(column.labels)}"
    return text, ""


def _known_numbers(numbers: pd.Series, known: tuple[float, ...]) -> pd.Series:
    """Text of the known number that each number is within 1e-6 of; None where there is none."""
    text = {}
    for value in numbers.dropna().unique():
        near = [number for number in known if abs(number - value) <= NUMBER_TOLERANCE]
        text[value] = str(float(near[0])) if near else None
    return numbers.map(text).astype(object).where(lambda x: x.notna(), None)


def _group(labels: Labels, column: Column, keep: np.ndarray) -> pd.Series | None:
    """Broad types of the subtypes; a fault names subtypes that belong to none."""
    if "subtype" not in labels.obs:
        return None
    broad_of = {sub: broad for broad, subs in (column.groups or {}).items() for sub in subs}
    subtypes = labels.obs["subtype"][keep]
    if unknown := sorted(set(subtypes[labels.keep[keep]].dropna()) - set(broad_of)):
        labels.faults.append(f"columns.broad.groups: no group for the subtypes {unknown}")
        return None
    return subtypes.map(broad_of)


def _names_of_no_cell(
    kept: pd.DataFrame, dropped: dict[str, set[str]], config: DatasetConfig
) -> list[str]:
    """Labels that the dataset file names for a role and that no cell has."""
    faults = []
    for role, column in _in_order(config):
        if role not in kept:
            continue  # found by clustering later
        drop = config.preprocess.drop.get(role, ())
        present = {*kept[role], *dropped.get(role, ())}
        where = f"preprocess.drop.{role}"
        faults += [f"{where}: {words}" for words in _drops_of_no_cell(drop, present, column, where)]
        if column.groups is not None:
            subtypes = {*kept["subtype"], *dropped.get("subtype", ())}
            named = [s for broad, subs in column.groups.items() if broad not in drop for s in subs]
            faults += [f"columns.{role}.groups: {words}" for words in absent(named, subtypes)]
        else:
            key = "labels" if column.numbers is None else "numbers"
            named = [label for label in column.order or () if label not in drop]
            faults += [f"columns.{role}.{key}: {words}" for words in absent(named, present)]
    return faults


def _drops_of_no_cell(drop: Dropped, present: set[str], column: Column, where: str) -> list[str]:
    """Labels to drop that are misspelt, or may be.

    Where the file lists every label that may stay, none can stay unseen: a label that is unlike
    those that are there belongs to cells that have left the file already.
    """
    faults = []
    for label in filter(None, drop):
        if words := absent([label], present):
            listed = column.labels is not None or label in (column.groups or {})
            if not listed or similar(label, present):
                faults += words
            else:
                logger.warning("%s: no cell is %r", where, label)
    return faults
