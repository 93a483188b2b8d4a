"""Tasks, by name (`Task`, JSON) and in memory (`TaskData`, arrays)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

Edits = Mapping[str, float]
"""Target values of the concepts that change, such as {"stim": 1.0}."""

COUNTERFACTUAL = "counterfactual"
"""The id of the one target of a paired task."""


@dataclass(frozen=True)
class Target:
    """One evaluation of a task: the cells that the edited cells should look like.

    `group` is the column of the published tables that this target belongs to.
    """

    id: str
    labels: tuple[str, ...]
    edits: Edits
    group: str


@dataclass(frozen=True)
class Task:
    """One held-out counterfactual question about a dataset.

    `column` is the obs column whose labels decide the role of a cell: those in `hold_out` are
    never trained on, those in `drop` are not used at all, the one in `intervene` is edited.
    """

    dataset: str
    id: str
    column: str
    intervene: str
    hold_out: tuple[str, ...]
    targets: tuple[Target, ...]
    drop: tuple[str, ...] = ()
    intervene_in_train: bool = True
    paired: bool = False
    """True where every intervened cell has its true counterfactual among the target cells."""
    concepts_key: str = "concepts"
    """The obsm key of this task's concept matrix."""
    remarks: tuple[str, ...] = ()
    """Remarks for readers of this task's numbers, such as that few cells are edited."""


@dataclass(frozen=True)
class Cells:
    """Some cells of a task: row i of every array is the same cell.

    x: (n_cells, n_pcs) float32, principal components (or genes, where the pipeline has no PCA).
    concepts: (n_cells, n_concepts) float32, NaN where the annotation is missing.
    rows: (n_cells,) row numbers in the dataset's AnnData.
    """

    x: np.ndarray
    concepts: np.ndarray
    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Truth:
    """Facts that only the generator of synthetic cells knows; for controls and the evaluation.

    expected: rows -> (n, n_dims) expectation of x given the rates of these cells, before counting
    noise. affected: concept -> (n_genes,) True where it changes the rate of a gene.
    """

    expected: Callable[[np.ndarray], np.ndarray] = field(repr=False)
    affected: Callable[[str], np.ndarray] = field(repr=False)


@dataclass(frozen=True)
class TaskData:
    """The arrays that methods see, with no AnnData in between.

    hard: (n_concepts,) True for 0/1 concepts, False for continuous ones.
    train_groups: (n_train,) labels of the populations that ratios are formed with.
    train_context: (n_train,) broad cell type of each training cell.
    targets: cells by target id; only the controls and the evaluation may look at them. In a
    paired task, row i is the counterfactual of row i of `intervene`.
    genes: rows -> (n, n_genes) float32 log-normalised expression, dense; None in a bare array task.
    project, reconstruct: genes -> x and x -> genes of this task's PCA.
    truth: noise-free expression of generated cells, None for others.
    cell_names: names of all cells of the dataset, by row number; None in a bare array task.
    """

    task: Task
    concept_names: tuple[str, ...]
    hard: np.ndarray
    train: Cells
    intervene: Cells
    targets: Mapping[str, Cells]
    train_groups: np.ndarray
    train_context: np.ndarray
    gene_names: tuple[str, ...] = ()
    genes: Callable[[np.ndarray], np.ndarray] | None = field(default=None, repr=False)
    project: Callable[[np.ndarray], np.ndarray] | None = field(default=None, repr=False)
    reconstruct: Callable[[np.ndarray], np.ndarray] | None = field(default=None, repr=False)
    truth: Truth | None = None
    cell_names: np.ndarray | None = field(default=None, repr=False)

    def edited(self, concepts: np.ndarray, target: Target | None) -> np.ndarray:
        """A copy of concepts (n, n_concepts) with the target's edits, values paired by name."""
        edited = concepts.copy()
        for name, value in (target.edits if target else {}).items():
            edited[:, self.concept_names.index(name)] = value
        return edited

    def edit_mask(self, target: Target | None) -> np.ndarray:
        """(n_concepts,) True where the target edits the concept; nowhere without a target."""
        edits = target.edits if target else {}
        return np.array([name in edits for name in self.concept_names])
