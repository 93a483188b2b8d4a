"""Controls: predictions without a model, the floor and the ceiling of every table."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from sccbgm.protocol.keys import generator
from sccbgm.protocol.method import Failure, Fit, Job, Method, Predictions, Runtime
from sccbgm.protocol.task import Target, TaskData


@dataclass(frozen=True)
class NoParams:
    """Controls have nothing to set."""


class Computed(Method):
    """A prediction computed from the arrays of the task when it is asked for; nothing is kept."""

    edits_any: ClassVar[bool] = True

    @abstractmethod
    def edit(self, job: Job, target: Target) -> np.ndarray:
        """(n_intervene, n_dims) predicted cells. Raises ValueError where there is no answer."""

    def fit(self, jobs: Sequence[Job], runtime: Runtime, stage1: Fit | None = None) -> Fit:
        """Nothing is fitted: the prediction is computed when asked for."""
        return ControlFit(self, jobs)

    def load(
        self, jobs: Sequence[Job], path: Path, runtime: Runtime, stage1: Fit | None = None
    ) -> Fit:
        """As `fit`: there is nothing to read."""
        return ControlFit(self, jobs)


class Control(Computed):
    """A prediction computed from the arrays of the task alone."""

    citation = "control"
    control = True
    Params = NoParams


class ControlFit(Fit):
    """The jobs of a method that is computed when asked."""

    def __init__(self, control: Computed, jobs: Sequence[Job]) -> None:
        self.control, self.jobs = control, jobs

    def predict(self, mode: str) -> list[Predictions | Failure]:
        """Edit the cells of every job; a job without an answer fails alone."""
        return [self._predict(job) for job in self.jobs]

    def on(self, jobs: Sequence[Job], stage1: Fit | None = None) -> ControlFit:
        """Other cells and edits are computed like its own."""
        return ControlFit(self.control, jobs)

    def _predict(self, job: Job) -> Predictions | Failure:
        try:
            return {t.id: self.control.edit(job, t) for t in job.data.task.targets}
        except ValueError as error:
            return Failure(str(error))


class NoEdit(Control):
    """x' = x: the intervened cells as they are, the floor."""

    id = "no_edit"
    title = "No edit"
    colour = "#222222"
    adversary = True

    def edit(self, job: Job, target: Target) -> np.ndarray:
        """The intervened cells."""
        return job.data.intervene.x.copy()


class TargetItself(Control):
    """x' = a real target cell: the ceiling.

    In a paired task the true counterfactual; otherwise target cells drawn without replacement
    (with, where there are fewer target than intervened cells), by the member's key.
    """

    id = "target"
    title = "Target cells"
    colour = "#222222"
    sees_targets = True
    edits_any = False

    def edit(self, job: Job, target: Target) -> np.ndarray:
        """Real cells of the target population."""
        return job.data.targets[target.id].x[target_draw(job, target)]


class MeanShift(Control):
    """x' = x + mean over contexts of (mean of edited-state cells - mean of unedited-state cells).

    A context is a broad cell type of the training cells; the shift is that of the intervened
    cells' own context where both states were trained on, else the average over the contexts
    that have both.
    """

    id = "mean_shift"
    title = "Mean shift"
    colour = "#555555"

    def edit(self, job: Job, target: Target) -> np.ndarray:
        """The intervened cells, moved by one vector."""
        data = job.data
        before = in_state(data, data.intervene.concepts[0], target)
        after = in_state(data, data.edited(data.intervene.concepts[:1], target)[0], target)
        shifts: dict[str | None, np.ndarray] = {}
        for context in np.unique(data.train_context):
            here = data.train_context == context
            if (here & before).any() and (here & after).any():
                x = data.train.x
                shifts[context] = x[here & after].mean(0) - x[here & before].mean(0)
        if not shifts:
            raise ValueError("no context has training cells both before and after the edit")
        context = context_of(data)
        own = context in shifts
        shift = shifts[context] if own else np.mean(list(shifts.values()), axis=0)
        return data.intervene.x + shift.astype(np.float32)


class ClosestGroup(Control):
    """x' = cells of the training group that is nearest to the target in mean.

    It looks at the target cells to choose the group (squared Euclidean distance of the means), so
    it is a yardstick and no method. No cells are the closest by all metrics at once, nor are some
    cells of a group at the distance of the whole of it: in the ratios it stands for the closest
    group by each metric, all of whose cells are compared, and is exactly 1.
    """

    id = "closest_group"
    title = "Closest group"
    colour = "#888888"
    sees_targets = True
    edits_any = False

    def edit(self, job: Job, target: Target) -> np.ndarray:
        """As many cells of the nearest group as there are intervened cells, drawn at random."""
        data = job.data
        goal = data.targets[target.id].x.mean(0)
        groups, counts = np.unique(data.train_groups, return_counts=True)
        groups = groups[counts >= 10]
        if not len(groups):
            raise ValueError("no group has 10 training cells or more")
        means = np.stack([data.train.x[data.train_groups == g].mean(0) for g in groups])
        nearest = groups[((means - goal) ** 2).sum(1).argmin()]
        x = data.train.x[data.train_groups == nearest]
        n = len(data.intervene)
        rng = generator("closest_group", job.member.dataset, job.member.task, target.id)
        return x[rng.choice(len(x), size=n, replace=n > len(x))]


def target_draw(job: Job, target: Target) -> np.ndarray:
    """(n_intervene,) numbers of the target cells that stand for the edited ones.

    In a paired task each cell's own counterfactual, else a draw by the member's key.
    """
    n, n_target = len(job.data.intervene), len(job.data.targets[target.id])
    if job.data.task.paired:
        return np.arange(n)
    rng = generator("target", job.member.dataset, job.member.task, target.id, job.member.seed)
    return rng.choice(n_target, size=n, replace=n > n_target)


def in_state(data: TaskData, state: np.ndarray, target: Target) -> np.ndarray:
    """(n_train,) True where a training cell has this state's values of the edited concepts."""
    mask = data.edit_mask(target)
    return np.isclose(data.train.concepts[:, mask], state[mask], atol=1e-6).all(1)


def stimulated(data: TaskData, target: Target) -> np.ndarray:
    """(n_train,) True where the edited concepts have their target values.

    Raises ValueError where no training cell has them.
    """
    found = in_state(data, data.edited(data.intervene.concepts[:1], target)[0], target)
    if not found.any():
        raise ValueError("no training cell has the target values of the edited concepts")
    return found


def context_of(data: TaskData) -> str | None:
    """The context of the intervened cells, None where they are not among the training cells."""
    position = {row: i for i, row in enumerate(data.train.rows)}
    found = [position[row] for row in data.intervene.rows if row in position]
    return str(data.train_context[found[0]]) if found else None
