"""Cells of each population when there are fewer in all: its share, and enough for the tasks."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sccbgm.config.dataset import DatasetConfig
from sccbgm.config.sections import HeldOutTasks
from sccbgm.protocol.keys import generator

TASK_CELLS = 30
"""A population that a task edits, or edits to, keeps so many cells, or all where it has fewer."""
OTHER_CELLS = 10
"""Any other keeps so many at most beyond its share, while all of these take half of the cells."""


def in_tasks(populations: pd.DataFrame, config: DatasetConfig) -> np.ndarray:
    """(n_populations,) True for those that a task edits or edits to.

    populations: a row each, with the roles and composed labels that are known. Where the label of
    the tasks is not, as before clustering, those of every condition of a task. Of paired data none,
    each of whose populations is in some task.
    """
    tasks = config.tasks
    if not isinstance(tasks, HeldOutTasks):
        return np.zeros(len(populations), dtype=bool)
    if tasks.column in populations:
        start = {tasks.label(pair, tasks.intervene) for pair in tasks.held_out}
        return populations[tasks.column].isin(start | tasks.held_out_labels).to_numpy()
    conditions = {c for pair in tasks.held_out for c in tasks.targets_of(pair)}
    return populations["condition"].isin(conditions | {tasks.intervene}).to_numpy()


def allocate(sizes: np.ndarray, needed: np.ndarray, n: int, *key: str | int) -> np.ndarray:
    """(n_populations,) whole numbers that add up to n, proportional to `sizes` where they can be.

    x_i = max(least_i, t size_i) with the t that makes their sum n, rounded by largest remainders;
    the key breaks ties. least_i is `TASK_CELLS` where `needed`, else up to `OTHER_CELLS`, and
    nowhere more than the size. sizes: (n_populations,) cells or weights.

    Raises ValueError where n is less than the populations that are needed take.
    """
    others = min(OTHER_CELLS, n // (2 * len(sizes)))
    least = np.minimum(sizes, np.where(needed, TASK_CELLS, others)).astype(float)
    if least.sum() > n:
        raise ValueError(
            f"{n:,} cells are too few for the {int(needed.sum())} populations that the tasks edit "
            f"or edit to, {TASK_CELLS} of each, and for the others; use more cells or fewer tasks"
        )
    low, high = 0.0, n / sizes.min()
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if np.maximum(least, middle * sizes).sum() < n else (low, middle)
    share = np.maximum(least, high * sizes)
    whole = np.floor(share + 1e-9)
    order = np.lexsort((generator("populations", *key).random(len(sizes)), whole - share))
    whole[order[: n - int(whole.sum())]] += 1
    return whole.astype(int)
