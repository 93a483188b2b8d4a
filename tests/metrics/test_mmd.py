"""MMD against loops, scikit-learn and the expectation for Gaussians."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics.pairwise import rbf_kernel

from sccbgm.metrics import mmd, mmd2
from sccbgm.metrics.samples import Sample


def mmd2_by_loops(x, y, gamma):
    def k(a, b):
        return np.exp(-gamma * ((a - b) ** 2).sum())

    m, n = len(x), len(y)
    own_x = sum(k(x[i], x[j]) for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    own_y = sum(k(y[i], y[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    return own_x + own_y - 2 * sum(k(a, b) for a in x for b in y) / (m * n)


@pytest.mark.parametrize(("m", "n", "gamma"), [(2, 2, 0.5), (7, 4, 0.1), (12, 15, 2.0)])
def test_equals_the_double_sum(rng, m, n, gamma):
    x, y = rng.normal(size=(m, 3)), rng.normal(0.7, 1, size=(n, 3))
    expected = mmd2_by_loops(x, y, gamma)
    assert mmd2(x, y, gamma, clamp=False) == pytest.approx(expected, rel=1e-12, abs=1e-15)
    assert mmd2(x, y, gamma) == pytest.approx(max(expected, 0), rel=1e-12, abs=1e-15)


def test_equals_scikit_learn_kernels_at_the_published_gamma(rng):
    x, y = rng.normal(size=(60, 128)), rng.normal(0.3, 1, size=(40, 128))
    kxx, kyy = rbf_kernel(x, gamma=1 / 128), rbf_kernel(y, gamma=1 / 128)
    expected = (
        (kxx.sum() - 60) / (60 * 59)
        + (kyy.sum() - 40) / (40 * 39)
        - 2 * rbf_kernel(x, y, gamma=1 / 128).mean()
    )
    assert mmd2(x, y) == pytest.approx(expected, rel=1e-11)
    assert mmd2(x, y) == mmd2(x, y, gamma=1 / 128)


def test_expectation_for_gaussians(rng):
    """E k(x, y) of N(0, s²I), N(δ, t²I) is (1+2γ(s²+t²))^{-d/2} exp(−γ‖δ‖²/(1+2γ(s²+t²)))."""
    d, gamma, s, t, shift = 3, 0.2, 1.0, 1.5, np.array([1.0, -0.5, 0.2])

    def kernel(variance, delta):
        c = 1 + 2 * gamma * variance
        return c ** (-d / 2) * np.exp(-gamma * (delta**2).sum() / c)

    expected = kernel(2 * s**2, 0 * shift) + kernel(2 * t**2, 0 * shift)
    expected -= 2 * kernel(s**2 + t**2, shift)
    estimates = [
        mmd2(rng.normal(0, s, (100, d)), shift + rng.normal(0, t, (80, d)), gamma, clamp=False)
        for _ in range(200)
    ]
    error = np.std(estimates) / np.sqrt(len(estimates))
    assert abs(np.mean(estimates) - expected) < 4 * error
    assert error < 0.02 * expected


def test_unbiased_estimate_of_equal_distributions_is_centred_on_zero(rng):
    draws = [
        mmd2(rng.normal(size=(30, 4)), rng.normal(size=(30, 4)), clamp=False) for _ in range(300)
    ]
    assert abs(np.mean(draws)) < 4 * np.std(draws) / np.sqrt(300)
    assert min(draws) < 0
    clamped = [mmd2(rng.normal(size=(30, 4)), rng.normal(size=(30, 4))) for _ in range(20)]
    assert min(clamped) == 0.0


def test_the_same_cells_twice_are_closer_than_chance(rng):
    """Unbiased: the pairs i = j enter the cross term alone, so the estimate is below zero."""
    x = rng.normal(size=(20, 4))
    assert mmd2(x, x, clamp=False) < 0
    assert mmd2(x, x) == 0.0


def test_blocks_do_not_change_the_sum(rng, monkeypatch):
    x, y = rng.normal(size=(101, 5)), rng.normal(0.2, 1, size=(57, 5))
    whole = mmd2(x, y)
    monkeypatch.setattr(mmd, "BLOCK_BYTES", 8 * 57 * 3)
    assert mmd2(x, y) == pytest.approx(whole, rel=1e-12)


def test_memory_stays_below_the_stated_bound(rng):
    import tracemalloc

    x = rng.normal(size=(6000, 2))
    tracemalloc.start()
    mmd.kernel_sum(x, x, 0.5)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.2 * mmd.BLOCK_BYTES
    assert 8 * len(x) ** 2 > 4 * mmd.BLOCK_BYTES


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    m=st.integers(2, 12),
    n=st.integers(2, 12),
    d=st.integers(1, 6),
    shift=st.floats(-100, 100),
)
def test_symmetric_and_invariant(seed, m, n, d, shift):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(m, d)), rng.normal(0.5, 2, size=(n, d))
    value = mmd2(x, y, 0.3, clamp=False)
    assert mmd2(y, x, 0.3, clamp=False) == pytest.approx(value, rel=1e-10, abs=1e-12)
    assert mmd2(x + shift, y + shift, 0.3, clamp=False) == pytest.approx(value, abs=1e-9)
    shuffled = mmd2(rng.permutation(x), rng.permutation(y), 0.3, clamp=False)
    assert shuffled == pytest.approx(value, rel=1e-10, abs=1e-12)
    rotation = np.linalg.qr(rng.normal(size=(d, d)))[0]
    assert mmd2(x @ rotation, y @ rotation, 0.3, clamp=False) == pytest.approx(value, abs=1e-10)


def test_median_heuristic_uses_the_target_alone(rng):
    x, y = rng.normal(size=(9, 3)), rng.normal(5, 1, size=(7, 3))
    pairs = [((x[i] - x[j]) ** 2).sum() for i in range(9) for j in range(i)]
    assert mmd.median_gamma(Sample(x)) == pytest.approx(1 / np.median(pairs))
    assert mmd.mmd2_median(Sample(x), Sample(y)) == pytest.approx(mmd2(x, y, 1 / np.median(pairs)))


@pytest.mark.parametrize("gamma", [0.0, -1.0, float("nan")])
def test_gamma_must_be_positive(rng, gamma):
    with pytest.raises(ValueError, match="gamma must be positive"):
        mmd2(rng.normal(size=(4, 2)), rng.normal(size=(4, 2)), gamma)


def test_parts_of_a_sample_have_the_number_that_they_have_alone(rng, monkeypatch):
    whole = Sample(rng.normal(size=(50, 4)))
    rows = rng.permutation(50)
    first, second = whole.part(rows[:30]), whole.part(rows[30:])
    alone = mmd.mmd2_of_samples(Sample(first.cells), Sample(second.cells), clamp=False)
    again = first.part(np.arange(10)[::-1])
    assert (again.cells == whole.cells[rows[9::-1]]).all()
    also = mmd.mmd2_of_samples(Sample(again.cells), Sample(second.cells), clamp=False)
    other = mmd.mmd2_of_samples(first, Sample(second.cells), clamp=False)
    monkeypatch.setattr(mmd, "kernel_sum", None)
    assert mmd.mmd2_of_samples(first, second, clamp=False) == pytest.approx(alone, rel=1e-12)
    assert mmd.mmd2_of_samples(again, second, clamp=False) == pytest.approx(also, rel=1e-12)
    assert other == pytest.approx(alone, rel=1e-12)
