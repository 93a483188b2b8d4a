"""The expected cell against Monte Carlo, and as the prediction that no other beats."""

from __future__ import annotations

import numpy as np
import pytest

from sccbgm.methods.yardsticks import constant_mean
from sccbgm.synthetic import generate
from sccbgm.synthetic.expectation import expected_expression

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
    noise_free = [np.mean((p - ideal) ** 2) for p in (constant, no_edit)]
    assert published == sorted(published)
    assert noise_free == sorted(noise_free)


def test_mean_change_of_cells_shows_the_effect_through_the_noise(question):
    """The noise of a cell and its counterfactual cancels, so mean changes can be compared."""
    true = expected_expression(np.exp(question["log_rate_after"]), SUM)
    true = (true - expected_expression(np.exp(question["log_rate"]), SUM)).mean(axis=0)
    seen = (question["after"] - question["before"]).mean(axis=0)
    assert np.sum((seen - true) ** 2) < 0.05 * np.sum(true**2)
