"""Whatever a method predicts, every metric answers with a number or a reason."""

import dataclasses
import logging

import numpy as np
import pytest
from metric_problems import make_task

from sccbgm.metrics import METRICS, CellLabels, Reference, denominators, evaluate
from sccbgm.metrics.measure import measure
from sccbgm.metrics.samples import Missing, Sample
from sccbgm.protocol.task import Truth

N, GENES = 24, 6
OF_PREDICTIONS = [id for id, metric in METRICS.items() if not metric.asked]


def whole_task():
    """A task that every metric of the catalogue has a value for: paired, in genes, generated."""
    rng = np.random.default_rng(4)
    group = np.repeat([0, 1], 30)
    train = rng.normal(3 + 3 * group[:, None], 1, (60, GENES))
    after = np.array([4.0, 0, 2, 0, -2, 0])
    intervene = rng.normal(3, 1, (N, GENES))
    target = intervene + after + rng.normal(0, 0.2, (N, GENES))
    expression = np.vstack([train, intervene, target]).astype(np.float32)
    task = make_task(train, np.array(["a", "b"])[group], {"t": target}, intervene, paired=True)

    def expected(rows):
        return np.where(rows[:, None] >= 60 + N, 3 + after, 3.0)

    truth = Truth(expected, lambda concept: after != 0)
    stimulated = dataclasses.replace(task.train, concepts=group[:, None].astype(np.float32))
    task = dataclasses.replace(
        task, genes=lambda rows: expression[rows], truth=truth, train=stimulated
    )
    labels = CellLabels(np.repeat(["one", "two"], [60, 2 * N]), np.ones(60 + 2 * N, dtype=bool))
    return task, labels, target


TASK, LABELS, TARGET = whole_task()
REFERENCE = Reference(TASK, "t", LABELS)
TABLE = denominators(TASK, list(METRICS))
GOOD = TARGET + np.random.default_rng(5).normal(0, 0.3, TARGET.shape)


def changed(value):
    cells = GOOD.copy()
    cells[2, 1] = value
    return cells


PREDICTIONS = {
    "no rows": GOOD[:0],
    "one row": GOOD[:1],
    "two rows": GOOD[:2],
    "more rows": np.vstack([GOOD, GOOD]),
    "one cell for all": np.tile(GOOD[:1], (N, 1)),
    "zeros": np.zeros_like(GOOD),
    "a NaN": changed(np.nan),
    "an infinity": changed(np.inf),
    "huge": np.full_like(GOOD, 1e30),
    "huge and spread": 1e30 * GOOD,
    "beyond squares": 1e200 * GOOD,
    "tiny": 1e-30 * GOOD,
    "far": GOOD + 1e4,
    "a column too few": GOOD[:, 1:],
    "a column too many": np.hstack([GOOD, GOOD[:, :1]]),
    "no columns": GOOD[:, :0],
    "one dimension": GOOD[0],
    "half precision": GOOD.astype(np.float16),
    "objects": GOOD.astype(object),
    "text": np.full(GOOD.shape, "many"),
    "nothing": None,
    "a list": GOOD.tolist(),
}


@pytest.mark.parametrize("metric", OF_PREDICTIONS)
def test_a_good_prediction_has_a_value(metric):
    row = evaluate(TASK, "t", GOOD, TABLE, [metric], REFERENCE)[0]
    assert np.isfinite(row["value"]) and row["reason"] == ""


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore:.*Observation names.*")
@pytest.mark.parametrize("kind", PREDICTIONS)
@pytest.mark.parametrize("metric", OF_PREDICTIONS)
def test_a_value_or_a_reason(metric, kind, caplog):
    row = evaluate(TASK, "t", PREDICTIONS[kind], TABLE, [metric], REFERENCE)[0]
    assert np.isfinite(row["value"]) or row["reason"]
    assert not caplog.records, "an error that nobody foresaw"


@pytest.mark.parametrize("kind", ["half precision", "objects", "a list"])
def test_numbers_in_another_form_are_the_same_numbers(kind):
    rows = evaluate(TASK, "t", PREDICTIONS[kind], TABLE, ["mse", "rfid"], REFERENCE)
    good = evaluate(TASK, "t", GOOD, TABLE, ["mse", "rfid"], REFERENCE)
    for row, expected in zip(rows, good, strict=True):
        assert row["value"] == pytest.approx(expected["value"], rel=2e-2)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("a column too few", "the prediction needs 6 columns, found shape (24, 5)"),
        ("a NaN", "1 of 24 cells of the prediction are not finite"),
        ("text", "the prediction is not a matrix of numbers: could not convert string to float"),
        ("one dimension", "the prediction is not a matrix of numbers: expected an array (n_cells"),
    ],
)
def test_reasons_say_what_was_found(kind, reason):
    for row in evaluate(TASK, "t", PREDICTIONS[kind], TABLE, ["rmmd", "mse"], REFERENCE):
        assert row["reason"].startswith(reason)


def failing(error):
    def function(*_):
        raise error

    return dataclasses.replace(METRICS["rfid"], function=function)


def test_an_unforeseen_error_is_a_reason_and_logged(caplog):
    two = Sample(np.ones((2, 2)))
    found = measure(failing(IndexError("list index out of range")), two, two)
    assert np.isnan(found.value)
    assert found.reason == "IndexError: list index out of range"
    (record,) = caplog.records
    assert record.levelno == logging.ERROR and record.exc_info is not None


@pytest.mark.parametrize("error", [Missing("no pairs"), np.linalg.LinAlgError("no convergence")])
def test_a_foreseen_one_is_not_logged(caplog, error):
    assert str(error) in measure(failing(error), None).reason
    assert not caplog.records


@pytest.mark.parametrize("error", [MemoryError(), OSError("no space left on device")])
def test_a_fault_of_the_machine_is_no_result(error):
    with pytest.raises(type(error)):
        measure(failing(error), None)
