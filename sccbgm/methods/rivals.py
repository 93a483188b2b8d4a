"""Simple rivals: what an edit costs without a network.

All of them see the training cells and the intervened cells alone.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from sccbgm.engine.method import annotated
from sccbgm.methods.controls import Computed, MeanShift, NoParams, in_state, stimulated
from sccbgm.protocol.keys import generator
from sccbgm.protocol.method import COUNT, POSITIVE, Job, hyperparameter
from sccbgm.protocol.task import Target, TaskData

_OWN = "own choice"


@dataclass(frozen=True)
class RidgeParams:
    """The penalty."""

    alpha: float = hyperparameter(1.0, "penalty on the squared weights", _OWN, within=POSITIVE)


class RidgeOnConcepts(Computed):
    """x' = x + W (c' - c), W from a ridge regression of the training cells on their concepts.

    W minimises sum_i |x_i - b - W c_i|^2 + alpha |W|^2; the rest of a cell stays as it is.
    """

    id = "ridge"
    title = "Ridge on concepts"
    colour = "#480048"
    citation = "Hoerl and Kennard, Ridge Regression, Technometrics 1970"
    Params = RidgeParams

    def edit(self, job: Job, target: Target) -> np.ndarray:
        """The intervened cells, moved by what their concepts change."""
        data = job.data
        concepts = annotated(data.train.concepts, self.id).astype(np.float64)
        before = data.intervene.concepts
        weights = ridge_weights(concepts, data.train.x, job.params.alpha)
        edited = data.edit_mask(target)
        moved = (data.edited(before, target) - before)[:, edited] @ weights[edited]
        return (data.intervene.x + moved).astype(np.float32)


def ridge_weights(concepts: np.ndarray, x: np.ndarray, alpha: float) -> np.ndarray:
    """(n_concepts, n_dims) weights of a ridge regression with a free intercept."""
    centred = concepts - concepts.mean(axis=0)
    gram = centred.T @ centred + alpha * np.eye(centred.shape[1])
    return np.linalg.solve(gram, centred.T @ (x - x.mean(axis=0)))


class LatentAdditive(Computed):
    """x' = mean of the cell's type + mean shift: type and edit add up, and nothing else is kept.

    The type is everyone among the intervened cells who has the same concepts. Cells of one type
    become one point.
    """

    id = "latent_additive"
    title = "Latent additive"
    colour = "#0000F0"
    citation = "Ahlmann-Eltze et al., Nature Methods 2025"
    Params = NoParams

    def edit(self, job: Job, target: Target) -> np.ndarray:
        """The mean of a cell's type, moved by the mean shift."""
        moved = MeanShift().edit(job, target)
        _, own = np.unique(job.data.intervene.concepts, axis=0, return_inverse=True)
        own = own.reshape(-1)
        means = np.stack([moved[own == i].mean(axis=0) for i in range(own.max() + 1)])
        return means[own]


@dataclass(frozen=True)
class NeighbourParams:
    """The number of neighbours."""

    k: int = hyperparameter(20, "nearest neighbours that are averaged", _OWN, within=COUNT)


class MatchedShift(Computed):
    """x' = x + the mean shift of the k nearest training cells whose shift is known."""

    @abstractmethod
    def shifts(
        self, before: np.ndarray, after: np.ndarray, params: Any, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """(n, n_dims) cells of one type, and how far each shifts, from its cells in both states."""

    def edit(self, job: Job, target: Target) -> np.ndarray:
        """The intervened cells, each moved by its own shift."""
        member, x = job.member, job.data.intervene.x
        rng = generator(self.id, member.dataset, member.task, target.id, member.seed)
        found = [self.shifts(*sides, job.params, rng) for sides in _matched_types(job.data, target)]
        origins, shifts = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return (x + shifts[_nearest(origins, x, job.params.k)].mean(axis=1)).astype(np.float32)


class NeighbourShift(MatchedShift):
    """x' = x + the mean shift of the k nearest matched pairs of training cells.

    Each stimulated training cell is matched with the mean of the k unstimulated ones of its type
    (context) that are nearest to it once both sides are centred; else the match would take a part
    of the effect away. An intervened cell moves as the k pairs whose unstimulated side is nearest
    to it.
    """

    id = "knn_shift"
    title = "k-nearest shift"
    colour = "#C060F0"
    citation = "own"
    Params = NeighbourParams

    def shifts(
        self, before: np.ndarray, after: np.ndarray, params: Any, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """The unstimulated sides of the pairs, and from there to the stimulated cells."""
        alike = _nearest(before - before.mean(axis=0), after - after.mean(axis=0), params.k)
        own = before[alike].mean(axis=1)
        return own, after - own


@dataclass(frozen=True)
class TransportParams(NeighbourParams):
    """As of neighbours, and how many cells are transported."""

    max_cells: int = hyperparameter(
        2000, "cells of a type and state that are transported, at most", _OWN, within=COUNT
    )


class TransportMap(MatchedShift):
    """x' = x + the shift that optimal transport gives the k nearest training cells.

    In each type (context) with both states, unstimulated cells are transported to stimulated ones,
    exactly and with squared Euclidean costs; a cell's shift is its barycentre minus the cell. An
    intervened cell moves as the k nearest transported cells do.
    """

    id = "ot_map"
    title = "Optimal-transport map"
    colour = "#783078"
    citation = "Flamary et al., POT, JMLR 2021"
    Params = TransportParams

    def shifts(
        self, before: np.ndarray, after: np.ndarray, params: Any, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Unstimulated cells, and from each to its barycentre."""
        before, after = (
            side[rng.permutation(len(side))[: params.max_cells]] for side in (before, after)
        )
        return before, barycentres(before, after) - before


def barycentres(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """(len(before), n_dims) where exact optimal transport takes each cell, on average."""
    import ot

    costs = ot.dist(before.astype(np.float64), after.astype(np.float64))
    plan = ot.emd([], [], costs, numItermax=10_000_000)
    return plan @ after * len(before)


def _matched_types(data: TaskData, target: Target) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Training cells before and after the edit, of every type that has both.

    Raises ValueError where no type has.
    """
    before = in_state(data, data.intervene.concepts[0], target)
    after, found = stimulated(data, target), False
    for context in np.unique(data.train_context):
        here = data.train_context == context
        if (here & before).any() and (here & after).any():
            found = True
            yield data.train.x[here & before], data.train.x[here & after]
    if not found:
        raise ValueError("no context has training cells both before and after the edit")


def _nearest(pool: np.ndarray, cells: np.ndarray, k: int) -> np.ndarray:
    """(len(cells), k) numbers of the nearest of a pool; fewer where it has fewer than k."""
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=min(k, len(pool))).fit(pool)
    return search.kneighbors(cells, return_distance=False)
