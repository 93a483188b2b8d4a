"""Simple rivals against closed forms, and on a type whose stimulated cells they never saw."""

import numpy as np
import pytest
from panel_cells import answer
from toy import EFFECT, eight_types_task

from sccbgm.methods import registry
from sccbgm.methods.rivals import barycentres, ridge_weights
from sccbgm.protocol.member import Member
from sccbgm.protocol.method import Failure, Job, Runtime

RIVALS = ("ridge", "latent_additive", "knn_shift", "ot_map")
DATA = eight_types_task()


@pytest.mark.parametrize("method_id", RIVALS)
def test_the_stimulus_acts_on_a_type_in_which_it_was_not_seen(method_id):
    cells = answer(method_id, DATA)["stim"]
    assert cells.dtype == np.float32
    change = (cells - DATA.intervene.x).mean(0)
    np.testing.assert_allclose(change, [EFFECT, 0, 0, 0, 0, 0], atol=0.25)


def test_ridge_is_least_squares_without_a_penalty_and_nothing_with_all():
    rng = np.random.default_rng(0)
    concepts, weights = rng.normal(size=(200, 3)), rng.normal(size=(3, 5))
    x = 4.0 + concepts @ weights
    np.testing.assert_allclose(ridge_weights(concepts, x, 1e-9), weights, atol=1e-6)
    assert np.abs(ridge_weights(concepts, x, 1e12)).max() < 1e-6


def test_ridge_moves_every_cell_alike():
    change = answer("ridge", DATA)["stim"] - DATA.intervene.x
    np.testing.assert_allclose(change, np.tile(change[:1], (len(change), 1)), atol=1e-5)


def test_latent_additive_makes_one_point_of_a_type():
    cells = answer("latent_additive", DATA)["stim"]
    moved = answer("mean_shift", DATA)["stim"].mean(0)
    np.testing.assert_allclose(cells, np.tile(moved, (len(cells), 1)), atol=1e-5)


def test_transport_of_a_shifted_cloud_is_the_shift():
    cloud = np.random.default_rng(1).normal(size=(60, 3))
    shuffled = np.random.default_rng(2).permutation(cloud + 0.3)
    np.testing.assert_allclose(barycentres(cloud, shuffled), cloud + 0.3, atol=1e-9)


@pytest.mark.parametrize("method_id", ["knn_shift", "ot_map", "latent_additive"])
def test_without_a_type_in_both_states_there_is_no_answer(method_id):
    import dataclasses

    apart = np.where(DATA.train.concepts[:, -1] == 1, "one", "other")
    data = dataclasses.replace(DATA, train_context=apart)
    method = registry.get(method_id)
    job = Job(Member("toy", "toy", method_id, 0), data, method.params())
    (found,) = method.fit([job], Runtime()).predict("edit")
    assert isinstance(found, Failure) and "before and after" in found.reason
