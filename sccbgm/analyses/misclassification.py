"""Table 10: how often a linear classifier takes a cell of one type for one of another."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from sccbgm.analyses.cells import every_type, leading_components
from sccbgm.analyses.guarded import in_folds
from sccbgm.analyses.study import Result, Study, tidy
from sccbgm.protocol.keys import derive_key

if TYPE_CHECKING:
    from anndata import AnnData

N_PCS = 50


def misclassification(raw: AnnData, study: Study) -> Result:
    """A row a pair of cell types and fold: percent of the held-out cells that are misclassified.

    Logistic regression (L2, C = 1) on the 50 leading principal components of all cells, all broad
    types included; 5 stratified folds in an order drawn from the study's first seed. Columns:
    group, group2, fold, metric "misclassification_rate_pct", value, n_cells, seed. A pair with a
    type of fewer than 5 cells has one row without a value. Source: paper, Table 10.
    """
    cells = every_type(raw, study.dataset)
    labels = cells.obs["broad"].astype(str).to_numpy()
    x, seed = leading_components(cells, N_PCS), study.seeds[0]
    broad = study.dataset.columns.broad
    order = (broad.order if broad is not None else None) or ()
    types = list(dict.fromkeys([*order, *sorted(set(labels))]))
    rows = []
    for a, b in combinations([name for name in types if name in set(labels)], 2):
        here = (labels == a) | (labels == b)
        known = {
            "group": a, "group2": b, "metric": "misclassification_rate_pct",
            "n_cells": int(here.sum()), "seed": seed,
        }  # fmt: skip
        key = derive_key("folds", study.dataset.id, a, b, seed) % 2**32
        rows += [known | row for row in error_rates(x[here], labels[here] == b, key)]
    return Result(tidy(rows, study))


def error_rates(x: np.ndarray, positive: np.ndarray, seed: int) -> list[dict[str, Any]]:
    """Percent of wrong labels in each fold, see `in_folds`."""
    from sklearn.linear_model import LogisticRegression

    def rate(train: np.ndarray, test: np.ndarray) -> float:
        model = LogisticRegression(max_iter=1000).fit(x[train], positive[train])
        return 100.0 * float(np.mean(model.predict(x[test]) != positive[test]))

    return list(in_folds(x, positive, seed, rate))
