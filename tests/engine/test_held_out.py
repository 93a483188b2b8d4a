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


@pytest.mark.parametrize("method", EDITORS, ids=lambda method: method.id)
def test_a_type_is_edited_in_which_the_stimulus_was_not_seen(method):
    """In every mode the stimulus acts, and a cell comes nearer to its own counterfactual."""
    unedited, own = data().intervene.x, PAIRED.get(method.id, "edit")
    for mode in method.modes:
        cells = fit(method.id).predict(mode)[0]["stim"]
        effect = (cells - unedited).mean(0) / EFFECT
        assert 0.2 < effect[0] < 1.3, mode  # 0 is no edit, -1 an edit the wrong way
        if mode in (own, "decode"):
            assert np.abs(effect[1:]).max() < 0.4, mode
        if mode == own:
            assert error(cells) < 0.65 * error(unedited)
