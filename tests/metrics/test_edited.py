"""Checks of an edit without its truth, and each cell's error, on edits that are known."""

import dataclasses

import numpy as np
import pytest
from metric_problems import make_task
from panel_cells import answer, panel_task

from sccbgm.metrics import Missing, Reference, Sample
from sccbgm.metrics.comparison import Comparison
from sccbgm.metrics.edited import neighbours_kept, old_state
from sccbgm.metrics.noise_free import cell_error, effect_error
from sccbgm.protocol.task import Truth

DATA = panel_task()
REFERENCE = Reference(DATA, "stim")


def compared(predicted, reference=REFERENCE):
    return Comparison(reference, Sample(predicted))


def test_cells_that_move_alike_keep_their_neighbours():
    x = DATA.intervene.x
    assert neighbours_kept(compared(x + 3.0)) == 1
    assert neighbours_kept(compared(2 * x)) == 1
    by_chance = neighbours_kept(compared(np.random.default_rng(0).permutation(x)))
    assert by_chance == pytest.approx(15 / (len(x) - 1), abs=0.05)
    with pytest.raises(Missing, match="needs 124 cells"):
        neighbours_kept(compared(x), k=122)


def test_the_old_state_is_read_where_nothing_is_edited():
    assert old_state(compared(DATA.intervene.x)) > 0.95
    assert old_state(compared(answer("other_type", DATA)["stim"])) < 0.05
    half = old_state(compared(answer("half_copied", DATA)["stim"]))
    assert half == pytest.approx(0.5, abs=0.1)


def test_without_a_trained_state_the_old_one_cannot_be_read():
    only = dataclasses.replace(DATA, train=DATA.intervene)
    with pytest.raises(Missing, match="both before and after"):
        old_state(compared(DATA.intervene.x, Reference(only, "stim")))


def test_doing_nothing_is_one_for_every_cell_and_a_right_mean_is_not_enough(rng):
    expected_before = rng.normal(size=(30, 4))
    effect = rng.normal(size=(30, 4)) + np.array([2.0, 0, 0, 0])
    intervene = expected_before + rng.normal(0, 0.1, (30, 4))
    data = make_task(intervene, ["a"] * 30, {"t": intervene + effect}, intervene, paired=True)

    def expected(rows):
        return expected_before + effect * (rows[0] >= 60)

    data = dataclasses.replace(data, truth=Truth(expected, lambda concept: None))
    reference = Reference(data, "t")
    own = data.intervene.x.astype(float)
    assert cell_error(compared(own, reference)) == pytest.approx(1, abs=1e-12)
    assert cell_error(compared(own + effect, reference)) == pytest.approx(0, abs=1e-12)
    alike = compared(own + effect.mean(0), reference)
    assert effect_error(alike) < 0.01
    assert cell_error(alike) > 0.3
    unpaired = make_task(intervene, ["a"] * 30, {"t": intervene}, intervene, paired=True)
    with pytest.raises(Missing, match="true rates"):
        cell_error(compared(own, Reference(unpaired, "t")))
