"""Every native method learns a combination of type and stimulus that it has never seen.

Left out are the VAE, which does not edit, and CBGM, whose contexts know the stimulus already: see
its own test.
"""

import dataclasses
from functools import cache

import numpy as np
import pytest
from toy import EFFECT, eight_types_task, toy_job

from sccbgm.engine.method import StackedMethod
from sccbgm.methods import registry
from sccbgm.protocol.method import Fit, Runtime

RUNTIME = Runtime(device="cpu")
TRAINING = {"hidden_dim": 64, "epochs": 40, "lr": 3e-3}
EDITORS = [
    method
    for method in map(registry.get, registry.METHODS)
    if isinstance(method, StackedMethod)
    and method.id not in ("vae", "cbgm")
    and method.builds_on != "biolord"
]
MODES = [(method.id, mode) for method in EDITORS for mode in method.modes]
PAIRED = {"perturbedvae": "residual"}
"""Methods whose prediction of a cell by itself is another mode than `edit`."""


@cache
def data():
    return eight_types_task()


@cache
def fit(method_id: str) -> Fit:
    method = registry.get(method_id)
    known = {field.name for field in dataclasses.fields(method.Params)}
    settings = {name: value for name, value in TRAINING.items() if name in known}
    stage1 = fit(method.builds_on) if method.builds_on else None
    return method.fit([toy_job(method_id, data(), **settings)], RUNTIME, stage1)


def error(cells: np.ndarray) -> float:
    return float(((cells - data().targets["stim"].x) ** 2).mean())


@pytest.mark.parametrize(("method_id", "mode"), MODES)
def test_the_stimulus_acts_on_a_type_in_which_it_was_not_seen(method_id, mode):
    """0 is no edit, -1 an edit the wrong way."""
    cells = fit(method_id).predict(mode)[0]["stim"]
    share = (cells - data().intervene.x)[:, 0].mean() / EFFECT
    assert 0.2 < share < 1.3


@pytest.mark.parametrize("method_id", [method.id for method in EDITORS])
def test_each_cell_comes_nearer_to_its_own_counterfactual(method_id):
    cells = fit(method_id).predict(PAIRED.get(method_id, "edit"))[0]["stim"]
    others = (cells - data().intervene.x)[:, 1:].mean(0)
    assert error(cells) < 0.65 * error(data().intervene.x)
    assert np.abs(others).max() < 0.4 * EFFECT
