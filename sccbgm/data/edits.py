"""Which concepts an intervention changes, told from the cells of its two sides."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd

from sccbgm.data.text import absent

logger = logging.getLogger(__name__)


def derive_edits(
    intervene: pd.DataFrame,
    target: pd.DataFrame,
    paired: bool = False,
    names: tuple[str, ...] | None = None,
) -> dict[str, float]:
    """Target values of the concepts that differ between intervened and target cells.

    intervene, target: (n, n_concepts) concept values; rows are pairs where `paired`.
    names: concepts to edit, to their mean over the target cells; by default those that differ,
    which must have one value within each side. Where cells are paired, concepts that are equal
    pair by pair may vary.

    Raises ValueError where a concept varies within a side, a named one is unknown or not annotated,
    or no intervened cell would change.
    """
    if names is not None:
        return _to_the_mean(intervene, target, names)
    edits = {}
    for name in target.columns:
        before, after = intervene[name].to_numpy(), target[name].to_numpy()
        if paired and np.array_equal(before, after, equal_nan=True):
            continue
        old, new = pd.unique(before), pd.unique(after)
        if len(old) > 1 or len(new) > 1:
            raise ValueError(
                f"concept {name!r} has {len(old)} values among the intervened and {len(new)} "
                "among the target cells, expected one each; name the concepts to edit in "
                "tasks.edit"
            )
        if not np.array_equal(old, new, equal_nan=True):
            edits[str(name)] = _annotated(str(name), float(new[0]))
    if not edits:
        raise ValueError("no concept differs between intervened and target cells")
    return edits


def _to_the_mean(
    intervene: pd.DataFrame, target: pd.DataFrame, names: tuple[str, ...]
) -> dict[str, float]:
    """Edits of named concepts to their mean over the target cells."""
    if unknown := absent(names, target.columns, "no concept is"):
        raise ValueError(f"tasks.edit: {'; '.join(unknown)}")
    edits = {name: _annotated(name, float(target[name].mean())) for name in names}
    idle = [name for name in names if np.allclose(intervene[name], edits[name], 0, 1e-5)]
    if len(idle) == len(names):
        raise ValueError(
            f"tasks.edit: setting {edits} changes no intervened cell, all of them have these values"
        )
    for name in idle:
        logger.warning("tasks.edit: %r is %g in every intervened cell already", name, edits[name])
    return edits


def _annotated(name: str, value: float) -> float:
    if np.isnan(value):
        raise ValueError(f"concept {name!r} is not annotated in the target cells")
    return value
