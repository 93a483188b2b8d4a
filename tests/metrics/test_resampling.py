"""A ratio needs a closest population that can be told from the target."""

import numpy as np
import pandas as pd
import pytest
from metric_problems import make_task

from sccbgm.metrics import METRICS, denominators, evaluate, mmd2
from sccbgm.metrics.resampling import resample
from sccbgm.metrics.samples import Sample
from sccbgm.protocol.keys import generator

RATIOS = [id for id, metric in METRICS.items() if metric.ratio]


def task_of(target, near, far, id="held_out"):
    train = np.vstack([near, far])
    return make_task(train, ["near"] * len(near) + ["far"] * len(far), {"t": target}, id=id)


def scored(task, prediction, ids):
    rows = evaluate(task, "t", prediction, denominators(task, ids), ids)
    return {row["metric"]: row for row in rows}


@pytest.mark.parametrize("metric", RATIOS)
def test_a_copy_of_the_target_is_no_denominator(rng, metric):
    target = rng.normal(size=(30, 4))
    task = task_of(target, target.copy(), target[:20] + 5)
    row = scored(task, target + 1, [metric])[metric]
    assert np.isnan(row["value"])
    assert row["reason"].startswith("the closest population cannot be told from the target: their")
    assert row["denominator_group"] == "near"
    assert row["denominator"] < row["distance"]


def test_a_population_of_the_targets_distribution_is_no_denominator():
    """MMD² within noise of 0, above it as often as below: at most one in ten gets a ratio."""
    passed = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        task = task_of(
            rng.normal(size=(60, 5)), rng.normal(size=(40, 5)), rng.normal(4, 1, (20, 5)), str(seed)
        )
        row = scored(task, rng.normal(1, 1, (10, 5)), ["rmmd"])["rmmd"]
        passed += np.isfinite(row["value"])
        assert row["denominator_group"] == "near"
    assert passed <= 4


@pytest.mark.parametrize(("n", "m"), [(60, 60), (200, 15), (12, 300)])
def test_a_population_apart_is_a_denominator_whatever_the_numbers_of_cells(rng, n, m):
    target, near = rng.normal(size=(n, 3)), rng.normal(3, 1, (m, 3))
    found = scored(task_of(target, near, near + 9), target, RATIOS)
    assert {id: found[id]["reason"] for id in RATIOS} == dict.fromkeys(RATIOS, "")


@pytest.mark.parametrize(("n", "m"), [(60, 60), (200, 15), (30, 300)])
def test_parts_of_the_target_spread_as_samples_of_its_distribution(rng, n, m):
    """Against what is estimated here: MMD² of 100 fresh pairs of samples of n and m cells."""
    draws = [
        mmd2(rng.normal(size=(n, 6)), rng.normal(size=(m, 6)), clamp=False) for _ in range(100)
    ]
    target, other = Sample(rng.normal(size=(n, 6))), Sample(rng.normal(size=(m, 6)))
    within = resample(METRICS["rmmd"], target, other, 1.0, generator("test")).within
    assert np.quantile(draws, 0.9) < within < 2 * max(draws)


def test_equal_numbers_of_cells_are_compared(rng):
    """In 40 dimensions 20 cells of one distribution are as far apart as 200 of two."""
    target, near = rng.normal(size=(60, 40)), rng.normal(0.35, 1, (600, 40))
    table = denominators(task_of(target, near, near[:50] + 9), ["rfid"])
    row = table[table.group == "near"].iloc[0]
    assert row["value"] < row["within"] < row["apart"]
    assert row["indistinct"] == ""


def test_few_target_cells_tell_nothing(rng):
    task = task_of(rng.normal(size=(3, 2)), rng.normal(5, 1, (12, 2)), rng.normal(9, 1, (12, 2)))
    row = scored(task, rng.normal(size=(6, 2)), ["rmmd"])["rmmd"]
    assert row["reason"] == "the target has 3 cells, 4 needed to tell populations from it"
    assert np.isnan(row["value"]) and np.isfinite(row["distance"])


def test_order_of_metrics_and_of_cells_decides_nothing(rng):
    target, near, far = (
        rng.normal(size=(25, 3)),
        rng.normal(2, 1, (30, 3)),
        rng.normal(7, 1, (9, 3)),
    )
    table = denominators(task_of(target, near, far), RATIOS)
    again = denominators(task_of(target, near, far), RATIOS[::-1])
    key = ["metric", "group"]
    pd.testing.assert_frame_equal(
        table.sort_values(key, ignore_index=True), again.sort_values(key, ignore_index=True)
    )
    mixed = denominators(task_of(rng.permutation(target), rng.permutation(near), far), RATIOS)
    pd.testing.assert_frame_equal(table, mixed, rtol=1e-6)


def test_distances_are_kept_unclamped(rng):
    target = rng.normal(size=(20, 4))
    task = task_of(target, target + 3, target + 9)
    row = scored(task, target, ["rmmd"])["rmmd"]
    assert row["value"] == 0.0
    assert row["distance"] == pytest.approx(mmd2(target, target, clamp=False), rel=1e-5)
    assert row["distance"] < 0
    denominator = mmd2(target, task.train.x[:20], clamp=False)
    assert row["denominator"] == pytest.approx(denominator, rel=1e-5)
    assert (row["n_predicted"], row["n_denominator"]) == (20, 20)
    other = scored(task, target + 1, RATIOS)
    for id in RATIOS:
        ratio = other[id]["distance"] / (other[id]["denominator"] + 1e-8)
        assert other[id]["value"] == pytest.approx(ratio, rel=1e-12)


def test_the_closest_group_is_one_by_every_metric(rng):
    """By its mean one population is the closest, by its spread another: no cells are both."""
    target = rng.normal(size=(40, 2))
    same_mean, same_spread = 12 * rng.normal(size=(30, 2)), target + 4
    task = task_of(target, same_mean, same_spread)
    ids = [*RATIOS, "variance_ratio"]
    rows = evaluate(task, "t", np.zeros((1, 2)), denominators(task, ids), ids, closest_group=True)
    assert [row["value"] for row in rows if row["metric"] in RATIOS] == [1.0] * len(RATIOS)
    assert {row["denominator_group"] for row in rows[:-1]} == {"near", "far"}
    assert all(row["distance"] == row["denominator"] for row in rows[:-1])
    assert all(row["n_predicted"] == row["n_denominator"] for row in rows[:-1])
    assert rows[-1]["reason"] == "the prediction has 1 cells, 2 needed"
    task = task_of(target, target.copy(), same_mean)
    rows = evaluate(task, "t", target, denominators(task, ids), ids, closest_group=True)
    assert np.isnan(rows[0]["value"]) and "cannot be told" in rows[0]["reason"]
