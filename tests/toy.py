"""A toy task with a known counterfactual: two cell types, one stimulus, an additive effect."""

from __future__ import annotations

import numpy as np

from sccbgm.methods import registry
from sccbgm.protocol.member import Member
from sccbgm.protocol.method import Job
from sccbgm.protocol.task import Cells, Target, Task, TaskData

EFFECT = 2.0
"""The stimulus adds this to dimension 0; unstimulating would subtract it."""


def toy_task(
    n: int = 400, n_dims: int = 6, seed: int = 0, task_id: str = "toy", unseen: bool = True
) -> TaskData:
    """Types A and B at -2 and 2 of dimension 1; stimulated cells of B are held out if `unseen`."""
    rng = np.random.default_rng(seed)
    is_b, stim = rng.integers(0, 2, n), rng.integers(0, 2, n)
    base = rng.normal(0, 0.5, (n, n_dims))
    base[:, 1] += 4.0 * is_b - 2.0
    return _task(base, is_b, stim, "AB", task_id, unseen)


def eight_types_task(n: int = 1500, n_dims: int = 6, seed: int = 0) -> TaskData:
    """Types A to H at the corners of a cube; stimulated cells of H are held out.

    Seven types show what the stimulus does, so that a method can know it of the eighth.
    """
    rng = np.random.default_rng(seed)
    kind, stim = rng.integers(0, 8, n), rng.integers(0, 2, n)
    base = rng.normal(0, 0.5, (n, n_dims))
    base[:, 1:4] += 2.0 * (kind[:, None] >> np.arange(3) & 1) - 1.0
    return _task(base, kind, stim, "ABCDEFGH", "eight_types", True)


def _task(
    base: np.ndarray, kind: np.ndarray, stim: np.ndarray, types: str, task_id: str, unseen: bool
) -> TaskData:
    """The task of stimulating the last type. base: all cells as if none were stimulated."""
    x, truth = base.copy(), base.copy()
    x[:, 0] += EFFECT * stim
    truth[:, 0] += EFFECT
    concepts = np.column_stack([np.eye(len(types))[kind], stim])
    last, own = kind == len(types) - 1, types[-1]
    intervened = np.flatnonzero(last & (stim == 0))
    train = np.flatnonzero(~(last & (stim == 1) & unseen))

    def cells(values: np.ndarray, rows: np.ndarray) -> Cells:
        return Cells(
            values[rows].astype(np.float32), concepts[rows].astype(np.float32), np.asarray(rows)
        )

    target = Target("stim", (f"{own}_stim",), {"stim": 1.0}, own.lower())
    task = Task(
        "toy", task_id, "label", f"{own}_ctrl", (f"{own}_stim",), (target,), paired=True
    )  # fmt: skip
    labels = np.array(list(types))[kind]
    return TaskData(
        task=task,
        concept_names=(*types, "stim"),
        hard=np.ones(len(types) + 1, dtype=bool),
        train=cells(x, train),
        intervene=cells(x, intervened),
        targets={"stim": cells(truth, intervened)},
        train_groups=np.char.add(labels[train], np.where(stim[train], "_stim", "_ctrl")),
        train_context=labels[train],
    )


def toy_job(method: str, data: TaskData | None = None, seed: int = 0, **overrides: object) -> Job:
    """A job of that method on the toy task, with a small network unless overridden."""
    data = toy_task() if data is None else data
    instance = registry.get(method)
    names = {"epochs": 60, "hidden_dim": 32, "n_layers": 2, "latent_dim": 8, "n_unknown": 8,
             "lr": 3e-3, "batch_size": 64}  # fmt: skip
    fields = instance.Params.__dataclass_fields__
    small = {name: value for name, value in names.items() if name in fields}
    params = instance.params(**{**small, **overrides})
    return Job(Member("toy", data.task.id, method, seed), data, params)
