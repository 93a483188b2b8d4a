"""Decoders: concepts and unknown code to cells, with no output activation."""

from __future__ import annotations

import math
from typing import Any, Literal

import torch
from torch import Tensor, nn

from sccbgm.nn.draws import Draws
from sccbgm.nn.layers import (
    Block,
    Generators,
    Linear,
    multiply,
    per_member,
    product,
    uniform,
)

DecoderKind = Literal["skip", "residual", "no_residual"]


class SkipDecoder(nn.Module):
    """h = Linear(u), e = Linear(c); L times h = h + g([h; e]); Linear H -> d.

    The same embedded concepts e enter every block, and h does not contain them at the start. The
    weight of [h; e] is held as its halves: W for h in `blocks`, V for e in `skips`.
    """

    def __init__(
        self,
        n_concepts: int,
        n_unknown: int,
        width: int,
        depth: int,
        n_out: int,
        generators: Generators,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.concepts = Linear(n_concepts, width, generators)
        self.unknown = Linear(n_unknown, width, generators)
        start = uniform(1 / math.sqrt(2 * width))
        self.blocks = nn.ModuleList(
            Block(width, width, dropout, generators, weight=start, bias=start) for _ in range(depth)
        )
        self.skips = nn.ParameterList(
            per_member((width, width), generators, start) for _ in range(depth)
        )
        self.output = Linear(width, n_out, generators)

    def forward(self, concepts: Tensor, unknown: Tensor, draws: Draws | None = None) -> Tensor:
        """(M, B, K), (M, B, U) -> (M, B, d)."""
        h = self.unknown(unknown)
        for block, skip in zip(self.blocks, self.skips, strict=True):
            h = h + block(h, draws, self._embedded(concepts, skip))
        return self.output(h)

    def _embedded(self, concepts: Tensor, skip: Tensor) -> Tensor:
        """e V = (c E + b) V, (M, B, H), the products in the cheaper order.

        For fewer concepts than cells that is c (E V) + b V: 3 of the 13 million products a cell
        of a network of the paper's size are then saved.
        """
        embed = self.concepts
        if concepts.shape[-1] >= concepts.shape[1]:
            return multiply(embed(concepts), skip, embed.bf16)
        table = multiply(torch.cat([embed.weight, embed.bias], 1), skip, embed.bf16)
        return product(concepts, table[:, :-1], table[:, -1:], embed.bf16)


class PlainDecoder(nn.Module):
    """h = Linear([u; c]); L times h = h + g(h) ("residual") or h = g(h); Linear H -> d."""

    def __init__(
        self,
        n_concepts: int,
        n_unknown: int,
        width: int,
        depth: int,
        n_out: int,
        generators: Generators,
        dropout: float = 0.0,
        *,
        residual: bool = False,
    ) -> None:
        super().__init__()
        self.residual = residual
        self.input = Linear(n_unknown + n_concepts, width, generators)
        self.blocks = nn.ModuleList(Block(width, width, dropout, generators) for _ in range(depth))
        self.output = Linear(width, n_out, generators)

    def forward(self, concepts: Tensor, unknown: Tensor, draws: Draws | None = None) -> Tensor:
        """(M, B, K), (M, B, U) -> (M, B, d)."""
        h = self.input(torch.cat([unknown, concepts], -1))
        for block in self.blocks:
            h = h + block(h, draws) if self.residual else block(h, draws)
        return self.output(h)


def build_decoder(kind: DecoderKind, *arguments: Any) -> nn.Module:
    """The decoder of that kind; both classes take the same arguments."""
    if kind == "skip":
        return SkipDecoder(*arguments)
    return PlainDecoder(*arguments, residual=kind == "residual")
