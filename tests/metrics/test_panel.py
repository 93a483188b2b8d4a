"""Which adversary fools which metric, on generated cells; and that none fools the composite."""

import numpy as np
import pandas as pd
import pytest
from panel_cells import answer, panel_task

from sccbgm.methods import registry
from sccbgm.metrics import Reference, denominators, evaluate
from sccbgm.metrics.ceiling import ceilings
from sccbgm.tables.rescaled import rescaled

METRICS = [
    *("rmmd", "rfid", "energy_gain", "effect_direction", "discrimination"),
    *("de_precision_rebuilt", "de_recall_rebuilt", "covariance_likeness"),
    *("composite", "variance_ratio"),
]
ADVERSARIES = [id for id in registry.METHODS if registry.get(id).adversary]
FOOLED = {
    "effect_direction": {"constant_mean", "zero_variance", "overdispersed", "other_type"},
    "discrimination": {"zero_variance", "overdispersed", "shuffled_genes"},
    "de_recall_rebuilt": {"zero_variance", "overdispersed"},
    "variance_ratio": {"no_edit", "other_type"},
    "covariance_likeness": {"overdispersed", "log1p_twice"},
}
SEEN = {
    "rmmd": {"no_edit", "constant_mean", "other_type"},
    "rfid": {"no_edit", "constant_mean", "zero_variance", "overdispersed", "other_type"},
    "energy_gain": {"no_edit", "constant_mean", "zero_variance", "other_type"},
    "effect_direction": {"no_edit", "half_copied"},
    "discrimination": {"no_edit", "constant_mean", "other_type"},
    "de_precision_rebuilt": {"no_edit", "other_type"},
    "de_recall_rebuilt": {"no_edit"},
    "variance_ratio": {"constant_mean", "zero_variance", "overdispersed"},
    "covariance_likeness": {"constant_mean", "zero_variance"},
    "composite": {*ADVERSARIES} - {"shuffled_cells", "shuffled_genes"},
}
"""Metric -> adversaries with less than half of the score of a draw of the truth."""


@pytest.fixture(scope="module")
def scores() -> pd.DataFrame:
    """Method by metric: the score between no edit and a draw of the truth."""
    data = panel_task()
    table = denominators(data, METRICS)
    reference = Reference(data, "stim")
    rows = [
        {"dataset": "panel", "task": "a", "target": "stim", "method": id} | row
        for id in (*ADVERSARIES, "mean_shift", "target")
        for row in evaluate(data, "stim", answer(id, data)["stim"], table, METRICS, reference)
    ]
    scored = rescaled(pd.DataFrame(rows), ceilings(data, table, METRICS))
    assert set(scored["unscored"]) == {""}
    return scored.pivot(index="method", columns="metric", values="score")


@pytest.mark.parametrize(("metric", "fooled"), FOOLED.items())
def test_a_metric_is_fooled_by_what_it_is_blind_to(scores, metric, fooled):
    assert scores.loc[sorted(fooled), metric].min() > 0.75


@pytest.mark.parametrize(("metric", "seen"), SEEN.items())
def test_a_metric_sees_the_other_faults(scores, metric, seen):
    assert scores.loc[sorted(seen), metric].max() < 0.6


def test_the_target_is_at_the_ceiling_and_no_edit_at_the_floor(scores):
    directed = scores.drop(columns=["variance_ratio", "covariance_likeness"])
    np.testing.assert_allclose(directed.loc["no_edit"], 0, atol=1e-12)
    assert scores.loc["target"].between(0.85, 1.4).all()


def test_no_adversary_wins_by_the_composite(scores):
    """In a task that is not paired, the target in another order is the target."""
    composite = scores["composite"]
    spoilt = composite[ADVERSARIES].drop("shuffled_cells")
    assert spoilt.max() < 0.85 * composite["target"]
    assert spoilt.drop("shuffled_genes").max() < composite["mean_shift"]
