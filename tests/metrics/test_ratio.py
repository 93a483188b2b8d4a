"""The ratio form, on tasks small enough to compute by hand."""

import gc

import numpy as np
import pandas as pd
import pytest
from metric_problems import make_task

from sccbgm.metrics import (
    METRICS,
    Missing,
    Reference,
    closest,
    denominators,
    denominators_by_preset,
    evaluate,
    frechet_distance,
    mmd2,
    ratio,
    sinkhorn,
    sinkhorn_divergence,
    wasserstein2,
)
from sccbgm.metrics.samples import Sample

RATIOS = ["rmmd", "rfid", "rsd", "rw2"]
FUNCTIONS = dict(
    zip(RATIOS, [mmd2, frechet_distance, sinkhorn_divergence, wasserstein2], strict=True)
)


def row_of(rows, metric):
    (found,) = [row for row in rows if row["metric"] == metric]
    return found


def test_every_population_has_its_distance(toy_task):
    table = denominators(toy_task, RATIOS)
    assert list(table.columns) == [
        "task", "target", "metric", "group", "n_cells", "value", "reason", "apart", "within",
        "indistinct",
    ]  # fmt: skip
    assert len(table) == len(RATIOS) * 3
    target = toy_task.targets["target"].x
    for row in table.itertuples():
        group = toy_task.train.x[toy_task.train_groups == row.group]
        assert row.n_cells == len(group)
        if row.group == "few":
            assert np.isnan(row.value)
            assert row.reason == "the population has 6 cells, 10 needed"
        else:
            assert row.value == pytest.approx(FUNCTIONS[row.metric](target, group), rel=1e-9)
            assert row.reason == ""


def test_the_cells_are_let_go_with_the_table(toy_task):
    denominators(toy_task, RATIOS)  # what it imports may leave cycles behind
    gc.collect()
    gc.disable()
    try:
        before = samples()
        denominators(toy_task, RATIOS)
        left = [sample for sample in samples() if not any(sample is other for other in before)]
    finally:
        gc.enable()
    assert left == []


def samples():
    return [found for found in gc.get_objects() if type(found) is Sample]


def test_reference_rule_keeps_small_populations_but_for_mmd(toy_task):
    table = denominators(toy_task, RATIOS, preset="reference")
    few = table[table.group == "few"].set_index("metric")
    assert few.value.isna().to_dict() == {"rmmd": True, "rfid": False, "rsd": False, "rw2": False}
    assert closest(table, "held_out", "target", "rfid")[0] == "few"
    assert closest(table, "held_out", "target", "rmmd")[0] == "near"


def test_ten_cells_count(rng):
    task = make_task(rng.normal(size=(19, 3)), ["ten"] * 10 + ["nine"] * 9, {"t": np.eye(3)})
    table = denominators(task, ["rmmd"]).set_index("group")
    assert table.value.isna().to_dict() == {"nine": True, "ten": False}


def test_ratio_by_hand():
    """Targets at ±1, populations the same shape shifted by 3 and by 5, prediction by 1.

    Fréchet distances are squared shifts: 9 and 25 to the populations, 1 to the prediction.
    """
    target = np.array([[-1.0], [1.0]] * 5)
    train = np.vstack([target + 5, target + 3])
    task = make_task(train, ["five"] * 10 + ["three"] * 10, {"t": target})
    table = denominators(task, ["rfid", "rw2"])
    rows = evaluate(task, "t", target + 1, table, ["rfid", "rw2"])
    assert [row["metric"] for row in rows] == ["rfid", "rw2", "variance_ratio"]
    assert row_of(rows, "rfid")["value"] == pytest.approx(1 / (9 + 1e-8), rel=1e-6)
    assert row_of(rows, "rw2")["value"] == pytest.approx(1 / (3 + 1e-8), rel=1e-6)
    assert row_of(rows, "rfid")["denominator_group"] == "three"
    assert row_of(rows, "variance_ratio")["value"] == pytest.approx(1.0)
    assert row_of(rows, "variance_ratio")["denominator_group"] == ""
    assert all(row["reason"] == "" for row in rows)


def test_closest_population_scores_one(toy_task):
    table = denominators(toy_task, RATIOS)
    near = toy_task.train.x[toy_task.train_groups == "near"]
    for row in evaluate(toy_task, "target", near, table, RATIOS):
        if row["metric"] in RATIOS:
            assert row["value"] == pytest.approx(1.0, rel=1e-5)
            assert row["denominator_group"] == "near"


def test_all_ratio_metrics_are_finite(toy_task, rng):
    ids = [id for id, metric in METRICS.items() if metric.ratio]
    table = denominators(toy_task, ids)
    rows = evaluate(toy_task, "target", rng.normal(0.5, 1, size=(8, 4)), table, ids)
    assert {row["metric"] for row in rows} == {*ids, "variance_ratio"}
    assert all(np.isfinite(row["value"]) and row["reason"] == "" for row in rows)


@pytest.mark.parametrize("n", [0, 1])
def test_too_few_predictions_are_missing(toy_task, n):
    table = denominators(toy_task, RATIOS)
    for row in evaluate(toy_task, "target", np.zeros((n, 4)), table, RATIOS):
        assert np.isnan(row["value"])
        assert row["reason"] == f"the prediction has {n} cells, 2 needed"


def test_predictions_that_are_not_finite_are_missing(toy_task):
    prediction = np.zeros((8, 4))
    prediction[2, 1], prediction[5] = np.nan, np.inf
    for row in evaluate(toy_task, "target", prediction, denominators(toy_task, RATIOS), RATIOS):
        assert np.isnan(row["value"])
        assert row["reason"] == "2 of 8 cells of the prediction are not finite"


def test_no_population_qualifies(rng):
    task = make_task(rng.normal(size=(8, 3)), ["a"] * 8, {"t": rng.normal(size=(5, 3))})
    table = denominators(task, ["rmmd"])
    row = evaluate(task, "t", rng.normal(size=(4, 3)), table, ["rmmd"])[0]
    assert np.isnan(row["value"])
    assert row["reason"] == "no training population qualifies as denominator"
    with pytest.raises(Missing):
        closest(table, "held_out", "t", "rmmd")


def test_single_cell_target_is_missing(rng):
    task = make_task(rng.normal(size=(12, 3)), ["a"] * 12, {"t": rng.normal(size=(1, 3))})
    table = denominators(task, RATIOS)
    assert set(table.reason) == {"the target has 1 cells, 2 needed"}
    rows = evaluate(task, "t", rng.normal(size=(4, 3)), table, RATIOS)
    assert all(np.isnan(row["value"]) and row["reason"] for row in rows)


def test_single_cell_population_under_the_reference_rule(rng):
    train, groups = rng.normal(size=(13, 3)), ["a"] * 12 + ["lone"]
    task = make_task(train, groups, {"t": rng.normal(size=(6, 3))})
    table = denominators(task, ["rfid", "rsd"], preset="reference").set_index(["metric", "group"])
    assert table.value.isna().groupby("group").all().to_dict() == {"a": False, "lone": True}
    assert table.loc[("rfid", "lone"), "reason"] == "the population has 1 cells, 2 needed"


def test_inexact_values_keep_their_note(toy_task, rng, monkeypatch):
    monkeypatch.setattr(sinkhorn, "STOP_THRESHOLD", 0.0)
    table = denominators(toy_task, ["rsd"])
    assert table[table.group != "few"].reason.str.contains("before convergence").all()
    assert table[table.group != "few"].value.notna().all()
    reference = Reference(toy_task, "target")
    for _ in range(2):  # the second call takes the target's own term from the first
        prediction = rng.normal(size=(8, 4))
        row = evaluate(toy_task, "target", prediction, table, ["rsd"], reference)[0]
        assert np.isfinite(row["value"])
        assert "first self term" in row["reason"]


def test_reference_is_shared_without_changing_values(toy_task, rng):
    table = denominators(toy_task, RATIOS)
    reference = Reference(toy_task, "target")
    for _ in range(3):
        prediction = rng.normal(size=(8, 4))
        shared = evaluate(toy_task, "target", prediction, table, RATIOS, reference)
        assert shared == evaluate(toy_task, "target", prediction, table, RATIOS)


def test_order_of_training_cells_does_not_matter(toy_task, rng):
    order = rng.permutation(len(toy_task.train))
    shuffled = make_task(
        toy_task.train.x[order],
        toy_task.train_groups[order],
        {"target": toy_task.targets["target"].x},
        toy_task.intervene.x,
    )
    pd.testing.assert_frame_equal(
        denominators(toy_task, RATIOS), denominators(shuffled, RATIOS), rtol=1e-6
    )


def test_faults_of_the_caller_raise(toy_task):
    table = denominators(toy_task, ["rmmd"])
    good = np.zeros((8, 4))
    with pytest.raises(KeyError, match="unknown metrics"):
        evaluate(toy_task, "target", good, table, ["rmdd"])
    with pytest.raises(KeyError, match="has no target 'other'"):
        evaluate(toy_task, "other", good, table, ["rmmd"])
    with pytest.raises(KeyError, match="no denominators of rfid"):
        evaluate(toy_task, "target", good, table, ["rfid"])
    with pytest.raises(KeyError, match="no denominators of rmmd"):
        evaluate(toy_task, "target", good, None, ["rmmd"])


def test_rules_of_both_presets_share_every_distance(toy_task, monkeypatch):
    measured = []
    measure = ratio.measure
    monkeypatch.setattr(
        ratio, "measure", lambda *given: measured.append(given[1:]) or measure(*given)
    )
    presets = ["recommended", "reference"]
    found = denominators_by_preset(toy_task, RATIOS, presets)
    shared = len(measured)
    for preset in presets:
        pd.testing.assert_frame_equal(found[preset], denominators(toy_task, RATIOS, preset))
    # Of "few" and of the others by the reference rules; the recommended ones need no more.
    assert shared == 3 * len(RATIOS) - 1 < len(measured) - shared
