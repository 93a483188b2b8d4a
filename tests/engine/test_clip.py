"""Gradient clipping of each member, and other cells of a batch's members."""

import numpy as np
import pytest
import torch
from engine_toys import cells, trainer, weights_of

from sccbgm.engine.adam import clip
from sccbgm.engine.store import Store
from sccbgm.engine.train import Trainer
from sccbgm.nn.batch import Batch


def clipped(members, limit: float | None) -> Trainer:
    t = trainer(members, [40 + 5 * m for m in members])
    limited = Trainer(
        t.network, t.store, t.schedule, [7919 * (m + 1) for m in members], clip_norm=limit
    )
    limited.advance(6)
    return limited


def test_each_member_is_clipped_as_pytorch_clips_it_alone():
    generator = torch.Generator().manual_seed(0)
    scale = torch.tensor([0.01, 1.0, 30.0])
    shapes = [(3, 4, 5), (3, 1, 5), (3, 7)]
    gradients = [
        torch.randn(s, generator=generator) * scale.view(-1, *[1] * (len(s) - 1)) for s in shapes
    ]
    ours = clip(gradients, 5.0)
    for m in range(3):
        alone = [torch.nn.Parameter(torch.zeros_like(g[m])) for g in gradients]
        for p, g in zip(alone, gradients, strict=True):
            p.grad = g[m].clone()
        torch.nn.utils.clip_grad_norm_(alone, 5.0)
        for p, mine in zip(alone, ours, strict=True):
            torch.testing.assert_close(mine[m], p.grad)


def test_a_member_whose_gradient_is_nan_leaves_the_others():
    gradients = [torch.ones(2, 3)]
    gradients[0][0, 0] = float("nan")
    assert torch.equal(clip(gradients, 5.0)[0][1], torch.ones(3))


def test_a_clipped_member_of_a_stack_equals_itself_alone():
    stack = clipped([0, 1, 2], 0.05)
    for m in range(3):
        torch.testing.assert_close(
            weights_of(stack, m), weights_of(clipped([m], 0.05), 0), rtol=0, atol=2e-5
        )


def test_a_limit_that_is_never_reached_changes_nothing():
    for m in range(2):
        assert torch.equal(
            weights_of(clipped([0, 1], 1e6), m), weights_of(clipped([0, 1], None), m)
        )


def test_other_cells_are_those_of_the_same_member():
    data = [{**cells(n, m), "row": np.arange(n)} for m, n in enumerate((6, 9))]
    store = Store(data, "cpu")
    rows = torch.tensor([[5, 0], [8, 2]])
    others = store.gather(torch.zeros(2, 2, dtype=torch.int64)).others(rows, "row", "x")
    assert others["row"].dtype == torch.int64
    assert torch.equal(others["row"], rows)
    for m in range(2):
        expected = torch.from_numpy(data[m]["x"])[rows[m]]
        assert torch.equal(others["x"][m], expected)


def test_a_batch_made_by_hand_has_no_other_cells():
    with pytest.raises(ValueError, match="no other cells"):
        Batch({}, torch.ones(1, 2)).others(torch.zeros(1, 2, dtype=torch.int64))
