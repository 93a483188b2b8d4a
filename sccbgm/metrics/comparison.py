"""The input of a metric: predicted cells, the target's cells, and the task they belong to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sccbgm.metrics.samples import Missing, Sample
from sccbgm.protocol.task import Target, TaskData

MIN_GROUP = 10
"""Training cells below which a population is too small to be compared with."""


@dataclass(frozen=True)
class CellLabels:
    """Labels of all cells of a dataset, for metrics that classify predictions.

    subtype: (n_cells,) label of every row of the dataset's AnnData.
    reference: (n_cells,) True for the cells that predictions are classified with.
    """

    subtype: np.ndarray
    reference: np.ndarray


def find_target(data: TaskData, target_id: str) -> Target:
    """The target of this id. Raises KeyError where the task has no such target, or no cells."""
    for target in data.task.targets:
        if target.id == target_id and target_id in data.targets:
            return target
    raise KeyError(
        f"task {data.task.id} of {data.task.dataset} has no target {target_id!r}, "
        f"its targets are {sorted(data.targets)}"
    )


class Reference:
    """The cells of one target, with everything that many predictions of them share.

    Made once and passed to every comparison, each prediction costs its own terms only.
    """

    def __init__(self, data: TaskData, target_id: str, labels: CellLabels | None = None) -> None:
        self.data = data
        self.target = find_target(data, target_id)
        self.labels = labels
        self.sample = Sample(data.targets[target_id].x)

    @property
    def in_genes(self) -> bool:
        """Whether the task's x are genes themselves, not principal components of them."""
        return self.data.reconstruct is None or self.sample.cells.shape[1] == len(
            self.data.gene_names
        )


@dataclass(frozen=True)
class Comparison:
    """Predicted cells beside the target they should look like.

    In paired tasks, and for metrics that need each cell's own label, row i of the prediction is
    the edited cell of row i of `data.intervene`.
    """

    reference: Reference
    predicted: Sample

    @property
    def data(self) -> TaskData:
        """The arrays of the task."""
        return self.reference.data

    @property
    def truth(self) -> np.ndarray:
        """(n_intervene, n_dims) true counterfactuals, row by row. Raises Missing if unpaired."""
        if not self.data.task.paired:
            raise Missing("the task has no true counterfactual of each cell")
        self.require_every_cell()
        return self.reference.sample.cells

    @property
    def truth_in_genes(self) -> np.ndarray:
        """`truth` where x are genes. Raises Missing where x are principal components."""
        if not self.reference.in_genes:
            raise Missing("the task's cells are principal components, not genes")
        return self.truth

    def require_every_cell(self) -> None:
        """Raise Missing unless there is one prediction for each intervened cell."""
        expected = len(self.data.intervene)
        if len(self.predicted) != expected:
            raise Missing(
                f"needs one prediction for each of {expected} intervened cells, "
                f"found {len(self.predicted)}"
            )
