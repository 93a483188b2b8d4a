"""Distances of inputs that are too few, not finite or of the wrong shape."""

import subprocess
import sys

import numpy as np
import pytest

from sccbgm import metrics
from sccbgm.metrics.samples import squared_distances

POPULATION = [metrics.mmd2, metrics.frechet_distance, metrics.sinkhorn_divergence]
EXACT = [metrics.wasserstein2, metrics.emd]


@pytest.mark.parametrize("distance", POPULATION)
@pytest.mark.parametrize("n", [0, 1])
def test_too_few_cells_are_nan_never_zero(rng, distance, n):
    x, few = rng.normal(size=(10, 3)), rng.normal(size=(n, 3))
    assert np.isnan(distance(x, few))
    assert np.isnan(distance(few, x))


@pytest.mark.parametrize("distance", EXACT)
def test_exact_transport_takes_one_cell_and_not_none(rng, distance):
    x = rng.normal(size=(10, 3))
    assert np.isnan(distance(x, np.empty((0, 3))))
    assert distance(x, x[:1]) > 0
    assert metrics.wasserstein2(x[:1], x[1:2]) == pytest.approx(np.linalg.norm(x[0] - x[1]))


@pytest.mark.parametrize("distance", POPULATION + EXACT)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_nan(rng, distance, bad):
    x, y = rng.normal(size=(8, 3)), rng.normal(size=(9, 3))
    y[4, 1] = bad
    assert np.isnan(distance(x, y))
    assert np.isnan(distance(y, x))


@pytest.mark.parametrize("distance", POPULATION + EXACT)
@pytest.mark.parametrize("shapes", [((5,), (5,)), ((5, 2), (5, 3)), ((5, 2, 1), (5, 2, 1))])
def test_shapes_that_do_not_fit_raise(distance, shapes):
    with pytest.raises(ValueError, match=r"shape|dimensions"):
        distance(np.ones(shapes[0]), np.ones(shapes[1]))


@pytest.mark.parametrize("distance", POPULATION + EXACT)
def test_single_precision_is_computed_in_double(rng, distance):
    x = rng.normal(size=(12, 3)).astype(np.float32)
    y = rng.normal(1, 1, size=(9, 3)).astype(np.float32)
    assert distance(x, y) == distance(x.astype(np.float64), y.astype(np.float64))


def test_squared_distances_far_from_the_origin(rng):
    x, y = rng.normal(size=(7, 4)), rng.normal(size=(5, 4))
    expected = ((x[:, None] - y[None]) ** 2).sum(-1)
    np.testing.assert_allclose(squared_distances(x, y), expected, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(squared_distances(x + 1e5, y + 1e5), expected, rtol=1e-8)
    assert (np.diag(squared_distances(x, x)) >= 0).all()


def test_import_is_light():
    """Distances run where only numpy is, and optional packages load when they are needed."""
    code = (
        "import sys; import sccbgm.metrics as m; m.mmd2([[0.], [1.]], [[2.], [3.]]);"
        "m.frechet_distance([[0.], [1.]], [[2.], [3.]]);"
        "heavy = {'ot', 'pandas', 'scipy', 'sklearn', 'scanpy', 'anndata', 'torch'};"
        "found = heavy & set(sys.modules); assert not found, found"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
