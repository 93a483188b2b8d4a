"""Errors against the truth before counting noise, which only generated cells have.

A cell and its counterfactual share their counting noise, so that a copy of the cell is close to
its counterfactual. Against the expected counterfactual a copy pays for the noise that it carries.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from sccbgm.metrics.comparison import Comparison
from sccbgm.metrics.paired import mse
from sccbgm.metrics.samples import Missing, is_rounding
from sccbgm.protocol.task import Truth


def mse_expected(comparison: Comparison) -> float:
    """mean_{i,d} (x̂_id − E[x_id | rates])²: 0 for the best possible prediction.

    Squared units of x, principal components or log-normalised genes. Raises Missing for cells
    that were not generated.
    """
    comparison.require_every_cell()
    return mse(comparison.predicted.cells, _expected_after(comparison))


def effect_error(comparison: Comparison, genes: Literal["all", "affected"] = "all") -> float:
    """Relative squared error of the mean change, Σ_d (ê_d − e_d)² / Σ_d e_d².

    e is the mean change of the expected cells, ê the mean predicted cell minus the mean of the
    expected intervened cells (the mean of the observed ones has counting noise of the size of the
    effect). 0 is perfect; no change scores 1, and cells left as they are that plus their noise.
    genes: all features of x, or those genes whose rate the edited concepts change. Raises Missing
    for cells that were not generated, where nothing changes, and for the affected genes where x
    are principal components.
    """
    comparison.require_every_cell()
    affected = _affected(comparison, _truth(comparison)) if genes == "affected" else None
    true = _true_change(comparison)
    predicted = comparison.predicted.cells.mean(axis=0) - _mean_before(comparison)
    if affected is not None:
        predicted, true = predicted[affected], true[affected]
    if is_rounding(float(true @ true), comparison.reference.sample):
        raise Missing("the true change is 0 in every gene that is scored")
    return float(np.sum((predicted - true) ** 2) / np.sum(true**2))


def effect_missed(comparison: Comparison) -> float:
    """Share of the true mean change that is missing along its direction, |1 − ⟨ê, e⟩ / ⟨e, e⟩|.

    e is the mean change of the expected cells, ê the mean predicted cell minus the mean observed
    intervened cell: 0 is perfect and exactly 1 is doing nothing. Noise averages out over genes,
    so that it can be read with few cells, but it does not see changes in other directions, as
    `effect_error` does. Raises Missing as `effect_error`.
    """
    comparison.require_every_cell()
    true = _true_change(comparison)
    before = comparison.data.intervene.x.mean(axis=0, dtype=np.float64)
    predicted = comparison.predicted.cells.mean(axis=0) - before
    if is_rounding(float(true @ true), comparison.reference.sample):
        raise Missing("nothing truly changes")
    return float(abs(1 - predicted @ true / (true @ true)))


def cell_error(comparison: Comparison) -> float:
    """Squared error of each cell's change over its squared true change, summed over the cells.

    Σ_i ‖(x̂_i − x_i) − e_i‖² / Σ_i ‖e_i‖², e_i the change of the cell's expectation: 0 is perfect
    in every cell, exactly 1 is doing nothing, and a right mean of wrong changes is seen. Raises
    Missing as `effect_error`.
    """
    comparison.require_every_cell()
    data, truth = comparison.data, _truth(comparison)
    before = comparison.reference.sample.once(
        "each expected before", lambda: truth.expected(data.intervene.rows)
    )
    true = _expected_after(comparison) - before
    if is_rounding(float((true**2).sum(axis=1).max()), comparison.reference.sample):
        raise Missing("nothing truly changes")
    change = comparison.predicted.cells - data.intervene.x.astype(np.float64)
    return float(((change - true) ** 2).sum() / (true**2).sum())


def _true_change(comparison: Comparison) -> np.ndarray:
    """(n_dims,) mean change of the expected cells."""
    return _expected_after(comparison).mean(axis=0) - _mean_before(comparison)


def _mean_before(comparison: Comparison) -> np.ndarray:
    truth, rows = _truth(comparison), comparison.data.intervene.rows
    return comparison.reference.sample.once(
        "expected before", lambda: truth.expected(rows).mean(axis=0)
    )


def _truth(comparison: Comparison) -> Truth:
    if comparison.data.truth is None:
        raise Missing("needs the true rates, which only generated cells have")
    return comparison.data.truth


def _expected_after(comparison: Comparison) -> np.ndarray:
    """(n_intervene, n_dims) expected counterfactuals, computed once for all predictions."""
    truth = _truth(comparison)
    rows = comparison.data.targets[comparison.reference.target.id].rows
    return comparison.reference.sample.once("expected", lambda: truth.expected(rows))


def _affected(comparison: Comparison, truth: Truth) -> np.ndarray:
    if not comparison.reference.in_genes:
        raise Missing("the task's cells are principal components, not genes")
    changed = [truth.affected(concept) for concept in comparison.reference.target.edits]
    return np.logical_or.reduce(changed)
