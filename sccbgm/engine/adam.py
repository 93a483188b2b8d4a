"""Adam over stacked weights, with a learning rate and a freeze of its own for each member."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

BETAS = (0.9, 0.999)
EPSILON = 1e-8


def clip(gradients: Sequence[Tensor], limit: float) -> list[Tensor]:
    """Gradients g (M, ...) scaled so that each member's norm over all of them is at most `limit`.

    g_m min(1, limit / (|g_m| + 1e-6)), for every member m by its own norm.
    """
    squares = torch.stack([g.flatten(1).square().sum(1) for g in gradients])
    factor = (limit / (squares.sum(0).sqrt() + 1e-6)).clamp(max=1.0)
    return [g * factor.view(-1, *[1] * (g.dim() - 1)) for g in gradients]


class StackedAdam:
    """Adam (Kingma & Ba 2015; no weight decay) by PyTorch's fused kernel, one call a member.

    A member's slice of every weight is one tensor list, so each member has its own learning rate
    and its own flag: where `frozen[m]` is 1 the kernel returns before it touches weights or
    moments. (A zero gradient would not do: momentum still moves the weights.) The kernel is
    private: `torch.optim.adam.adam`, which calls it, also counts the steps of each tensor, a
    launch more a member; tests/engine/test_adam.py holds the kernel to the pinned torch.
    """

    def __init__(self, parameters: Sequence[Tensor]) -> None:
        self.parameters = list(parameters)
        self.first = [torch.zeros_like(p) for p in self.parameters]
        self.second = [torch.zeros_like(p) for p in self.parameters]
        members = len(self.parameters[0])
        self._slices = [
            tuple([t.detach()[m] for t in group] for group in self._groups())
            for m in range(members)
        ]

    def _groups(self) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
        return self.parameters, self.first, self.second

    def step(self, gradients: Sequence[Tensor], lr: Tensor, count: Tensor, frozen: Tensor) -> None:
        """Update every member that is not frozen.

        lr, frozen: (M,) float32. count: float32 scalar, the number of this update from 1.
        """
        by_member = zip(*(g.contiguous().unbind(0) for g in gradients), strict=True)
        counts = [count] * len(self.parameters)
        for m, member_gradients in enumerate(by_member):
            weights, first, second = self._slices[m]
            torch._fused_adam_(
                weights,
                list(member_gradients),
                first,
                second,
                [],
                counts,
                lr=lr[m],
                beta1=BETAS[0],
                beta2=BETAS[1],
                weight_decay=0.0,
                eps=EPSILON,
                amsgrad=False,
                maximize=False,
                found_inf=frozen[m],
            )

    def state(self) -> dict[str, list[Tensor]]:
        """The moments, to be saved."""
        return {"first": self.first, "second": self.second}

    def restore(self, state: dict[str, list[Tensor]]) -> None:
        """Take saved moments back, in place."""
        for mine, saved in ((self.first, state["first"]), (self.second, state["second"])):
            for target, source in zip(mine, saved, strict=True):
                target.copy_(source)
