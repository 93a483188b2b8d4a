"""Layers over M members: weights (M, in, out), activations (M, batch, width).

Each member is initialised from its own generator, so it does not depend on its neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from sccbgm.nn.draws import Draws

Generators = Sequence[torch.Generator]
"""One generator of initial values for each member."""

Initialiser = Callable[[Tensor, torch.Generator], object]
"""Fills one member's weight of shape (in, out) in place."""


def per_member(shape: Sequence[int], generators: Generators, fill: Initialiser) -> nn.Parameter:
    """A parameter of shape (M, *shape), member m filled by `fill` from generator m."""
    value = torch.empty(len(generators), *shape)
    for member, generator in zip(value, generators, strict=True):
        fill(member, generator)
    return nn.Parameter(value)


def uniform(bound: float) -> Initialiser:
    """Entries from U(-bound, bound)."""
    return lambda weight, generator: weight.uniform_(-bound, bound, generator=generator)


def zeros(weight: Tensor, generator: torch.Generator) -> Tensor:
    """All entries 0; draws nothing."""
    return weight.zero_()


def product(x: Tensor, weight: Tensor, bias: Tensor, bf16: bool) -> Tensor:
    """x W + b for every member: (M, B, in), (M, in, out), (M, 1, out) -> (M, B, out) float32.

    With `bf16` the factors are rounded to bfloat16; sums and the bias stay in float32.
    """
    if bf16:
        return multiply(x, weight, bf16) + bias
    return torch.baddbmm(bias, x, weight)


def multiply(x: Tensor, weight: Tensor, bf16: bool) -> Tensor:
    """x W for every member, as `product`."""
    if bf16:
        return torch.bmm(x.bfloat16(), weight.bfloat16()).float()
    return torch.bmm(x, weight)


class Linear(nn.Module):
    """y = x W + b, by default initialised as PyTorch's Linear: U(-1/sqrt(in), 1/sqrt(in))."""

    bf16 = False

    def __init__(
        self,
        n_in: int,
        n_out: int,
        generators: Generators,
        weight: Initialiser | None = None,
        bias: Initialiser | None = None,
    ) -> None:
        super().__init__()
        default = uniform(1 / math.sqrt(n_in))
        self.weight = per_member((n_in, n_out), generators, weight or default)
        self.bias = per_member((1, n_out), generators, bias or default)

    def forward(self, x: Tensor) -> Tensor:
        """(M, B, in) -> (M, B, out)."""
        return product(x, self.weight, self.bias, self.bf16)


class LayerNorm(nn.Module):
    """(x - mean) / sqrt(var + 1e-5) * gain + shift over the last axis, biased variance."""

    def __init__(self, width: int, generators: Generators) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(len(generators), 1, width))
        self.shift = nn.Parameter(torch.zeros(len(generators), 1, width))

    def forward(self, x: Tensor) -> Tensor:
        """(M, B, H) -> (M, B, H)."""
        if len(self.gain) == 1:
            return nn.functional.layer_norm(x, x.shape[-1:], self.gain[0, 0], self.shift[0, 0])
        normal = nn.functional.layer_norm(x, x.shape[-1:])
        return torch.addcmul(self.shift, normal, self.gain)


class Block(nn.Module):
    """g(x) = Drop(ReLU(LN(W x + b))), the unit that every network here is made of.

    A term may be added to W x + b, as of a second input with weights of its own.
    """

    def __init__(
        self,
        n_in: int,
        width: int,
        dropout: float,
        generators: Generators,
        weight: Initialiser | None = None,
        bias: Initialiser | None = None,
    ) -> None:
        super().__init__()
        self.linear = Linear(n_in, width, generators, weight, bias)
        self.norm = LayerNorm(width, generators)
        self.dropout = dropout

    def forward(self, x: Tensor, draws: Draws | None, term: Tensor | None = None) -> Tensor:
        """(M, B, n_in) -> (M, B, width). Without draws (prediction) nothing is dropped."""
        h = self.linear(x) if term is None else self.linear(x) + term
        h = torch.relu(self.norm(h))
        return h if draws is None else draws.dropout(h, self.dropout)
