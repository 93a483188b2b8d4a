"""Metrics that look at single cells: paired errors, neighbours, regulated genes."""

import dataclasses

import numpy as np
import pytest
from metric_problems import make_task
from scipy.stats import pearsonr, ranksums
from sklearn.metrics.pairwise import paired_cosine_distances

from sccbgm.metrics import METRICS, CellLabels, Missing, Reference, denominators, evaluate, paired
from sccbgm.metrics.expression import regulated
from sccbgm.metrics.neighbours import knn_accuracy

PAIRED = ["mse", "mse_nonzero", "cosine", "pearson"]


def values(rows):
    return {row["metric"]: row["value"] for row in rows}


def reasons(rows):
    return {row["metric"]: row["reason"] for row in rows}


@pytest.fixture
def paired_task(rng):
    truth = rng.poisson(1.0, size=(6, 5)).astype(np.float32)
    return make_task(rng.normal(size=(9, 5)), ["a"] * 9, {"t": truth}, truth + 1, paired=True)


def test_paired_errors_by_hand():
    truth = np.array([[0.0, 2.0], [1.0, 0.0]])
    predicted = np.array([[1.0, 2.0], [3.0, 0.0]])
    assert paired.mse(predicted, truth) == pytest.approx((1 + 0 + 4 + 0) / 4)
    assert paired.mse_nonzero(predicted, truth) == pytest.approx((0 + 4) / 2)
    assert paired.row_cosine(predicted, truth) == pytest.approx((2 / np.sqrt(5) + 1) / 2)
    assert paired.row_pearson(predicted, truth) == pytest.approx(1.0)


def test_paired_errors_against_libraries(rng):
    truth, predicted = rng.normal(size=(20, 30)), rng.normal(size=(20, 30))
    expected = 1 - paired_cosine_distances(predicted, truth).mean()
    assert paired.row_cosine(predicted, truth) == pytest.approx(expected)
    expected = np.mean([pearsonr(a, b).statistic for a, b in zip(predicted, truth, strict=True)])
    assert paired.row_pearson(predicted, truth) == pytest.approx(expected)


def test_constant_rows_count_zero():
    truth = np.array([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]])
    predicted = np.array([[1.0, 2.0, 3.0], [0.1, 0.1, 0.1]])
    assert paired.row_pearson(predicted, truth) == pytest.approx(0.5)
    assert paired.row_cosine(np.zeros_like(truth), truth) == 0.0
    with pytest.raises(Missing, match="zero"):
        paired.mse_nonzero(truth, np.zeros_like(truth))
    with pytest.raises(ValueError, match="equal shapes"):
        paired.mse(truth[:1], truth)
    with pytest.raises(Missing, match="no cells"):
        paired.mse(truth[:0], truth[:0])


def test_paired_metrics_of_a_task(paired_task, rng):
    truth = paired_task.targets["t"].x
    noise = rng.normal(size=truth.shape)
    table = denominators(paired_task, PAIRED)
    assert table.empty
    rows = values(evaluate(paired_task, "t", truth + noise, table, PAIRED))
    assert rows["mse"] == pytest.approx((noise**2).mean(), rel=1e-6)
    assert values(evaluate(paired_task, "t", truth, table, PAIRED))["mse"] == 0.0
    one = make_task(np.ones((3, 2)), ["a"] * 3, {"t": np.ones((1, 2))}, np.ones((1, 2)), True)
    assert values(evaluate(one, "t", np.zeros((1, 2)), table, ["mse"]))["mse"] == 1.0


def test_paired_metrics_are_missing_with_their_reason(paired_task, toy_task):
    short = reasons(evaluate(paired_task, "t", np.zeros((4, 5)), None, PAIRED))
    assert short["mse"] == "needs one prediction for each of 6 intervened cells, found 4"
    unpaired = evaluate(toy_task, "target", np.zeros((8, 4)), None, PAIRED)
    assert reasons(unpaired)["mse"] == "the task has no true counterfactual of each cell"
    assert all(np.isnan(values(unpaired)[id]) for id in PAIRED)
    in_pcs = dataclasses.replace(
        paired_task, gene_names=tuple("abcdefgh"), reconstruct=lambda x: np.zeros((len(x), 8))
    )
    found = evaluate(in_pcs, "t", np.zeros((6, 5)), None, PAIRED)
    assert reasons(found)["mse"] == ""
    assert "principal components" in reasons(found)["mse_nonzero"]


def test_neighbours_vote(rng):
    centres = np.array([[0.0, 0.0], [10.0, 0.0]])
    reference = np.repeat(centres, 20, axis=0) + rng.normal(0, 0.1, size=(40, 2))
    labels = np.repeat(["left", "right"], 20)
    predicted = np.array([[0.1, 0.0], [0.2, 0.1], [9.0, 0.0], [9.9, 0.0]])
    own = np.array(["left", "right", "right", "right"])
    assert knn_accuracy(reference, labels, predicted, own) == 0.75
    with pytest.raises(Missing, match="needs 15 reference cells"):
        knn_accuracy(reference[:14], labels[:14], predicted, own)
    with pytest.raises(ValueError, match="one label a cell"):
        knn_accuracy(reference, labels[:3], predicted, own)


def test_subtype_accuracy_of_a_task(rng):
    """Train: 20 cells of each of two subtypes; edited cells are of the second."""
    expression = np.zeros((46, 3), np.float32)
    expression[20:] = 5.0
    expression += rng.normal(0, 0.1, size=expression.shape).astype(np.float32)
    task = make_task(expression[:40], ["a"] * 40, {"t": expression[43:]}, expression[40:43])
    task = dataclasses.replace(task, genes=lambda rows: expression[rows])
    subtypes = np.array(["one"] * 20 + ["two"] * 26)
    labels = CellLabels(subtypes, np.arange(46) != 3)
    reference = Reference(task, "t", labels)
    prediction = expression[[41, 42, 0]]
    rows = evaluate(task, "t", prediction, None, ["subtype_accuracy"], reference)
    assert values(rows)["subtype_accuracy"] == pytest.approx(2 / 3)
    without = evaluate(task, "t", prediction, None, ["subtype_accuracy"])
    assert reasons(without)["subtype_accuracy"] == "needs the subtype labels of the dataset"


def test_regulated_genes_against_scipy(rng):
    """Normal scores without ties: scanpy's test is scipy's rank sum, adjusted over the genes."""
    control = np.abs(rng.normal(2, 0.5, size=(60, 8)))
    treated = np.abs(rng.normal(2, 0.5, size=(50, 8)))
    treated[:, :2] += 1.0
    treated[:, 2] -= 0.8
    p = np.array([ranksums(treated[:, j], control[:, j]).pvalue for j in range(8)])
    order = np.argsort(p)
    adjusted = np.empty(8)
    adjusted[order] = np.minimum.accumulate((p[order] * 8 / np.arange(1, 9))[::-1])[::-1]
    found = regulated(treated, control, 0.05)
    np.testing.assert_array_equal(found.up | found.down, adjusted < 0.05)
    np.testing.assert_array_equal(np.flatnonzero(found.up)[:2], [0, 1])
    assert found.down[2]


def test_de_recall_of_a_task(rng):
    """The prediction finds one of two up-regulated genes, and nothing goes down."""

    def population(n, *up):
        x = np.abs(rng.normal(1, 0.2, size=(n, 6))).astype(np.float32)
        x[:, list(up)] += 1.0
        return x

    train, intervene, target = population(60), population(40), population(50, 0, 1)
    expression = np.vstack([train, intervene, target])
    task = make_task(train, ["a"] * 60, {"t": target}, intervene)
    task = dataclasses.replace(task, genes=lambda rows: expression[rows])
    ids = ["de_recall_up", "de_recall_down", "de_recall", "de_recall_up_vs_intervene"]
    rows = evaluate(task, "t", population(40, 0), None, ids)
    assert values(rows)["de_recall_up"] == 0.5
    assert values(rows)["de_recall_up_vs_intervene"] == 0.5
    assert np.isnan(values(rows)["de_recall_down"])
    assert "significantly down" in reasons(rows)["de_recall"]


def test_registry_is_complete():
    for id, metric in METRICS.items():
        assert metric.id == id
        assert metric.direction in {"lower", "higher", "none"}
        assert metric.title and metric.formula and metric.estimator and metric.citation
        assert not (metric.ratio and metric.paired)
        assert metric.best == (0.0 if metric.direction == "lower" else 1.0)
    assert {"rmmd", "rfid", "rsd", "rw2", "mse", "subtype_accuracy"} <= set(METRICS)
