"""A module beside the method's file, which that one imports by its name."""

from __future__ import annotations

import numpy as np

from sccbgm.protocol.task import Target, TaskData


def mean_shift(data: TaskData, target: Target) -> np.ndarray:
    """(n_dims,) mean of the training cells with the edited values minus that of the others.

    Raises ValueError where there are none of either kind.
    """
    edited = data.edit_mask(target)
    values = data.edited(data.intervene.concepts[:1], target)[0, edited]
    has = (data.train.concepts[:, edited] == values).all(axis=1)
    if has.all() or not has.any():
        raise ValueError("no training cells with, or none without, the edited values")
    return data.train.x[has].mean(axis=0) - data.train.x[~has].mean(axis=0)
