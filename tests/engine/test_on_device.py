"""A training step never leaves its device, so that a CUDA graph can capture it.

The meta device holds shapes without values: an operation that the host reads from, whose shape
depends on values, or that mixes in a tensor of the CPU fails there as it would during a capture.
"""

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from toy import toy_job

from sccbgm.engine.fit import build
from sccbgm.engine.method import StackedMethod
from sccbgm.engine.store import Store
from sccbgm.engine.train import Schedule, Trainer
from sccbgm.methods import registry

# A flow on another method's codes differs from vanilla_fm in the values of its conditions alone.
METHODS = [
    method.id
    for method in map(registry.get, registry.METHODS)
    if isinstance(method, StackedMethod) and not method.builds_on
]
LEAVING = {
    "reads a value": lambda loss: loss * loss.sum().item(),
    "shape from values": lambda loss: loss[loss > 0].sum() + loss,
    "tensor of the CPU": lambda loss: loss * torch.ones(2),
    "constant of the CPU": lambda loss: loss * torch.tensor(2.0),
}


class OnMeta(TorchDispatchMode):
    """Refuses operations that take or make tensors elsewhere, such as those made of host values.

    The fused Adam, which has no kernel for the meta device, is checked and left out.
    """

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        fused = func is torch.ops.aten._fused_adam_.tensor_lr
        result = None if fused else func(*args, **(kwargs or {}))
        for part in tree_leaves((args, kwargs, result)):
            if isinstance(part, torch.Tensor) and part.device.type != "meta":
                raise RuntimeError(f"{func} with a tensor on {part.device}")
        return result


def trainer(method_id: str) -> Trainer:
    method = registry.get(method_id)
    job = toy_job(method_id)
    fields = method.fields(job, 0, None)
    condition = fields["condition"].shape[1] if "condition" in fields else 0
    store = Store([fields, fields], "meta")
    schedule = Schedule([len(job.data.train.x)] * 2, [1e-3, 2e-3], 2, 64)
    network = build(method, [job, job], condition).to("meta")
    return Trainer(network, store, schedule, [1, 2], method.clip_norm)


@pytest.mark.parametrize("method_id", METHODS)
def test_a_step_stays_on_its_device(method_id):
    t = trainer(method_id)
    with OnMeta():
        for _ in range(2):  # the first makes the sums of the losses, which a graph must not
            t._update()
    assert t.sums["loss"].shape == (2,)


@pytest.mark.parametrize("leave", LEAVING.values(), ids=LEAVING)
def test_a_step_that_leaves_it_is_noticed(leave):
    t = trainer("vanilla_fm")
    loss = t.loss
    t.loss = lambda batch, draws: {"loss": leave(loss(batch, draws)["loss"])}
    with pytest.raises((RuntimeError, NotImplementedError)), OnMeta():
        t._update()
