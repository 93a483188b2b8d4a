"""Do edited cells keep their subtype? Nearest real neighbours vote."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from sccbgm.metrics.comparison import Comparison
from sccbgm.metrics.samples import Missing, Sample, as_cells

N_NEIGHBOURS = 15


def knn_accuracy(
    reference: ArrayLike,
    reference_labels: ArrayLike,
    predicted: ArrayLike,
    labels: ArrayLike,
    k: int = N_NEIGHBOURS,
) -> float:
    """Share of predicted cells whose k nearest real cells vote for the cell's own label.

    acc = 1/n Σ_i [majority(label of the k reference cells nearest to x̂_i) = label_i], Euclidean
    distance, equal votes, ties to the label that sorts first.
    reference: (m, n_dims), predicted: (n, n_dims). Raises ValueError where lengths differ,
    Missing with fewer than k reference cells or without predictions.
    Source: the paper, subtype accuracy (k = 15; the reference set is not stated there).
    """
    from sklearn.neighbors import KNeighborsClassifier

    reference, predicted = as_cells(reference), as_cells(predicted)
    reference_labels, labels = np.asarray(reference_labels), np.asarray(labels)
    if len(reference) != len(reference_labels) or len(predicted) != len(labels):
        raise ValueError(
            f"one label a cell expected, found {len(reference_labels)} for {len(reference)} "
            f"reference cells and {len(labels)} for {len(predicted)} predictions"
        )
    if len(reference) < k or len(predicted) == 0:
        raise Missing(
            f"needs {k} reference cells and one prediction or more, "
            f"found {len(reference)} and {len(predicted)}"
        )
    classifier = KNeighborsClassifier(n_neighbors=k).fit(reference, reference_labels)
    return float((classifier.predict(predicted) == labels).mean())


def subtype_accuracy(comparison: Comparison) -> float:
    """`knn_accuracy` in the task's x, voted on by the reference cells of the dataset's labels."""
    reference, data = comparison.reference, comparison.data
    labels = reference.labels
    if labels is None:
        raise Missing("needs the subtype labels of the dataset")
    comparison.require_every_cell()
    rows = np.flatnonzero(labels.reference)
    cells = reference.sample.once("labelled cells", lambda: _cells(comparison, rows))
    return knn_accuracy(
        cells.cells,
        labels.subtype[rows],
        comparison.predicted.cells,
        labels.subtype[data.intervene.rows],
    )


def _cells(comparison: Comparison, rows: np.ndarray) -> Sample:
    """The dataset's rows in the space of the task's x."""
    data = comparison.data
    if data.genes is None:
        raise Missing("needs the expression of the dataset's cells")
    genes = data.genes(rows)
    return Sample(genes if data.project is None else data.project(genes))
