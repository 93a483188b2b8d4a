"""Validation: the loss of held-out cells, and members that stop by their own losses."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from engine_toys import cells, trainer, weights_of

from sccbgm.engine.store import Store
from sccbgm.engine.train import train
from sccbgm.engine.validation import LOSS, Validation


def validated(members, patience, kind="vae", n_held=30, epochs=3):
    t = trainer(members, [40] * len(members), kind, epochs)
    names = ("x", "concepts") if kind == "vae" else ("x", "condition")
    held = [{name: cells(n_held, 100)[name] for name in names}] * len(members)
    keys = [7919 * (m + 1) for m in members]
    return t, Validation(t, Store(held, "cpu"), keys, patience)


def run(t, validation):
    history = train(t, lambda line: None, on_epoch=validation.note)
    validation.restore()
    return history


@pytest.mark.parametrize("kind", ["vae", "flow"])
def test_watching_changes_no_weight(kind):
    alone = trainer([0, 1], [40, 40], kind)
    train(alone, lambda line: None)
    t, validation = validated([0, 1], None, kind)
    history = run(t, validation)
    for m in range(2):
        assert torch.equal(weights_of(t, m), weights_of(alone, m))
    assert np.isfinite([epoch[LOSS] for epoch in history.losses]).all()


@pytest.mark.parametrize("n_held", [30, 16, 17, 33])
def test_the_loss_is_that_of_the_network_without_dropout(n_held):
    """Batches of 16: whole ones, a partial one, and a last cell that is left out."""
    t, validation = validated([0, 1], None, n_held=n_held)
    with torch.no_grad():
        for p in t.parameters:
            p.zero_()
    x = torch.from_numpy(cells(n_held, 100)["x"][: n_held - (n_held % 16 == 1)])
    terms = x.square().mean().item(), -3 * np.log(0.5), 0.0
    expected = terms[0] + 0.1 * (2 * np.log(2) + _soft(n_held))
    assert validation._measure() == pytest.approx([expected] * 2, rel=1e-5)


def _soft(n_held):
    """Squared error of a prediction of 0 for the one concept that is no probability."""
    concepts = cells(n_held, 100)["concepts"][: n_held - (n_held % 16 == 1), 2]
    return float(np.square(concepts).mean())


def test_the_noise_is_the_same_after_every_epoch():
    _, validation = validated([0], None)
    assert validation._measure() == validation._measure()


class Scripted(Validation):
    """Losses as a test wants them, an epoch a row."""

    script: list

    def _measure(self):
        self.seen = getattr(self, "seen", 0) + 1
        return list(self.script[self.seen - 1])


def test_a_member_stops_by_its_own_losses_and_has_its_best_weights():
    nan = float("nan")
    t, _ = validated([0, 1, 2], 2, epochs=9)
    watched = Scripted(t, None, [1, 2, 3], 2)
    # The best epochs are the second and the fifth; the third member's losses are not finite
    watched.script = [[3, 5, nan], [1, 4, nan], [2, 3, nan], [2, 2, nan], [0, 1, nan],
                      [0, 2, nan], [0, 2, nan], [0, 0, nan]]  # fmt: skip
    weights = []

    def note(history):
        weights.append([weights_of(t, m).clone() for m in range(3)])
        return watched.note(history)

    history = train(t, lambda line: None, on_epoch=note)
    watched.restore()
    assert len(history.losses) == 7
    assert torch.equal(weights_of(t, 0), weights[1][0])
    assert torch.equal(weights_of(t, 1), weights[4][1])
    losses = np.array([epoch["loss"] for epoch in history.losses])
    assert np.isfinite(losses[:4, 0]).all() and np.isnan(losses[4:, 0]).all()
    assert np.isfinite(losses[:, 1]).all() and np.isnan(losses[2:, 2]).all()
