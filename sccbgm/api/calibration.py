"""How well predicted concepts agree with annotated ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sccbgm.api.concepts import Concept
from sccbgm.api.faults import Fault, expect
from sccbgm.api.model import Model

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

COLUMNS = ["concept", "hard", "predicted", "annotated", "value", "spread", "n_cells"]


def concept_calibration(
    model: Model, adata: AnnData, concepts: Sequence[str] | None = None, n_bins: int = 10
) -> pd.DataFrame:
    """Bins of annotated cells, a row a concept and bin; cells without an annotation are left out.

    0/1 concepts: bins of equal width of the predicted probability; value is the share of their
    cells that has the concept, spread its standard error. Continuous ones: the annotated values, or
    bins of them where there are more than `n_bins`; value and spread are mean and standard
    deviation of the prediction. predicted and annotated are means of the bin, in the table's units.
    The prediction is the mean over the seeds. Raises Fault for cells without annotations.
    """
    import pandas as pd

    known = {concept.name: concept for concept in model.concepts.items}
    names = list(known) if concepts is None else list(concepts)
    for name in names:
        expect(name, known, "concepts", "concept")
    if model.concepts.key not in adata.obsm:
        raise Fault(
            f"obsm[{model.concepts.key!r}]: found none; expected annotations to compare with"
        )
    truth = model.concepts.in_units(model.concepts.values(adata))
    predicted = np.mean([model.encode(adata, seed)[list(known)] for seed in model.seeds], axis=0)
    rows = []
    for name in names:
        column = list(known).index(name)
        rows += _bins(known[name], predicted[:, column], truth[:, column], n_bins)
    if not rows:
        raise Fault(f"obsm[{model.concepts.key!r}]: found no annotated cell of {names}")
    return pd.DataFrame(rows, columns=COLUMNS)


def _bins(
    concept: Concept, predicted: np.ndarray, truth: np.ndarray, n_bins: int
) -> list[tuple[str, bool, float, float, float, float, int]]:
    annotated = ~np.isnan(truth)
    predicted, truth = predicted[annotated], truth[annotated]
    by = predicted if concept.hard else truth
    distinct = np.unique(by)
    if concept.hard or len(distinct) > n_bins:
        edges = np.linspace(concept.low, concept.high, n_bins + 1)[1:-1]
        bins = np.digitize(by, edges)
    else:
        bins = np.searchsorted(distinct, by)
    rows = []
    for number in np.unique(bins):
        p, c = predicted[bins == number], truth[bins == number]
        value = float(c.mean() if concept.hard else p.mean())
        spread = np.sqrt(value * (1 - value) / len(c)) if concept.hard else p.std()
        means = float(p.mean()), float(c.mean())
        rows.append((concept.name, concept.hard, *means, value, float(spread), len(c)))
    return rows
