"""Baselines that need no model: a perturbation predicted from control cells and single shifts.

Each returns (n, n_genes) cells of a target from n control cells, and never looks at the target.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sccbgm.protocol.task import Target, TaskData

N_COMPONENTS = 50
"""Of the PCA; fewer where there are fewer cells or genes."""


@dataclass(frozen=True)
class Singles:
    """Means of the trained cells: control (n_genes,), and the shift of each single gene from it."""

    control: np.ndarray
    shifts: dict[str, np.ndarray]

    @classmethod
    def of(cls, data: TaskData, x: np.ndarray) -> Singles:
        """The means of x (n_train, d): expression, or a code of it."""
        control = x[data.train_groups == "control"].mean(0)
        genes = data.concept_names
        return cls(control, {g: x[data.train_groups == g].mean(0) - control for g in genes})

    def shift(self, target: Target) -> np.ndarray:
        """Sum of the shifts of the target's genes."""
        return np.sum([self.shifts[gene] for gene in target.edits], axis=0)


Baseline = Callable[[np.ndarray, Target], np.ndarray]
"""(control cells, target) -> predicted cells."""


def baselines(data: TaskData) -> dict[str, Baseline]:
    """Fitted baselines by name.

    no_change: the control cells. control_mean: their mean over training, for every cell.
    additive_mean: that mean plus the single shifts. additive: control cells plus the shifts.
    pca_additive: the same on principal components of the training cells, and back.
    """
    from sklearn.decomposition import PCA

    singles = Singles.of(data, data.train.x)
    n_components = min(N_COMPONENTS, len(data.train) - 1, data.train.x.shape[1])
    pca = PCA(n_components, svd_solver="covariance_eigh").fit(data.train.x)
    codes = Singles.of(data, pca.transform(data.train.x))

    def repeated(mean: np.ndarray, cells: np.ndarray) -> np.ndarray:
        return np.tile(mean.astype(np.float32), (len(cells), 1))

    return {
        "no_change": lambda cells, target: cells,
        "control_mean": lambda cells, target: repeated(singles.control, cells),
        "additive_mean": lambda cells, target: repeated(
            singles.control + singles.shift(target), cells
        ),
        "additive": lambda cells, target: cells + singles.shift(target),
        "pca_additive": lambda cells, target: pca.inverse_transform(
            pca.transform(cells) + codes.shift(target)
        ),
    }
