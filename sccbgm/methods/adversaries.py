"""Predictions that are wrong on purpose. What does well by a metric here, fools it.

Each is right in all but one thing, so that the panel of adversaries says what a metric does not
see. No edit and the nearest stimulated cell, copies of controls and of training cells, belong to
the panel as well.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from sccbgm.methods.controls import Control, context_of, stimulated, target_draw
from sccbgm.methods.yardsticks import constant_mean
from sccbgm.protocol.keys import generator
from sccbgm.protocol.method import Job
from sccbgm.protocol.task import Target


class Adversary(Control):
    """A prediction with one fault."""

    adversary: ClassVar[bool] = True


class ConstantMean(Adversary):
    """x' = the mean of the training cells that have the target's concepts, for everyone."""

    id = "constant_mean"
    title = "Mean of stimulated training cells"

    def edit(self, job: Job, target: Target) -> np.ndarray:
        """The same vector for all intervened cells; sees no target cell."""
        data = job.data
        return constant_mean(data.train.x[stimulated(data, target)], len(data.intervene))


class OtherType(Adversary):
    """x' = stimulated training cells of another type: the right edit of the wrong cells.

    The type (context) with most such cells that is not the intervened cells' own, which is unknown
    where they are not trained on.
    """

    id = "other_type"
    title = "Stimulated cells of another type"

    def edit(self, job: Job, target: Target) -> np.ndarray:
        """Copies of training cells, drawn by the member's key; sees no target cell."""
        data = job.data
        other = stimulated(data, target) & (data.train_context != context_of(data))
        if not other.any():
            raise ValueError("no other type has training cells with the target's concepts")
        contexts, counts = np.unique(data.train_context[other], return_counts=True)
        pool = np.flatnonzero(other & (data.train_context == contexts[counts.argmax()]))
        n = len(data.intervene)
        return data.train.x[_rng(job, target, self.id).choice(pool, n, replace=n > len(pool))]


class OfTarget(Adversary):
    """A prediction made of the target cells themselves, spoilt: a yardstick that no method can be.

    The cells are those that the control `target` takes.
    """

    sees_targets = True
    edits_any = False

    def cells(self, job: Job, target: Target) -> np.ndarray:
        """(n_intervene, n_dims) cells of the target."""
        return job.data.targets[target.id].x[target_draw(job, target)]

    def genes(self, job: Job, target: Target) -> np.ndarray:
        """(n_intervene, n_genes) their log-normalised expression. Raises ValueError without it."""
        if job.data.genes is None or job.data.project is None:
            raise ValueError("needs the expression of the dataset's cells")
        return job.data.genes(job.data.targets[target.id].rows[target_draw(job, target)])


class ZeroVariance(OfTarget):
    """x' = the mean of the target cells, for everyone: the right mean, and no variance."""

    id = "zero_variance"
    title = "Target mean, no variance"

    def edit(self, job: Job, target: Target) -> np.ndarray:
        """The same vector for all intervened cells."""
        return constant_mean(job.data.targets[target.id].x, len(job.data.intervene))


class Overdispersed(OfTarget):
    """x' = mean + 2 (t - mean) of target cells t: the right mean, and four times the variance."""

    id = "overdispersed"
    title = "Target cells, spread doubled"

    def edit(self, job: Job, target: Target) -> np.ndarray:
        """Target cells, each twice as far from their mean."""
        cells = self.cells(job, target)
        return 2.0 * cells - cells.mean(axis=0)


class Log1pTwice(OfTarget):
    """x' = log(1 + g) of target cells whose genes g are on the log scale already."""

    id = "log1p_twice"
    title = "Target cells, log1p twice"

    def edit(self, job: Job, target: Target) -> np.ndarray:
        """Target cells on the wrong scale."""
        return _project(job, np.log1p(self.genes(job, target)))


class ShuffledGenes(OfTarget):
    """x' = target cells with each gene shuffled over the cells: right genes, no cell is right."""

    id = "shuffled_genes"
    title = "Target cells, genes shuffled"

    def edit(self, job: Job, target: Target) -> np.ndarray:
        """Every gene has the target's distribution, no two of them their relation."""
        rng = _rng(job, target, self.id)
        return _project(job, rng.permuted(self.genes(job, target), axis=0))


class ShuffledCells(OfTarget):
    """x' = target cells in another order: the right population, each cell the wrong one.

    Only a paired task tells it from the target itself.
    """

    id = "shuffled_cells"
    title = "Target cells in another order"

    def edit(self, job: Job, target: Target) -> np.ndarray:
        """The target cells, permuted."""
        return _rng(job, target, self.id).permutation(self.cells(job, target))


class HalfCopied(OfTarget):
    """x' = a target cell for one half of the intervened cells, x for the other."""

    id = "half_copied"
    title = "Half target, half copied"

    def edit(self, job: Job, target: Target) -> np.ndarray:
        """Half of the cells are right, drawn by the member's key."""
        n = len(job.data.intervene)
        right = _rng(job, target, self.id).permutation(n) < n // 2
        return np.where(right[:, None], self.cells(job, target), job.data.intervene.x)


def _rng(job: Job, target: Target, id: str) -> np.random.Generator:
    member = job.member
    return generator(id, member.dataset, member.task, target.id, member.seed)


def _project(job: Job, genes: np.ndarray) -> np.ndarray:
    assert job.data.project is not None
    return job.data.project(genes.astype(np.float32))
