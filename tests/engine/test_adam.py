"""The private kernel under the optimiser is the one that the pinned torch has."""

import tomllib

import torch

from sccbgm.engine.adam import StackedAdam

SCHEMA = (
    "aten::_fused_adam_.tensor_lr(Tensor(a!)[] self, Tensor(b!)[] grads, Tensor(c!)[] exp_avgs, "
    "Tensor(d!)[] exp_avg_sqs, Tensor(e!)[] max_exp_avg_sqs, Tensor[] state_steps, *, Tensor lr, "
    "float beta1, float beta2, float weight_decay, float eps, bool amsgrad, bool maximize, "
    "Tensor? grad_scale=None, Tensor? found_inf=None) -> ()"
)


def test_the_kernel_has_the_signature_that_it_is_called_with(root):
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    (pin,) = (d for d in project["dependencies"] if d.startswith("torch="))
    found = torch.__version__.partition("+")[0]
    said = (
        f"torch is pinned as {pin!r} and found as {found}: engine/adam.py calls its private "
        "_fused_adam_; compare the call with the kernel's schema, then change pin and test together"
    )
    assert pin == f"torch=={found}", said
    assert str(torch.ops.aten._fused_adam_.tensor_lr._schema) == SCHEMA, said


def test_each_member_has_its_own_rate_and_flag():
    """Against torch.optim.Adam, a model a member; the frozen one keeps weights and moments."""
    g = torch.Generator().manual_seed(0)
    start = [torch.randn(3, *shape, generator=g) for shape in ((4, 2), (1, 2))]
    ours, rates = [value.clone() for value in start], [1e-2, 3e-3, 1e-3]
    theirs = [[value[m].clone().requires_grad_() for value in start] for m in range(3)]
    public = [torch.optim.Adam(w, lr=r) for w, r in zip(theirs, rates, strict=True)]
    stacked = StackedAdam(ours)
    for step in range(1, 6):
        gradients = [torch.randn(value.shape, generator=g) for value in start]
        frozen = torch.tensor([0.0, 0.0, float(step > 2)])
        stacked.step(gradients, torch.tensor(rates), torch.tensor(float(step)), frozen)
        for m, optimiser in enumerate(public):
            if not frozen[m]:
                for weight, gradient in zip(theirs[m], gradients, strict=True):
                    weight.grad = gradient[m]
                optimiser.step()
    for m in range(3):
        for mine, other in zip(ours, theirs[m], strict=True):
            torch.testing.assert_close(mine[m], other.detach(), rtol=1e-5, atol=1e-7)
