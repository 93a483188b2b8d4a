"""Energy, direction, rank and covariance against closed forms."""

import numpy as np
import pytest
from metric_problems import make_task
from scipy import stats

from sccbgm.metrics import Missing, Reference, Sample
from sccbgm.metrics.comparison import Comparison
from sccbgm.metrics.covariance import covariance_likeness
from sccbgm.metrics.effect import discrimination, effect_direction
from sccbgm.metrics.energy import energy_distance, energy_gain


def compared(data, predicted):
    return Comparison(Reference(data, "t"), Sample(predicted))


def task(rng, paired=False, effect=3.0):
    """Intervened cells about 0, the target about `effect` of the first axis."""
    intervene = rng.normal(0, 1, (80, 4))
    target = rng.normal(0, 1, (80, 4)) if not paired else intervene.copy()
    target[:, 0] += effect
    train = rng.normal(0, 1, (40, 4)) + np.repeat([[0.0, 0, 9, 0], [0, 9, 0, 0]], 20, axis=0)
    groups = np.repeat(["near", "far"], 20)
    return make_task(train, groups, {"t": target}, intervene, paired=paired)


def test_energy_in_one_dimension_is_scipys(rng):
    x, y = rng.normal(0, 1, 50), rng.normal(1, 2, 60)
    biased = stats.energy_distance(x, y) ** 2
    own = [np.abs(v[:, None] - v).sum() / (len(v) ** 2 * (len(v) - 1)) for v in (x, y)]
    assert energy_distance(x[:, None], y[:, None]) == pytest.approx(biased - sum(own))


def test_energy_is_unbiased_where_nothing_differs(rng):
    found = [energy_distance(*rng.normal(size=(2, 8, 3))) for _ in range(400)]
    assert abs(np.mean(found)) < 3 * np.std(found) / 20


def test_gain_of_nothing_of_the_truth_and_of_half(rng):
    data = task(rng)
    target = data.targets["t"].x
    half = np.vstack([target[:40], data.intervene.x[40:]])
    assert energy_gain(compared(data, data.intervene.x)) == 0
    assert energy_gain(compared(data, target)) > 1
    assert energy_gain(compared(data, half)) == pytest.approx(0.75, abs=0.05)
    with pytest.raises(Missing, match="cannot be told from the target"):
        energy_gain(compared(task(rng, effect=0.0), target))


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0, 1.7, -0.5])
def test_direction_is_the_share_of_the_way_and_stops_at_its_ends(rng, share):
    for paired in (False, True):
        data = task(rng, paired)
        mean = data.targets["t"].x.mean(0) - data.intervene.x.mean(0)
        found = effect_direction(compared(data, data.intervene.x + share * mean))
        assert found == pytest.approx(np.clip(share, 0, 1), abs=1e-5)


def test_direction_knows_each_cells_own_truth_where_it_is_paired(rng):
    data = task(rng, paired=True)
    truth = data.targets["t"].x
    assert effect_direction(compared(data, truth)) == pytest.approx(1)
    assert effect_direction(compared(data, rng.permutation(truth))) < 0.95
    with pytest.raises(Missing, match="nothing truly changes"):
        effect_direction(compared(task(rng, paired=True, effect=0.0), truth))


def test_rank_counts_the_populations_that_are_nearer(rng):
    data = task(rng)
    target = data.targets["t"].x
    assert discrimination(compared(data, target)) == 1
    assert discrimination(compared(data, data.intervene.x)) == 1 / 2
    near = data.train.x[data.train_groups == "near"]
    assert discrimination(compared(data, near)) == 1 / 3


def test_likeness_is_one_on_average_for_draws_of_the_same(rng):
    root = rng.normal(size=(6, 6))
    found = [
        covariance_likeness(Sample(rng.normal(size=(40, 6)) @ root), Sample(10 * other @ root))
        for other in rng.normal(size=(300, 40, 6))
    ]
    assert np.median(found) == pytest.approx(1, abs=0.1)


def test_likeness_of_independent_axes_is_their_share(rng):
    x = rng.normal(size=(4000, 2))
    first, second = Sample(x * [1, 0.5]), Sample(rng.normal(size=(4000, 2)) * [0.5, 1])
    expected = (1 * 0.25 + 0.25 * 1) / (1 + 0.25**2)
    assert covariance_likeness(first, second) == pytest.approx(expected, abs=0.02)
    assert covariance_likeness(Sample(np.ones((9, 2))), first) == 0
    with pytest.raises(Missing, match="4 finite cells"):
        covariance_likeness(Sample(x[:3]), first)
