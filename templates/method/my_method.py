"""A method of your own: rename it, and replace what `Shifts` computes.

docs/own_method.md explains every name that is used here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from my_helpers import mean_shift

from sccbgm.protocol.method import (
    SHARE,
    Failure,
    Fit,
    Job,
    Method,
    Predictions,
    Runtime,
    hyperparameter,
)


@dataclass(frozen=True)
class MyParams:
    """What a run may set under `params`, or vary under `variants`."""

    step: float = hyperparameter(
        1.0, "how much of the shift a cell goes", "own choice", within=SHARE
    )


class MyMethod(Method):
    """What it computes, in a formula."""

    id = "my_method"
    title = "My method"
    citation = "who thought of it, and where"
    Params = MyParams

    def fit(self, jobs: Sequence[Job], runtime: Runtime, stage1: Fit | None = None) -> Fit:
        """Learn from `job.data.train`; what is learnt may be of any kind."""
        learnt: list[Shifts | Failure] = []
        for number, job in enumerate(jobs, start=1):
            learnt.append(learn(job))
            runtime.report(f"member {number} of {len(jobs)}")
        return MyFit(jobs, learnt)


Shifts = dict[str, np.ndarray]
"""Target id -> (n_dims,) what a cell is moved by."""


def learn(job: Job) -> Shifts | Failure:
    """What a member learns, or why it cannot: it fails alone, and the table says so."""
    data = job.data
    try:
        return {t.id: mean_shift(data, t) for t in data.task.targets}
    except ValueError as error:
        return Failure(str(error))


class MyFit(Fit):
    """Learnt members, in the order of the jobs."""

    def __init__(self, jobs: Sequence[Job], learnt: Sequence[Shifts | Failure]) -> None:
        self.jobs, self.learnt = jobs, learnt

    def predict(self, mode: str) -> list[Predictions | Failure]:
        """The edited cells of every job: target id -> (n_intervene, n_dims)."""
        return [
            found if isinstance(found, Failure) else self._edit(job, found)
            for job, found in zip(self.jobs, self.learnt, strict=True)
        ]

    def _edit(self, job: Job, shifts: Shifts) -> Predictions:
        x, step = job.data.intervene.x, job.params.step
        return {target: (x + step * shift).astype(x.dtype) for target, shift in shifts.items()}
