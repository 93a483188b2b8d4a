"""Checks of an edit that need no truth: does stay what should stay, and go what should go?"""

from __future__ import annotations

from typing import Any

import numpy as np

from sccbgm.metrics.comparison import Comparison
from sccbgm.metrics.samples import Missing, Sample

N_NEIGHBOURS = 15


def neighbours_kept(comparison: Comparison, k: int = N_NEIGHBOURS) -> float:
    """Share of a cell's k nearest intervened cells that are its nearest after the edit too.

    1/n Σ_i |N_k(x_i) ∩ N_k(x̂_i)| / k, N_k among the intervened and among the edited cells,
    Euclidean. 1 where all cells move alike, k / (n − 1) by chance. Raises Missing with fewer than
    k + 2 cells, where all are neighbours of all.
    """
    comparison.require_every_cell()
    n = len(comparison.predicted)
    if n < k + 2:
        raise Missing(f"needs {k + 2} cells or more, found {n}")
    before = comparison.reference.sample.once(
        "neighbours", lambda: _neighbours(comparison.data.intervene.x, k)
    )
    after = _neighbours(comparison.predicted.cells, k)
    kept = [np.intersect1d(a, b).size for a, b in zip(before, after, strict=True)]
    return float(np.mean(kept)) / k


def _neighbours(x: np.ndarray, k: int) -> np.ndarray:
    """(n, k) numbers of each cell's nearest others."""
    from sklearn.neighbors import NearestNeighbors

    return NearestNeighbors(n_neighbors=k).fit(x).kneighbors(return_distance=False)


def old_state(comparison: Comparison) -> float:
    """Mean probability that an edited cell is still in the state before the edit.

    By a logistic regression (L2, C = 1, standardised) on the training cells whose edited concepts
    have the values before, against those after the edit; 0 where the old state cannot be read any
    more. Raises Missing where no training cells are in one of them.
    """
    model = comparison.reference.sample.once("state", lambda: _classifier(comparison))
    return float(model.predict_proba(comparison.predicted.cells)[:, 1].mean())


def _classifier(comparison: Comparison) -> Any:
    """Tells the state before the edit (1) from that after it (0)."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    data, target = comparison.data, comparison.reference.target
    mask, first = data.edit_mask(target), data.intervene.concepts[:1]
    states = [concepts[0, mask] for concepts in (first, data.edited(first, target))]
    before, after = (
        np.isclose(data.train.concepts[:, mask], state, atol=1e-6).all(axis=1) for state in states
    )
    if not before.any() or not after.any() or (before & after).any():
        raise Missing("no training cells both before and after the edit")
    rows = before | after
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    return model.fit(Sample(data.train.x[rows]).cells, before[rows])
