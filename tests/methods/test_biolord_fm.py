"""biolord-FM: the flow follows biolord's codes, and a first stage that failed is a reason."""

import numpy as np
import pytest
from external_toy import assert_edits, distance, toy_data, toy_job

from sccbgm.methods.biolord import Biolord, BiolordFit
from sccbgm.methods.biolord_fm import BiolordFM
from sccbgm.protocol.method import Failure, Runtime

pytest.importorskip("biolord")

FIRST = {"epochs": 60, "hidden_dim": 64, "n_layers": 2, "lr": 3e-3, "batch_size": 32}
FLOW = {"epochs": 80, "hidden_dim": 64, "n_layers": 2, "lr": 3e-3, "batch_size": 32}


def predict(preset: str, data) -> np.ndarray:
    runtime = Runtime(device="cpu")
    first, flow = Biolord(), BiolordFM()
    settings = FIRST | ({"train_share": 0.95} if preset == "reference" else {})
    stage1 = first.fit([toy_job(first, preset, data, **settings)], runtime)
    job = toy_job(flow, preset, data, **FLOW, solver="euler", solver_steps=20)
    (answer,) = flow.fit([job], runtime, stage1).predict("decode")
    assert not isinstance(answer, Failure), answer
    return answer["stim1"]


@pytest.mark.slow
def test_recommended_edits_and_reference_does_not():
    data = toy_data()
    recommended, reference = predict("recommended", data), predict("reference", data)
    assert_edits(recommended, data, share=0.8)
    assert distance(reference, data) > distance(recommended, data)


def test_a_failed_first_stage_is_a_reason():
    data, runtime = toy_data(), Runtime(device="cpu")
    first, flow = Biolord(), BiolordFM()
    stage1 = BiolordFit([toy_job(first, data=data)], [Failure("no step was taken")])
    job = toy_job(flow, data=data, epochs=1, hidden_dim=8, n_layers=1)
    (answer,) = flow.fit([job], runtime, stage1).predict("decode")
    assert answer == Failure("no step was taken")
