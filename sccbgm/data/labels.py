"""The label columns of a dataset: which obs column plays which role, and what it says."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from sccbgm.config.dataset import DatasetConfig
from sccbgm.config.sections import Column, Role

logger = logging.getLogger(__name__)

NUMBER_TOLERANCE = 1e-6


@dataclass
class Labels:
    """Labels by role or composed name, the cells that are kept, and what was wrong.

    obs: one row a cell of the file, text; missing in cells that are not kept.
    """

    obs: pd.DataFrame
    keep: np.ndarray
    faults: list[str] = field(default_factory=list)


def resolve(obs: pd.DataFrame, config: DatasetConfig) -> Labels:
    """Labels of all roles that the file itself has, dropped cells taken out.

    Clustered subtypes are not among them, nor labels composed of those.
    """
    labels = Labels(pd.DataFrame(index=obs.index), np.ones(len(obs), dtype=bool))
    for role, column in _in_order(config):
        dropped = config.preprocess.drop.get(role, ())
        if column.groups is not None:
            found = _group(labels, column)
        else:
            found = _find(obs, role, column, dropped, labels)
        if found is None:
            continue
        labels.obs[role] = found
        labels.keep &= ~found.isin(dropped).to_numpy()
    if not labels.faults and not labels.keep.any():
        labels.faults.append("preprocess.drop leaves no cell")
    compose(labels.obs, config)
    return labels


def compose(obs: pd.DataFrame, config: DatasetConfig) -> None:
    """Add the composed label columns whose parts are there: parts joined with "_"."""
    for name, roles in config.columns.labels.items():
        if set(roles) <= set(obs.columns):
            joined = obs[roles[0]]
            for role in roles[1:]:
                joined = joined + "_" + obs[role]
            obs[name] = joined


def compare_stored(stored: pd.DataFrame, obs: pd.DataFrame, config: DatasetConfig) -> None:
    """Log where a composed label differs from a column of the same name; the composed one wins."""
    for name in config.columns.labels:
        if name in stored and name in obs:
            differ = int((stored[name].astype(str).to_numpy() != obs[name].to_numpy()).sum())
            if differ:
                logger.warning("obs[%r]: %d stored labels differ from their parts", name, differ)


def _in_order(config: DatasetConfig) -> list[tuple[Role, Column]]:
    """Roles with their columns; the broad type first, unless it is made of subtypes."""
    columns = config.columns
    grouped = columns.broad is not None and columns.broad.groups is not None
    roles: tuple[Role, ...] = ("broad", "subtype", "condition")
    if grouped:
        roles = ("subtype", "broad", "condition")
    return [(role, c) for role in roles if (c := getattr(columns, role)) is not None]


def _find(
    obs: pd.DataFrame, role: str, column: Column, dropped: tuple[str, ...], labels: Labels
) -> pd.Series | None:
    """The first column that exists and holds only accepted labels; otherwise None and a fault."""
    reasons = []
    for name in column.names:
        if name not in obs:
            reasons.append(f"obs[{name!r}] does not exist")
            continue
        found, reason = _read(obs[name][labels.keep], column, dropped)
        if not reason:
            logger.info("%s: obs[%r], %s", role, name, ", ".join(sorted(found.unique())[:30]))
            return found.reindex(obs.index)
        reasons.append(f"obs[{name!r}] {reason}")
    labels.faults.append(
        f"columns.{role}: {'; '.join(reasons)} (the file has {', '.join(map(str, obs.columns))})"
    )
    return None


def _read(series: pd.Series, column: Column, dropped: tuple[str, ...]) -> tuple[pd.Series, str]:
    """Labels as text, and why they are not acceptable ("" if they are)."""
    if missing := int(series.isna().sum()):
        return series, f"has {missing} cells without a label"
    text = series.astype(str)
    if column.numbers is not None:
        text = _match_numbers(text, column.numbers)
        if text.isna().any():
            unknown = sorted(series[text.isna()].astype(str).unique())
            return series, f"holds {unknown[:5]}, expected the numbers {list(column.numbers)}"
    if column.labels is not None:
        unknown = sorted(set(text.unique()) - set(column.labels) - set(dropped))
        if unknown:
            return series, f"holds {unknown[:5]}, expected {list(column.labels)}"
    return text, ""


def _match_numbers(text: pd.Series, numbers: tuple[float, ...]) -> pd.Series:
    """Text of the known number that each label is within 1e-6 of; missing where there is none."""
    known = {}
    for label in text.unique():
        value = pd.to_numeric(label, errors="coerce")
        near = [number for number in numbers if abs(number - value) <= NUMBER_TOLERANCE]
        known[label] = str(near[0]) if near else None
    return text.map(known)


def _group(labels: Labels, column: Column) -> pd.Series | None:
    """Broad types of the subtypes; a fault names subtypes that belong to none."""
    if "subtype" not in labels.obs:
        return None
    broad_of = {sub: broad for broad, subs in (column.groups or {}).items() for sub in subs}
    subtypes = labels.obs["subtype"]
    unknown = sorted(set(subtypes[labels.keep].unique()) - set(broad_of))
    if unknown:
        labels.faults.append(f"columns.broad.groups: no group for the subtypes {unknown}")
        return None
    return subtypes.map(broad_of)
