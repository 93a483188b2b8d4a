"""Is the change the right one? Its direction cell by cell, and whose target it comes nearest to."""

from __future__ import annotations

import numpy as np

from sccbgm.metrics.comparison import MIN_GROUP, Comparison
from sccbgm.metrics.samples import Missing, is_rounding


def effect_direction(comparison: Comparison) -> float:
    """How far cells have moved along the true effect, each between 0 and 1, on average.

    mean_i min(max(⟨x̂_i − x_i, e_i⟩ / ⟨e_i, e_i⟩, 0), 1): 0 is doing nothing or the wrong way, 1
    all the way or beyond. e_i is the cell's own true change in a paired task, of the cells that
    truly change; elsewhere the mean of the target minus that of the intervened cells, and the
    target's own cells, paired at random, score less than 1. Raises Missing where nothing truly
    changes.
    """
    comparison.require_every_cell()
    before = comparison.data.intervene.x.astype(np.float64)
    target = comparison.reference.sample.cells
    if comparison.data.task.paired:
        effect = target - before
    else:
        effect = np.broadcast_to(target.mean(axis=0) - before.mean(axis=0), before.shape)
    length = np.einsum("id,id->i", effect, effect)
    moves = ~np.array([is_rounding(float(d), comparison.reference.sample) for d in length])
    if not moves.any():
        raise Missing("nothing truly changes")
    change = comparison.predicted.cells - before
    along = np.einsum("id,id->i", change[moves], effect[moves]) / length[moves]
    return float(np.clip(along, 0.0, 1.0).mean())


def discrimination(comparison: Comparison) -> float:
    """1 / rank of the right target among all populations, by distance from the prediction.

    Ranked are the means (Euclidean) of the prediction's own target, of the task's other targets, of
    the intervened cells and of the training populations of `MIN_GROUP` cells or more: 1 where the
    own target is nearest, 1/2 where one population is nearer. Populations at the own target's
    distance count as nearer. Source: the reciprocal rank of information retrieval.
    """
    own = comparison.reference.target.id
    means = comparison.reference.sample.once("populations", lambda: _other_means(comparison))
    predicted = comparison.predicted.cells.mean(axis=0)
    nearest = np.linalg.norm(means - predicted, axis=1)
    right = np.linalg.norm(comparison.data.targets[own].x.mean(0, dtype=np.float64) - predicted)
    return 1.0 / (1 + int((nearest <= right).sum()))


def _other_means(comparison: Comparison) -> np.ndarray:
    """(n_populations, n_dims) means of all populations but the prediction's own target."""
    data = comparison.data
    labels = np.asarray(data.train_groups).astype(str)
    names, counts = np.unique(labels, return_counts=True)
    others = [data.train.x[labels == name] for name in names[counts >= MIN_GROUP]]
    others += [
        data.targets[target.id].x
        for target in data.task.targets
        if target.id != comparison.reference.target.id and target.id in data.targets
    ]
    others.append(data.intervene.x)
    return np.stack([cells.mean(axis=0, dtype=np.float64) for cells in others if len(cells)])
