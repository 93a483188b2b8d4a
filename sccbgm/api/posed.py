"""From the matrices of an evaluation to the tasks that metrics look at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse

from sccbgm.api.compared import Compared
from sccbgm.api.space import principal_basis
from sccbgm.metrics.comparison import CellLabels
from sccbgm.metrics.samples import Missing
from sccbgm.protocol.keys import generator
from sccbgm.protocol.task import COUNTERFACTUAL, Cells, Target, Task, TaskData

REASONS = {"control": "needs the cells before the edit", "train": "needs training cells"}
TASK = Task("given", "given", column="", intervene="", hold_out=(),
            targets=(Target(COUNTERFACTUAL, (), {}, ""),))  # fmt: skip


class Unknown(Cells):
    """So many cells that were not given: a metric that looks at them has no value, and says why."""

    def __init__(self, reason: str, n: int) -> None:
        self.__dict__.update(reason=reason, n=n)

    def __getattr__(self, name: str) -> Any:
        raise Missing(self.__dict__["reason"])

    def __len__(self) -> int:
        return int(self.__dict__["n"])


@dataclass(frozen=True)
class Posed:
    """A task, and cells of these parts in its space: the prediction, and the control if known.

    labels: subtypes of all real cells, None where they are not known.
    """

    data: TaskData
    x: dict[str, np.ndarray]
    labels: CellLabels | None


class Poser:
    """Poses the same cells in principal components or in genes.

    The components are those of the training cells, else of the control and the true cells. Of more
    than `max_cells` of a part, or of a population of training cells, so many are drawn.
    """

    def __init__(self, compared: Compared, n_pcs: int, max_cells: int) -> None:
        self.compared, self.parts = compared, compared.matrices
        self.rows = _rows(compared, max_cells)
        real = [name for name in ("train", "control", "true") if name in self.parts]
        sizes = [self.parts[name].shape[0] for name in real]
        self.starts = dict(zip(real, np.cumsum([0, *sizes]), strict=False))
        self.everything = _stacked([self.parts[name] for name in real])
        self.basis = principal_basis(self.parts.get("train", self.everything), n_pcs)

    def pose(self, in_genes: bool) -> Posed:
        """The task and the cells to score, in genes or in components."""
        to_x: Callable[[Any], np.ndarray] = _dense if in_genes else self.basis.transform
        x = {name: to_x(self.parts[name][rows]) for name, rows in self.rows.items()}
        groups = self.compared.groups[self.rows.get("train", slice(0))]
        data = TaskData(
            task=replace(TASK, paired=self.compared.paired),
            concept_names=("edited",),
            hard=np.array([True]),
            train=self._cells(x, "train"),
            intervene=self._cells(x, "control"),
            targets={COUNTERFACTUAL: self._cells(x, "true")},
            train_groups=groups,
            train_context=groups,
            gene_names=self.compared.genes,
            genes=lambda rows: _dense(self.everything[rows]),
            project=None if in_genes else self.basis.transform,
            reconstruct=None if in_genes else self.basis.inverse,
        )
        scored = {name: cells for name, cells in x.items() if name in ("predicted", "control")}
        return Posed(data, scored, self._labels())

    def _labels(self) -> CellLabels | None:
        """Subtypes by row of everything; the true cells that are compared are those that vote."""
        if not self.compared.labels:
            return None
        n = self.everything.shape[0]
        subtype, reference = np.full(n, "", dtype=object), np.zeros(n, dtype=bool)
        for name, labels in self.compared.labels.items():
            subtype[self.starts[name] : self.starts[name] + len(labels)] = labels
        reference[self.starts["true"] + self.rows["true"]] = True
        return CellLabels(subtype.astype(str), reference)

    def _cells(self, x: dict[str, np.ndarray], name: str) -> Cells:
        if name not in x:
            return Unknown(REASONS[name], len(x["predicted"]) if name == "control" else 0)
        none = np.full((len(x[name]), 1), np.nan, dtype=np.float32)
        return Cells(x[name], none, self.starts[name] + self.rows[name])


def _rows(compared: Compared, max_cells: int) -> dict[str, np.ndarray]:
    """Part -> the rows that are compared: those of a control are those of its predictions."""
    parts, groups = compared.matrices, compared.groups
    together = ["control", "predicted", *(["true"] if compared.paired else [])]
    rows = {}
    for name, matrix in parts.items():
        purpose = "edited" if name in together else name
        rows[name] = _drawn(np.arange(matrix.shape[0]), max_cells, purpose)
    if "train" in parts:
        of_groups = [np.flatnonzero(groups == group) for group in np.unique(groups)]
        rows["train"] = np.concatenate([_drawn(own, max_cells, "train") for own in of_groups])
    return rows


def _drawn(rows: np.ndarray, most: int, purpose: str) -> np.ndarray:
    if len(rows) <= most:
        return rows
    return np.sort(generator("evaluate", purpose).choice(rows, most, replace=False))


def _dense(matrix: Any) -> np.ndarray:
    return np.asarray(matrix.toarray() if sparse.issparse(matrix) else matrix, dtype=np.float32)


def _stacked(matrices: Sequence[Any]) -> Any:
    if all(sparse.issparse(matrix) for matrix in matrices):
        return sparse.vstack(matrices, format="csr")
    return np.vstack([_dense(matrix) for matrix in matrices])
