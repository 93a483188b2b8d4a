"""Metrics of predicted perturbations against definitions, scikit-learn and closed forms."""

import numpy as np
import pytest
from scipy.stats import pearsonr, ttest_ind
from sklearn.metrics import r2_score

from sccbgm.metrics import perturbation as metrics
from sccbgm.metrics.perturbation import Perturbed, evaluate, marker_genes

RNG = np.random.default_rng(0)
REAL = RNG.gamma(2.0, 1.0, (70, 12))
PREDICTED = REAL[RNG.permutation(70)] + RNG.normal(0.3, 0.5, (70, 12))
CONTROL = RNG.gamma(2.0, 0.8, 12)
PROBLEM = Perturbed(PREDICTED, REAL, CONTROL, np.array([3, 1, 7]))
MEANS = PREDICTED.mean(0), REAL.mean(0)


def test_a_perfect_prediction():
    values = evaluate(Perturbed(REAL, REAL, CONTROL, np.array([0, 2, 5])))
    for name in ("r2", "r2_ancestor", "pearson2", "delta_pearson", "var_ratio", "r2_de"):
        assert values[name] == pytest.approx(1)
    for name in ("rel_rmse", "l2", "pseudobulk_rmse", "mmd", "rel_rmse_de"):
        assert values[name] == pytest.approx(0, abs=1e-9)


def test_values_equal_independent_ones():
    p, y = MEANS
    values = evaluate(PROBLEM)
    expected = {
        "rel_rmse": np.sqrt(((PREDICTED - REAL) ** 2).mean() / (REAL**2).mean()),
        "r2": r2_score(y, p),
        "r2_ancestor": max(r2_score(p, y), 0),
        "pearson2": pearsonr(p, y)[0] ** 2,
        "delta_pearson": pearsonr(p - CONTROL, y - CONTROL)[0],
        "delta_pearson_de": pearsonr((p - CONTROL)[[3, 1, 7]], (y - CONTROL)[[3, 1, 7]])[0],
        "l2": np.sqrt(((p - y) ** 2).sum()),
        "pseudobulk_rmse": np.sqrt(((p - y) ** 2).sum() / (y**2).sum()),
        "var_ratio": PREDICTED.var(0).mean() / REAL.var(0).mean(),
    }
    for name, value in expected.items():
        assert values[name] == pytest.approx(value), name
    assert set(values) == set(metrics.METRICS) | {f"{name}_de" for name in metrics.OF_MARKERS}


def test_r2_differs_from_that_with_swapped_roles():
    flat = Perturbed(np.full((5, 12), 2.0) + 0.01 * REAL[:5], REAL[:5], CONTROL, np.arange(3))
    assert metrics.r2_swapped(flat) == 0
    assert metrics.r2(flat) < 0


def test_mmd_equals_the_sums_over_pairs():
    x, y = PREDICTED[:32], REAL[:32]

    def mean_kernel(a, b):
        total = 0.0
        for bandwidth in 1000 * 2.0 ** np.arange(-5, 5):
            total += np.mean([[np.exp(-((r - s) ** 2).sum() / bandwidth) for s in b] for r in a])
        return total

    expected = mean_kernel(x, x) + mean_kernel(y, y) - 2 * mean_kernel(x, y)
    assert metrics.mmd(Perturbed(x, y, CONTROL, np.arange(3))) == pytest.approx(expected)
    second = metrics.mmd(Perturbed(PREDICTED[32:64], REAL[32:64], CONTROL, np.arange(3)))
    assert metrics.mmd(PROBLEM) == pytest.approx((expected + second) / 2)


def test_energy_distance_of_shifted_normals():
    """One dimension: 2 E|X - Y| - E|X - X'| - E|Y - Y'| of N(0, 1) and N(3, 1), closed form."""
    from scipy.stats import norm

    def mean_abs(shift):
        s = np.sqrt(2)
        return s * np.sqrt(2 / np.pi) * np.exp(-(shift**2) / 4) + shift * (
            1 - 2 * norm.cdf(-shift / s)
        )

    x, y = np.random.default_rng(1).normal(size=(2, 500, 1))
    got = metrics.energy_distance(Perturbed(x, y + 3, np.zeros(1), np.array([0])))
    assert got == pytest.approx(2 * mean_abs(3.0) - 2 * mean_abs(0.0), rel=0.05)


def test_no_predicted_change_has_no_direction():
    still = Perturbed(np.tile(CONTROL, (70, 1)), REAL, CONTROL, np.arange(3))
    assert np.isnan(metrics.delta_pearson(still))


def test_random_pairs_reward_cells_without_variance():
    """The reason why the variance ratio stands next to the error."""
    shuffled = Perturbed(REAL[RNG.permutation(70)], REAL, CONTROL, np.arange(3))
    mean = Perturbed(np.tile(REAL.mean(0), (70, 1)), REAL, CONTROL, np.arange(3))
    assert metrics.relative_rmse(mean) < metrics.relative_rmse(shuffled)
    assert metrics.variance_ratio(mean) == pytest.approx(0, abs=1e-12)
    assert metrics.variance_ratio(shuffled) == pytest.approx(1)


def test_marker_genes_have_the_largest_t_and_constant_genes_have_none():
    real, control = REAL.copy(), RNG.gamma(2.0, 1.0, (50, 12))
    real[:, 4] += 5
    control[:, 9] += 3
    real[:, 0] = control[:, 0] = 1.0
    chosen = marker_genes(real, control, 3)
    t = np.abs(ttest_ind(real[:, 1:], control[:, 1:], equal_var=False).statistic)
    assert set(chosen) == set(np.argsort(-t)[:3] + 1)
    assert 0 not in marker_genes(real, control, 11)
