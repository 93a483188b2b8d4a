"""Yardsticks for an error on true counterfactuals: trivial and ideal predictions."""

from __future__ import annotations

import numpy as np

from sccbgm.methods.controls import Control, stimulated
from sccbgm.protocol.method import Job
from sccbgm.protocol.task import Target


class MeanIntervened(Control):
    """x' = the mean of the intervened cells, for everyone."""

    id = "mean_intervened"
    title = "Mean of intervened cells"
    colour = "#AA7733"

    def edit(self, job: Job, target: Target) -> np.ndarray:
        """The same vector for all intervened cells."""
        cells = job.data.intervene.x
        return constant_mean(cells, len(cells))


class MeanTraining(Control):
    """x' = the mean of the training cells, for everyone."""

    id = "mean_training"
    title = "Mean of training cells"
    colour = "#AA7733"

    def edit(self, job: Job, target: Target) -> np.ndarray:
        """The same vector for all intervened cells."""
        return constant_mean(job.data.train.x, len(job.data.intervene))


class NearestStimulated(Control):
    """x' = the closest training cell (Euclidean) whose edited concepts have their target values."""

    id = "nearest_stimulated"
    title = "Nearest stimulated cell"
    colour = "#AA7733"
    adversary = True

    def edit(self, job: Job, target: Target) -> np.ndarray:
        """Copies of training cells."""
        data = job.data
        return nearest_copy(data.intervene.x, data.train.x[stimulated(data, target)])


class TrueShift(Control):
    """x' = x + mean(target cells) - mean(intervened cells): no edit, with the true mean change."""

    id = "true_shift"
    title = "No edit + true mean shift"
    colour = "#117733"
    sees_targets = True
    edits_any = False

    def edit(self, job: Job, target: Target) -> np.ndarray:
        """The intervened cells, moved by one vector that looks at the target cells."""
        return true_shift(job.data.intervene.x, job.data.targets[target.id].x)


class BestPossible(Control):
    """x' = E[counterfactual | its true rates]: the best that can be known without the noise."""

    id = "best_possible"
    title = "Expected counterfactual"
    colour = "#117733"
    sees_targets = True
    edits_any = False
    generated_only = True

    def edit(self, job: Job, target: Target) -> np.ndarray:
        """The expectation of each counterfactual cell."""
        truth = job.data.truth
        if truth is None:
            raise ValueError("only generated cells have known rates")
        return truth.expected(job.data.targets[target.id].rows).astype(np.float32)


def constant_mean(cells: np.ndarray, n_cells: int) -> np.ndarray:
    """(n_cells, n_dims) the mean of `cells`, for everyone."""
    return np.repeat(cells.mean(axis=0, keepdims=True), n_cells, axis=0)


def nearest_copy(intervene: np.ndarray, stimulated: np.ndarray) -> np.ndarray:
    """(n_intervene, n_dims) for each cell the closest (Euclidean) of `stimulated`.

    `stimulated` are the training cells that have the concept which the edit switches on.
    """
    from sklearn.metrics import pairwise_distances_argmin

    return stimulated[pairwise_distances_argmin(intervene, stimulated)]


def true_shift(intervene: np.ndarray, target: np.ndarray) -> np.ndarray:
    """(n_intervene, n_dims) each cell moved by the true mean change, mean(target - intervene)."""
    return intervene + (target.mean(axis=0) - intervene.mean(axis=0))
