"""Yardsticks against Monte Carlo and definitions; noise-free scores on best and worst cases."""

from __future__ import annotations

import numpy as np
import pytest

from sccbgm.methods.yardsticks import constant_mean, nearest_copy, true_shift
from sccbgm.synthetic import generate
from sccbgm.synthetic.yardsticks import (
    effect_error,
    expected_expression,
    expression_error,
    implied_log_rate,
    log_rate_error,
)

SUM = 1e4


def lognorm(counts: np.ndarray) -> np.ndarray:
    return np.log1p(SUM * counts / counts.sum(axis=1, keepdims=True))


@pytest.fixture(scope="module")
def question():
    """Cells without concept 0, the same cells with it: expression and log rates of both."""
    data = generate(n_cells=600, n_genes=800, n_concepts=3, std_concept=0.3, seed=8)
    rows = np.flatnonzero(data.cells.concepts[:, 0] == 0)[:200]
    edited = data.cells.concepts[rows].copy()
    edited[:, 0] = 1
    return {
        "before": lognorm(data.counts[rows]),
        "after": lognorm(data.counterfactual(rows, edited)),
        "log_rate": data.log_rate(rows),
        "log_rate_after": data.log_rate(rows, edited),
        "affected": data.parameters.concept[0] != 0,
    }


def test_expected_expression_is_the_mean_of_many_draws():
    rng = np.random.default_rng(0)
    rate = np.exp(rng.uniform(-1, 2, (3, 400)))
    draws = np.zeros(rate.shape)
    n = 4000
    for _ in range(n):
        draws += lognorm(rng.poisson(rate))
    error = np.abs(draws / n - expected_expression(rate, SUM))
    assert error.max() < 6 * 1.5 / np.sqrt(n)
    assert error.mean() < 1.5 / np.sqrt(n)


def test_expected_expression_beats_every_other_prediction(question):
    ideal = expected_expression(np.exp(question["log_rate_after"]), SUM)
    after = question["after"]
    best = np.mean((ideal - after) ** 2)
    assert best < np.mean((constant_mean(after, len(after)) - after) ** 2)
    for shift in (-0.05, 0.05):
        assert best < np.mean((ideal + shift - after) ** 2)


def test_published_error_rewards_copies_and_the_noise_free_one_does_not(question):
    """Doing nothing shares the noise of the truth: best on one score, worst on the other."""
    rate = np.exp(question["log_rate_after"])
    ideal = expected_expression(rate, SUM)
    constant = constant_mean(question["before"], len(ideal))
    no_edit, after = question["before"], question["after"]
    published = [np.mean((p - after) ** 2) for p in (no_edit, ideal, constant)]
    noise_free = [expression_error(p, rate, SUM) for p in (ideal, constant, no_edit)]
    assert published == sorted(published)
    assert noise_free == sorted(noise_free)
    assert noise_free[0] == 0


def test_implied_log_rate_inverts_the_expected_expression(question):
    log_rate = question["log_rate_after"]
    expected = expected_expression(np.exp(log_rate), SUM)
    total = np.exp(log_rate).sum(axis=1)
    implied = implied_log_rate(expected, total, SUM)
    np.testing.assert_allclose(implied, log_rate, atol=1e-4)
    assert log_rate_error(implied, log_rate) < 1e-9
    no_edit = implied_log_rate(question["before"], total, SUM)
    assert log_rate_error(no_edit, log_rate) > 0.1
    assert np.isfinite(no_edit).all()


def test_log_rate_error_by_hand():
    assert log_rate_error(np.array([[1.0, 2.0]]), np.array([[0.0, 4.0]])) == 2.5


def test_effect_error(question):
    true = question["log_rate_after"] - question["log_rate"]
    affected = question["affected"]
    assert effect_error(true, true) == 0
    assert effect_error(np.zeros_like(true), true) == 1
    assert effect_error(np.zeros_like(true), true, affected) == pytest.approx(1)
    assert effect_error(0.5 * true, true, affected) == pytest.approx(0.25)
    wrong = np.where(affected, true, 0.1)
    assert effect_error(wrong, true, affected) == 0
    assert effect_error(wrong, true) > 0
    assert effect_error(true.mean(axis=0), true.mean(axis=0), affected) == 0
    with pytest.raises(ValueError, match="true change is 0"):
        effect_error(true, true, ~affected & False)


def test_mean_change_of_cells_shows_the_effect_through_the_noise(question):
    """The noise of a cell and its counterfactual cancels, so mean changes can be compared."""
    true = expected_expression(np.exp(question["log_rate_after"]), SUM)
    true = (true - expected_expression(np.exp(question["log_rate"]), SUM)).mean(axis=0)
    seen = (question["after"] - question["before"]).mean(axis=0)
    assert effect_error(seen, true) < 0.05


def test_trivial_predictions():
    cells = np.array([[0.0, 0.0], [2.0, 4.0]])
    np.testing.assert_array_equal(constant_mean(cells, 3), [[1.0, 2.0]] * 3)
    stimulated = np.array([[10.0, 10.0], [2.5, 4.0], [0.0, 1.0]])
    np.testing.assert_array_equal(nearest_copy(cells, stimulated), [[0.0, 1.0], [2.5, 4.0]])
    target = np.array([[1.0, 0.0], [3.0, 6.0]])
    np.testing.assert_array_equal(true_shift(cells, target), [[1.0, 1.0], [3.0, 5.0]])
