"""Ensembles whose coverage and correlation are known."""

import numpy as np
import pytest

from sccbgm.metrics import Missing
from sccbgm.metrics.calibration import LEVELS, coverage, spread_and_error


@pytest.mark.parametrize("n_members", [2, 5])
@pytest.mark.parametrize("level", LEVELS)
def test_a_truth_that_could_be_a_member_is_covered_as_often_as_promised(rng, n_members, level):
    draws = rng.normal(3.0, rng.uniform(0.5, 2, (200, 50)), (n_members + 1, 200, 50))
    members, truth = draws[1:], draws[0]
    assert coverage(members, truth, level) == pytest.approx(level, abs=0.02)


def test_seeds_that_agree_on_what_is_wrong_cover_little(rng):
    members = rng.normal(0, 0.1, (4, 100, 20)) + 1.0
    assert coverage(members, np.zeros((100, 20)), 0.95) < 0.05


def test_spread_follows_error_where_it_should(rng):
    scale = np.linspace(0.1, 5, 300)[:, None]
    draws = rng.normal(0, scale, (9, 300, 40))
    assert spread_and_error(draws[1:], draws[0]) > 0.95
    assert abs(spread_and_error(rng.normal(size=(8, 300, 40)), draws[0])) < 0.15
    assert spread_and_error(draws[1:], draws[1:].mean(0) + 1 / scale) == pytest.approx(-1, abs=0.05)


def test_one_seed_is_no_ensemble(rng):
    one = rng.normal(size=(1, 10, 3))
    for ask in (lambda: coverage(one, one[0], 0.9), lambda: spread_and_error(one, one[0])):
        with pytest.raises(Missing, match="two seeds"):
            ask()
    alike = np.repeat(one, 3, axis=0)
    with pytest.raises(Missing, match="predict the same"):
        spread_and_error(alike, np.zeros((10, 3)))
