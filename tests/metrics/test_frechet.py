"""Fréchet distance against closed forms and the matrix square root."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metric_problems import exact_gaussian
from scipy.linalg import sqrtm

from sccbgm.metrics import Missing, frechet_distance
from sccbgm.metrics.frechet import variance_ratio
from sccbgm.metrics.samples import Sample


def by_square_root(x, y):
    """Independent: scipy's square root of the product of the covariances."""
    a, b = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    return float(((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(a + b - 2 * sqrtm(a @ b).real))


def test_one_dimension_by_hand(rng):
    """Normals in one dimension: (μ_x − μ_y)² + (σ_x − σ_y)²."""
    x, y = rng.normal(size=(50, 1)), rng.normal(3, 2, size=(70, 1))
    expected = (x.mean() - y.mean()) ** 2 + (x.std(ddof=1) - y.std(ddof=1)) ** 2
    assert frechet_distance(x, y) == pytest.approx(expected, rel=1e-12)


def test_commuting_covariances_by_hand(rng):
    """Equal shape, scaled by c about the mean: ‖δ‖² + (1 − c)² Tr Σ."""
    problem = exact_gaussian(rng, 40, 5)
    shift = rng.normal(size=5)
    scaled = problem.mean + shift + 3.0 * (problem.sample - problem.mean)
    expected = (shift**2).sum() + 4.0 * np.trace(problem.covariance)
    assert frechet_distance(problem.sample, scaled) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(
    ("m", "n", "d"), [(60, 80, 3), (300, 200, 40), (40, 50, 128), (9, 300, 64)]
)
def test_equals_the_matrix_square_root(rng, m, n, d):
    x = rng.normal(size=(m, d)) @ rng.normal(size=(d, d))
    y = rng.normal(1, 2, size=(n, d))
    # Where there are fewer cells than dimensions, sqrtm itself is good for about eight digits.
    tolerance = 1e-9 if min(m, n) > d else 1e-5
    assert frechet_distance(x, y) == pytest.approx(by_square_root(x, y), rel=tolerance)


def test_equals_the_closed_form_of_given_gaussians(rng):
    """With exact sample moments, D is a function of the parameters alone."""
    a, b = exact_gaussian(rng, 30, 4), exact_gaussian(rng, 50, 4)
    values = np.linalg.eigvals(a.covariance @ b.covariance).real
    expected = ((a.mean - b.mean) ** 2).sum() + np.trace(a.covariance + b.covariance)
    expected -= 2 * np.sqrt(values).sum()
    assert frechet_distance(a.sample, b.sample) == pytest.approx(expected, rel=1e-9)


def test_rank_deficient_sets_in_orthogonal_planes(rng):
    """Σ_x Σ_y = 0: the traces add, exactly; sqrtm of a singular product need not."""
    x, y = np.zeros((6, 8)), np.zeros((5, 8))
    x[:, :2], y[:, 4:6] = rng.normal(size=(6, 2)), rng.normal(size=(5, 2))
    expected = ((x.mean(0) - y.mean(0)) ** 2).sum() + x.var(0, ddof=1).sum()
    expected += y.var(0, ddof=1).sum()
    assert frechet_distance(x, y) == pytest.approx(expected, rel=1e-12)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    m=st.integers(2, 20),
    n=st.integers(2, 20),
    d=st.integers(1, 8),
    shift=st.floats(-50, 50),
)
def test_symmetric_zero_and_invariant(seed, m, n, d, shift):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(m, d)), rng.normal(0.5, 2, size=(n, d))
    value = frechet_distance(x, y)
    assert value > -1e-10
    assert frechet_distance(x, x) == pytest.approx(0, abs=1e-10)
    assert frechet_distance(y, x) == pytest.approx(value, abs=1e-9)
    assert frechet_distance(x + shift, y + shift) == pytest.approx(value, abs=1e-8)
    assert frechet_distance(rng.permutation(x), y) == pytest.approx(value, abs=1e-9)
    assert frechet_distance(3 * x, 3 * y) == pytest.approx(9 * value, rel=1e-8, abs=1e-8)


def test_variance_ratio(rng):
    x = rng.normal(size=(30, 5))
    assert variance_ratio(Sample(7 + 2 * x), Sample(x)) == pytest.approx(4.0)
    assert variance_ratio(Sample(np.tile(x.mean(0), (30, 1))), Sample(x)) == pytest.approx(
        0, abs=1e-20
    )
    expected = x[:9].var(0, ddof=1).mean() / x.var(0, ddof=1).mean()
    assert variance_ratio(Sample(x[:9]), Sample(x)) == pytest.approx(expected)
    with pytest.raises(Missing, match="do not vary"):
        variance_ratio(Sample(x), Sample(np.ones((4, 5))))
    with pytest.raises(Missing, match="two finite cells"):
        variance_ratio(Sample(x[:1]), Sample(x))
