"""The Poisson quantile function against SciPy's, its definition and its limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from sccbgm.synthetic.poisson import MAX_STEPS, poisson_quantile

EXTREMES = [2.0**-54, 2.0**-53, 1e-300, 1e-16, 1e-12, 1e-6, 0.5]
NEAR_ONE = [1e-3, 1e-6, 1e-9, 1e-12, 1e-13, 1e-14, 1e-15, 2.0**-52, 2.0**-53]


def test_equals_scipy_over_the_rates_that_occur():
    rng = np.random.default_rng(0)
    rate = np.exp(rng.uniform(-2.0, 3.5, (200, 2000)))
    probability = rng.random(rate.shape)
    np.testing.assert_array_equal(
        poisson_quantile(probability, rate), stats.poisson.ppf(probability, rate)
    )


def test_equals_scipy_at_extreme_probabilities():
    rates = np.concatenate([[0.0, 1e-300, 1e-5], np.exp(np.linspace(-6, 7, 200))])
    probabilities = np.array(EXTREMES + [1 - p for p in NEAR_ONE])
    rate, probability = np.meshgrid(rates, probabilities)
    np.testing.assert_array_equal(
        poisson_quantile(probability, rate), stats.poisson.ppf(probability, rate)
    )


@given(
    rate=st.floats(0.05, 50.0),
    count=st.integers(0, 60),
    offset=st.sampled_from([0.0, 1e-15, -1e-15, 1e-14, -1e-14, 1e-13, -1e-13, 1e-9, -1e-9]),
)
@settings(deadline=None, max_examples=300)
def test_equals_scipy_at_the_steps_of_the_distribution(rate, count, offset):
    probability = np.array([special.pdtr(count, rate) + offset])
    if not 0 < probability[0] < 1:
        return
    rates = np.array([rate])
    assert poisson_quantile(probability, rates)[0] == stats.poisson.ppf(probability, rates)[0]


def test_is_the_smallest_count_that_reaches_the_probability():
    rng = np.random.default_rng(1)
    rate, probability = rng.uniform(0.1, 20, 5000), rng.uniform(0.001, 0.999, 5000)
    counts = poisson_quantile(probability, rate)
    assert (stats.poisson.cdf(counts, rate) >= probability).all()
    assert (stats.poisson.cdf(counts - 1, rate) < probability).all()


def test_rates_beyond_the_recursion_are_right_as_well():
    rate = np.array([MAX_STEPS * 0.9, MAX_STEPS * 2.0, 800.0, 1e5])
    probability = np.full(4, 0.3)
    np.testing.assert_array_equal(
        poisson_quantile(probability, rate), stats.poisson.ppf(probability, rate)
    )


def test_shape_and_empty():
    assert poisson_quantile(np.full((2, 3), 0.5), np.ones((2, 3))).shape == (2, 3)
    assert poisson_quantile(np.empty((0, 4)), np.empty((0, 4))).shape == (0, 4)


@pytest.mark.parametrize("probability", [0.0, 1.0, -0.1, np.nan])
def test_refuses_probabilities_without_a_count(probability):
    with pytest.raises(ValueError, match="probabilities"):
        poisson_quantile(np.array([0.5, probability]), np.ones(2))


@pytest.mark.parametrize("rate", [-1.0, np.inf, np.nan])
def test_refuses_impossible_rates(rate):
    with pytest.raises(ValueError, match="rates"):
        poisson_quantile(np.full(2, 0.5), np.array([1.0, rate]))
