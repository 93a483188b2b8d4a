"""Which concepts an intervention changes, told from the cells of its two sides."""

from __future__ import annotations

import numpy as np
import pandas as pd


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

    Raises ValueError where a concept varies within a side, or none differs.
    """
    if names is not None:
        if unknown := sorted(set(names) - set(target.columns)):
            raise ValueError(f"tasks.edit: {unknown} are not concepts ({list(target.columns)})")
        return {name: float(target[name].mean()) for name in names}
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
            edits[str(name)] = float(new[0])
    if not edits:
        raise ValueError("no concept differs between intervened and target cells")
    return edits
