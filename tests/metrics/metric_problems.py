"""Problems with known answers: Gaussians, and tasks small enough to compute by hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sccbgm.protocol.task import Cells, Target, Task, TaskData


@dataclass(frozen=True)
class Gaussian:
    """A normal distribution and a sample whose mean and covariance are exactly its own."""

    mean: np.ndarray
    covariance: np.ndarray
    sample: np.ndarray


def exact_gaussian(rng: np.random.Generator, n_cells: int, n_dims: int) -> Gaussian:
    mean = rng.normal(size=n_dims)
    root = rng.normal(size=(n_dims, n_dims))
    covariance = root @ root.T / n_dims + 0.1 * np.eye(n_dims)
    noise = rng.normal(size=(n_cells, n_dims))
    noise -= noise.mean(axis=0)
    noise = noise @ np.linalg.inv(np.linalg.cholesky(np.cov(noise.T).reshape(n_dims, n_dims))).T
    return Gaussian(mean, covariance, mean + noise @ np.linalg.cholesky(covariance).T)


def cells(x, first_row: int = 0) -> Cells:
    x = np.asarray(x, dtype=np.float32)
    return Cells(x, np.zeros((len(x), 1), np.float32), np.arange(first_row, first_row + len(x)))


def make_task(
    train, groups, targets: dict, intervene=None, paired: bool = False, id: str = "held_out"
) -> TaskData:
    """A TaskData of arrays: rows count up through train, intervene and the targets."""
    intervene = train[:2] if intervene is None else intervene
    task = Task(
        dataset="toy",
        id=id,
        column="label",
        intervene="a_ctrl",
        hold_out=("a_stim",),
        targets=tuple(Target(name, ("a_stim",), {"stim": 1.0}, "A cells") for name in targets),
        paired=paired,
    )
    row = len(train) + len(intervene)
    found = {}
    for name, x in targets.items():
        found[name] = cells(x, row)
        row += len(x)
    groups = np.asarray(groups)
    return TaskData(
        task=task,
        concept_names=("stim",),
        hard=np.array([True]),
        train=cells(train),
        intervene=cells(intervene, len(train)),
        targets=found,
        train_groups=groups,
        train_context=groups,
    )
