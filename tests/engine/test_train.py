"""A member in a stack is the member alone: same draws, same weights, whoever sits beside it."""

import os
import signal

import numpy as np
import pytest
import torch
from engine_toys import cells, concept_vae, trainer, weights_of
from hypothesis import given, settings
from hypothesis import strategies as st

from sccbgm.engine import checkpoint
from sccbgm.engine.store import Store
from sccbgm.engine.train import LEARNING_RATE_DECAY, Schedule, Trainer, train
from sccbgm.io.ending import Ended, endable
from sccbgm.nn.draws import Draws

TOLERANCE = {"rtol": 0.0, "atol": 2e-5}
"""Batched and single products round differently; weights are of order 0.1 to 1."""


def finish(t: Trainer) -> Trainer:
    t.advance(max(t.schedule.lengths))
    return t


@pytest.mark.parametrize("kind", ["vae", "flow"])
@pytest.mark.parametrize("members", [1, 3, 8])
def test_a_member_of_a_stack_equals_itself_alone(kind, members):
    stack = finish(trainer(range(members), [40 + 7 * m for m in range(members)], kind))
    for m in range(members):
        alone = finish(trainer([m], [40 + 7 * m], kind))
        torch.testing.assert_close(weights_of(stack, m), weights_of(alone, 0), **TOLERANCE)


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(2, 70), min_size=1, max_size=4), st.integers(4, 32))
def test_ragged_members_equal_themselves_alone(sizes, batch_size):
    stack = finish(trainer(range(len(sizes)), sizes, epochs=2, batch_size=batch_size))
    m = len(sizes) - 1
    alone = finish(trainer([m], sizes[-1:], epochs=2, batch_size=batch_size))
    torch.testing.assert_close(weights_of(stack, m), weights_of(alone, 0), **TOLERANCE)


def test_every_epoch_sees_every_cell_once():
    t = trainer([0, 1], [37, 50], batch_size=8)
    seen = [[], []]
    for _ in range(7):
        t.advance(1)
        t.step.sub_(1)
        batch = t._gather()
        for m in range(2):
            seen[m].append(batch["x"][m][batch.weight[m] > 0])
        t.step.add_(1)
    first_epoch = torch.cat(seen[0][:5]), torch.cat(seen[1])
    for m, n in enumerate([37, 50]):
        expected = torch.from_numpy(cells(n, m)["x"])
        got = first_epoch[m]
        assert torch.equal(got.sort(0).values, expected.sort(0).values)


def test_a_last_batch_of_one_cell_is_left_out_and_others_kept():
    schedule = Schedule([129, 130, 128, 5], [1e-3] * 4, 2, 128)
    assert schedule.epoch_lengths == [1, 2, 1, 1]


def test_gradients_of_members_are_independent():
    network = concept_vae([0, 1, 2])
    base = [cells(20, m) for m in range(3)]
    changed = [dict(base[0]), dict(base[1]), dict(base[2])]
    changed[1]["x"] = base[1]["x"] + 1
    gradients = []
    for data in (base, changed):
        store = Store([{k: d[k] for k in ("x", "concepts")} for d in data], "cpu")
        batch = store.gather(torch.arange(20).expand(3, -1))
        draws = Draws(torch.zeros(3, 2, dtype=torch.int32), torch.tensor(0, dtype=torch.int32))
        loss = network.loss(batch, draws)["loss"].sum()
        gradients.append(torch.autograd.grad(loss, list(network.parameters())))
    for before, after in zip(*gradients, strict=True):
        assert torch.equal(before[0], after[0])
        assert torch.equal(before[2], after[2])
    assert any(not torch.equal(b[1], a[1]) for b, a in zip(*gradients, strict=True))


def test_a_finished_member_does_not_move_momentum_included():
    t = trainer([0, 1], [16, 200])
    t.advance(t.schedule.lengths[0])
    frozen = weights_of(t, 0)
    moments = [m[0].clone() for m in t.adam.first + t.adam.second]
    t.advance(10)
    assert torch.equal(weights_of(t, 0), frozen)
    assert all(
        torch.equal(m[0], before)
        for m, before in zip(t.adam.first + t.adam.second, moments, strict=True)
    )


def test_adam_and_its_schedule_equal_pytorchs():
    """One member against torch.optim.Adam and ExponentialLR on the same gradients."""
    t = trainer([0], [48], batch_size=16)
    ours = [p.detach().clone().requires_grad_() for p in t.parameters]
    adam = torch.optim.Adam(ours, lr=t.schedule.learning_rates[0])
    decay = torch.optim.lr_scheduler.ExponentialLR(adam, LEARNING_RATE_DECAY)
    for step in range(9):
        if step % 3 == 0:
            t._shuffle(step, [0])
        loss = t.network.loss(t._gather(), Draws(t.keys, t.step))["loss"].sum()
        gradients = torch.autograd.grad(loss, t.parameters)
        for p, g in zip(ours, gradients, strict=True):
            p.grad = g.clone()
        adam.step()
        if step % 3 == 2:
            decay.step()
        t.advance(1)
        for mine, theirs in zip(t.parameters, ours, strict=True):
            torch.testing.assert_close(mine.detach(), theirs.detach(), rtol=1e-5, atol=1e-7)


def test_a_nan_member_is_frozen_named_and_alone():
    def broken(nan: bool) -> Trainer:
        t = trainer([0, 1, 2], [40, 40, 40])
        t.advance(4)
        if nan:
            t.store.flat["x"][t.store.offsets["x"][1]] = float("nan")
        return t

    clean, sick = finish_history(broken(False)), finish_history(broken(True))
    assert list(sick[1].failed_step) == [1]
    assert 4 <= sick[1].failed_step[1] < 6
    assert torch.isfinite(weights_of(sick[0], 1)).all()
    for m in (0, 2):
        assert torch.equal(weights_of(clean[0], m), weights_of(sick[0], m))
    assert clean[1].failed_step == {}


def finish_history(t: Trainer):
    return t, train(t, lambda line: None)


def test_a_resumed_run_is_bit_identical(tmp_path):
    sizes = [30, 45]
    whole = trainer([0, 1], sizes, epochs=6)
    history = train(whole, lambda line: None)
    half = trainer([0, 1], sizes, epochs=6)
    half.advance(2 * max(half.schedule.epoch_lengths))
    half.read_losses()
    path = tmp_path / "state.pt"
    identity = checkpoint.fingerprint(half)
    partial = history.__class__(losses=history.losses[:2])
    checkpoint.write(path, identity, half.state(), partial)
    lines = []
    resumed = trainer([0, 1], sizes, epochs=6)
    again = train(resumed, lines.append, path, minutes=1e9)
    assert "continuing from step" in lines[0]
    assert torch.equal(weights_of(whole, 0), weights_of(resumed, 0))
    assert torch.equal(weights_of(whole, 1), weights_of(resumed, 1))
    np.testing.assert_array_equal(
        [epoch["loss"] for epoch in history.losses], [epoch["loss"] for epoch in again.losses]
    )


@pytest.mark.parametrize("step", [0, 4, 6])
def test_a_training_that_is_asked_to_end_saves_its_step_and_continues_from_it(
    tmp_path, monkeypatch, step
):
    """In the middle of an epoch of three steps, and at the end of one."""
    sizes, path = [30, 45], tmp_path / "state.pt"
    whole = trainer([0, 1], sizes, epochs=6)
    history = train(whole, lambda line: None)
    assert max(whole.schedule.epoch_lengths) == 3
    ended, update = trainer([0, 1], sizes, epochs=6), Trainer._update

    def asked(t):
        if t.host_step == step:
            os.kill(os.getpid(), signal.SIGTERM)
        update(t)

    monkeypatch.setattr(Trainer, "_update", asked)
    with pytest.raises(Ended), endable():
        train(ended, lambda line: None, path, minutes=1e9)
    monkeypatch.setattr(Trainer, "_update", update)
    lines: list[str] = []
    resumed = trainer([0, 1], sizes, epochs=6)
    again = train(resumed, lines.append, path, minutes=1e9)
    assert lines[0] == f"continuing from step {step + 1} of state.pt"
    for m in (0, 1):
        assert torch.equal(weights_of(whole, m), weights_of(resumed, m))
    np.testing.assert_array_equal(
        [epoch["loss"] for epoch in history.losses], [epoch["loss"] for epoch in again.losses]
    )


def test_orders_and_losses_draw_from_streams_of_their_own():
    t = trainer([0, 1], [500, 500])
    loss, order = (Draws(keys, t.step).uniform(4000) for keys in (t.keys, t.order_keys))
    for m in range(2):
        assert abs(np.corrcoef(loss[m], order[m])[0, 1]) < 0.05
    # Of one key they would be the same numbers.
    assert torch.equal(loss, Draws(t.keys, t.step).uniform(4000))


def test_the_order_of_cells_is_the_published_one():
    """Results already written came from these orders."""
    t = trainer([0], [10])
    t._shuffle(0, [0])
    assert t.order[0].tolist() == [0, 3, 7, 9, 4, 6, 2, 8, 1, 5]
