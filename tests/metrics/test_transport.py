"""Sinkhorn divergence, W2 and EMD against closed forms and independent solvers."""

import itertools
import subprocess
import sys
from functools import partial

import numpy as np
import ot
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from scipy.special import logsumexp

from sccbgm.metrics import Inexact, emd, sinkhorn, sinkhorn_divergence, wasserstein2
from sccbgm.metrics.samples import Sample


def entropic_cost(x, y, reg, scale=None):
    """Independent: potentials in the log domain until they stand still; the sharp cost."""
    cost = cdist(x, y, "sqeuclidean")
    scale = cost.max() if scale is None else scale
    logits = -cost / scale / reg
    f, g = np.zeros(len(x)), np.zeros(len(y))
    for _ in range(20_000):
        before = f
        g = -logsumexp(logits + f[:, None], axis=0) - np.log(len(y))
        f = -logsumexp(logits + g[None, :], axis=1) - np.log(len(x))
        if np.abs(f - before).max() < 1e-14:
            break
    return float((np.exp(logits + f[:, None] + g[None, :]) * cost).sum())


@pytest.mark.parametrize(("m", "n", "d"), [(2, 2, 1), (15, 9, 3), (40, 60, 128)])
@pytest.mark.parametrize("scale", [None, 30.0])
def test_equals_log_domain_potentials(rng, m, n, d, scale):
    x, y = rng.normal(size=(m, d)), rng.normal(0.5, 1.5, size=(n, d))
    expected = entropic_cost(x, y, 0.1, scale) - 0.5 * (
        entropic_cost(x, x, 0.1, scale) + entropic_cost(y, y, 0.1, scale)
    )
    # POT stops at a marginal error of 1e-9; costs are of the order of the largest distance.
    tolerance = 1e-6 * cdist(x, y, "sqeuclidean").max()
    assert sinkhorn_divergence(x, y, scale=scale) == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize(("m", "n", "spread"), [(30, 25, 1.0), (2, 3, 1.0), (200, 40, 5.0)])
def test_is_exactly_pots_default_call(rng, m, n, spread):
    x, y = rng.normal(size=(m, 6)), rng.normal(1, spread, size=(n, 6))

    def term(a, b):
        cost = ot.dist(a, b, metric="sqeuclidean")
        return cost.max() * ot.sinkhorn2([], [], cost / cost.max(), 0.1)

    expected = term(x, y) - 0.5 * term(x, x) - 0.5 * term(y, y)
    assert sinkhorn_divergence(x, y) == pytest.approx(expected, rel=1e-12)


def test_a_solve_that_does_not_converge_stops_where_pot_stops(rng):
    x, y = np.array([[0.0], [0.1], [1.0]]), np.array([[0.0], [0.9], [1.0]])
    cost = ot.dist(x, y, metric="sqeuclidean")
    plan, log = ot.sinkhorn([], [], cost, 0.004, log=True, warn=False)
    solved = sinkhorn.transport(x, y, 0.004)
    assert not solved.converged
    assert solved.error == pytest.approx(log["err"][-1], rel=1e-6)
    assert solved.cost == pytest.approx((plan * cost).sum(), rel=1e-9)


def test_two_points_by_hand():
    """For x = {0, 1} the plan is (1, e; e, 1) / 2(1+e) with e = exp(−1/reg), so S = e / (1 + e)."""
    x = np.array([[0.0], [1.0]])
    e = np.exp(-10.0)
    own = e / (1 + e)
    assert sinkhorn.transport(x, x, 0.1).cost == pytest.approx(own, abs=1e-10)
    # From two points to one between them every plan costs 1/4; one point has no self-distance.
    assert sinkhorn.transport(x, np.full((2, 1), 0.5), 0.1).cost == pytest.approx(0.25)
    expected = 0.25 - 0.5 * own
    assert sinkhorn_divergence(x, np.full((2, 1), 0.5)) == pytest.approx(expected, abs=1e-9)


def test_small_regularisation_tends_to_exact_transport(rng):
    """The gap is at most ε times what the plan's entropy can vary by, log n."""
    x, y = rng.normal(size=(12, 2)), rng.normal(1, 1, size=(12, 2))
    exact = wasserstein2(x, y) ** 2
    regs = np.array([0.5, 0.1, 0.02])
    gaps = np.array([sinkhorn.transport(x, y, reg).cost - exact for reg in regs])
    assert gaps[0] > gaps[1] > gaps[2] > 0
    assert (gaps <= regs * cdist(x, y, "sqeuclidean").max() * np.log(12)).all()


def test_large_regularisation_tends_to_the_distance_of_means(rng):
    """The plan becomes uniform, and the divergence of squared distances ‖μ_x − μ_y‖²."""
    x, y = rng.normal(size=(20, 4)), rng.normal(1, 2, size=(30, 4))
    expected = ((x.mean(0) - y.mean(0)) ** 2).sum()
    assert sinkhorn_divergence(x, y, reg=1e7, scale=1.0) == pytest.approx(expected, rel=1e-5)


def test_a_solve_that_stops_early_says_so(rng, monkeypatch):
    monkeypatch.setattr(sinkhorn, "MAX_ITERATIONS", 2)
    x, y = rng.normal(size=(20, 2)), rng.normal(3, 1, size=(20, 2))
    with pytest.warns(Inexact, match=r"cross term \(marginal error"):
        sinkhorn_divergence(x, y, reg=0.01)


def test_own_terms_are_solved_once(rng, monkeypatch):
    calls = []
    solve = sinkhorn.transport
    monkeypatch.setattr(
        sinkhorn, "transport", lambda *args: (calls.append(len(args[0])), solve(*args))[1]
    )
    target = Sample(rng.normal(size=(11, 3)))
    for n in (5, 6):
        sinkhorn.sinkhorn_of_samples(target, Sample(rng.normal(size=(n, 3))))
    assert calls == [11, 11, 5, 11, 6]


def test_common_scale_is_the_targets_own_largest_cost(rng):
    x, y = rng.normal(size=(12, 3)), rng.normal(4, 1, size=(9, 3))
    expected = sinkhorn_divergence(x, y, scale=cdist(x, x, "sqeuclidean").max())
    assert sinkhorn.sinkhorn_common(Sample(x), Sample(y)) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("shift", "spread"),
    [
        *((shift, 1.0) for shift in (4, 6, 1e4)),
        *(pytest.param(shift, 3.0, marks=pytest.mark.slow) for shift in (4, 6, 100, 1e4)),
    ],
)
def test_far_samples_are_solved_in_the_log_domain(rng, shift, spread):
    x, y = rng.normal(size=(12, 3)), rng.normal(shift, spread, size=(9, 3))
    scale = cdist(x, x, "sqeuclidean").max()
    own = entropic_cost(x, x, 0.1, scale) + entropic_cost(y, y, 0.1, scale)
    expected = entropic_cost(x, y, 0.1, scale) - 0.5 * own
    assert sinkhorn.sinkhorn_common(Sample(x), Sample(y)) == pytest.approx(expected, rel=1e-6)


def test_the_log_domain_gives_what_the_direct_solver_gives(rng, monkeypatch):
    x, y = rng.normal(size=(30, 4)), rng.normal(1, 2, size=(20, 4))
    direct = sinkhorn.transport(x, y, 0.1, 20.0)
    monkeypatch.setattr(sinkhorn, "MAX_EXPONENT", 0.0)
    log = sinkhorn.transport(x, y, 0.1, 20.0)
    assert log.cost == pytest.approx(direct.cost, rel=1e-7)
    assert direct.converged and log.converged


def test_two_far_pairs_by_hand():
    """Costs (a, b; c, a) give the plan (1, e; e, 1) / 2(1+e), e = exp((2a − b − c) / 2ε)."""
    x, y = np.array([[0.0], [1.0]]), np.array([[100.0], [101.0]])
    a, b, c = 100.0**2, 101.0**2, 99.0**2
    e = np.exp((2 * a - b - c) / 2 / (0.1 * 10.0))
    expected = (2 * a + e * (b + c)) / (2 * (1 + e))
    assert sinkhorn.transport(x, y, 0.1, 10.0).cost == pytest.approx(expected, rel=1e-9)


def test_cells_that_are_all_alike_have_no_self_term():
    x, y = np.ones((3, 2)), np.zeros((4, 2))
    assert sinkhorn_divergence(x, y) == pytest.approx(2.0)
    assert sinkhorn_divergence(x, x) == 0.0


@pytest.mark.parametrize("options", [{"reg": 0.0}, {"reg": -1.0}, {"scale": 0.0}])
def test_reg_and_scale_must_be_positive(rng, options):
    with pytest.raises(ValueError, match="must be positive"):
        sinkhorn_divergence(rng.normal(size=(4, 2)), rng.normal(size=(4, 2)), **options)


def test_w2_of_equal_sizes_is_the_best_permutation(rng):
    x, y = rng.normal(size=(6, 3)), rng.normal(size=(6, 3))
    best = min(((x - y[list(p)]) ** 2).sum(1).mean() for p in itertools.permutations(range(6)))
    assert wasserstein2(x, y) == pytest.approx(np.sqrt(best), rel=1e-12)
    largest = cdist(x, y, "sqeuclidean").max()
    assert emd(x, y) == pytest.approx(best / largest, rel=1e-12)


def test_w2_in_one_dimension_sorts(rng):
    x, y = rng.normal(size=(200, 1)), rng.normal(3, 2, size=(200, 1))
    expected = np.sqrt(((np.sort(x, 0) - np.sort(y, 0)) ** 2).mean())
    assert wasserstein2(x, y) == pytest.approx(expected, rel=1e-10)


def test_w2_of_a_convex_gradient(rng):
    """With A symmetric positive y = Ax is the optimal map (Brenier), so W₂² = mean ‖x − Ax‖²."""
    x = rng.normal(size=(80, 3))
    root = rng.normal(size=(3, 3))
    y = x @ (root @ root.T) + np.array([1.0, 0.0, -2.0])
    expected = np.sqrt(((x - y) ** 2).sum(1).mean())
    assert wasserstein2(x, rng.permutation(y)) == pytest.approx(expected, rel=1e-10)


def test_w2_of_gaussians(rng):
    """For N(0, s²), N(δ, t²) in one dimension W₂² = δ² + (s − t)²."""
    x, y = rng.normal(0, 1, size=(20_000, 1)), rng.normal(2, 3, size=(20_000, 1))
    sorted_cost = np.sqrt(((np.sort(x, 0) - np.sort(y, 0)) ** 2).mean())
    assert sorted_cost == pytest.approx(np.sqrt(4 + 4), rel=0.05)
    assert wasserstein2(x[:1500], y[:1500]) == pytest.approx(np.sqrt(8), rel=0.1)


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    m=st.integers(2, 10),
    n=st.integers(2, 10),
    d=st.integers(1, 5),
    shift=st.floats(-50, 50),
)
def test_symmetric_zero_and_invariant(seed, m, n, d, shift):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(m, d)), rng.normal(0.5, 2, size=(n, d))
    # A few cells far apart can need more than POT's 1000 iterations at 0.1, not at 1.
    for distance in (partial(sinkhorn_divergence, reg=1.0), wasserstein2, emd):
        value = distance(x, y)
        # Two solves may stop at different points of POT's marginal error.
        assert distance(y, x) == pytest.approx(value, abs=1e-5)
        assert distance(x + shift, y + shift) == pytest.approx(value, abs=1e-5)
        assert distance(rng.permutation(x), rng.permutation(y)) == pytest.approx(value, abs=1e-5)
        assert distance(x, x) == pytest.approx(0, abs=1e-6)
    assert wasserstein2(2 * x, 2 * y) == pytest.approx(2 * wasserstein2(x, y), rel=1e-9)
    assert emd(2 * x, 2 * y) == pytest.approx(emd(x, y), rel=1e-9)
    assert wasserstein2(x + shift, x) == pytest.approx(abs(shift) * np.sqrt(d), abs=1e-5)


def test_a_process_that_only_scores_loads_nothing_else_of_pot_and_gets_the_same_number():
    code = (
        "import sys; import numpy as np; from sccbgm.metrics import emd, pot; {}"
        "x = np.random.default_rng(0).normal(size=(30, 3)); "
        "value = emd(x[:10], x[10:] + 1); "
        "loaded = {{'torch', 'jax', 'networkx', 'sklearn'}} & set(sys.modules); "
        "print(value.hex(), *sorted(loaded)); import sklearn.cluster"
    )
    shown = [
        subprocess.run(
            [sys.executable, "-c", code.format(first)], capture_output=True, text=True, check=True
        ).stdout.split()
        for first in ("pot.load_numpy_only(); ", "")
    ]
    assert len(shown[0]) == 1 and "sklearn" in shown[1]
    assert shown[0][0] == shown[1][0]
