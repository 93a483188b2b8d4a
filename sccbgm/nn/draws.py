"""Random numbers without a state: a function of (member's key, step, call, index).

A draw is a 32-bit integer hash of its position. So a member draws the same numbers alone or in a
stack, a resumed run continues exactly, and a captured CUDA graph needs no generator state.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from sccbgm.protocol.keys import derive_key

_SIGN = -(2**31)


def _signed(word: int) -> int:
    """A 32-bit word as the int32 of the same bits."""
    return (word & 0xFFFFFFFF) - (2**32 if word & 0x80000000 else 0)


# Multipliers of two 32-bit mixers with low bias, found by exhaustive search
# (C. Wellons, "Prospecting for hash functions").
_MIX = tuple(_signed(word) for word in (0x7FEB352D, 0x846CA68B))
_MIX3 = tuple(_signed(word) for word in (0xED5AD4BB, 0xAC4C1B51, 0x31848BAB))
_WEYL = _signed(0x9E3779B9)

_CALLS_AT_ONCE = 16
"""Calls whose seeds are computed together: seeding is many operations on a few words."""


def _xorshift(x: Tensor, bits: int) -> Tensor:
    """In place x ^= x >>> bits, the shift logical."""
    return x.bitwise_xor_((x >> bits).bitwise_and_((1 << (32 - bits)) - 1))


def _mix(x: Tensor) -> Tensor:
    """Two-round mixer, in place."""
    _xorshift(x, 16).mul_(_MIX[0])
    _xorshift(x, 15).mul_(_MIX[1])
    return _xorshift(x, 16)


def _mix3(x: Tensor) -> Tensor:
    """Three-round mixer, in place: for the few words that seed a whole call."""
    _xorshift(x, 17).mul_(_MIX3[0])
    _xorshift(x, 11).mul_(_MIX3[1])
    _xorshift(x, 15).mul_(_MIX3[2])
    return _xorshift(x, 14)


def key_words(keys: Sequence[int], device: torch.device | str = "cpu") -> Tensor:
    """64-bit keys as an (M, 2) int32 tensor."""
    words = [[_signed(key), _signed(key >> 32)] for key in keys]
    return torch.tensor(words, dtype=torch.int32, device=device)


class Draws:
    """The random numbers of one training step (or one prediction) of M members.

    keys: (M, 2) int32 words of the members' keys. step: int32 scalar tensor. Every call takes
    the next call number, so two calls of one step never share a number.
    """

    _seeds: tuple[Tensor, Tensor]

    def __init__(self, keys: Tensor, step: Tensor) -> None:
        self.keys, self.step, self.calls = keys, step, 0

    def _seed(self) -> tuple[Tensor, Tensor]:
        """Two words (M, 1) for the next call."""
        row = self.calls % _CALLS_AT_ONCE
        if row == 0:
            calls = torch.arange(1, 1 + _CALLS_AT_ONCE, dtype=torch.int32, device=self.keys.device)
            salt = _mix3(self.step * _WEYL + (self.calls + calls) * _MIX[1])[:, None, None]
            first = _mix3(self.keys[:, :1] ^ salt)
            self._seeds = first, _mix3(self.keys[:, 1:] + first + salt)
        self.calls += 1
        first, second = self._seeds
        return first[row], second[row]

    def bits(self, *shape: int) -> Tensor:
        """(M, *shape) int32, uniform over all 2^32 words."""
        first, second = self._seed()
        x = torch.arange(math.prod(shape), dtype=torch.int32, device=self.keys.device) * _WEYL
        # Both words of the stream's seed enter the hash, before and between its rounds.
        x = _mix((x ^ first).contiguous()).add_(second)
        return _mix(x).view(len(self.keys), *shape)

    def uniform(self, *shape: int) -> Tensor:
        """(M, *shape) float32 from U(0, 1), on the odd multiples of 2^-24: never 0, never 1."""
        top = (self.bits(*shape) >> 9).bitwise_and_(0x7FFFFF)
        return top.float().mul_(2.0**-23).add_(2.0**-24)

    def normal(self, *shape: int) -> Tensor:
        """(M, *shape) float32 from N(0, 1), by the inverse distribution function."""
        return torch.special.ndtri(self.uniform(*shape))

    def dropout(self, h: Tensor, probability: float) -> Tensor:
        """h with entries set to 0 with that probability, the others scaled to keep the mean."""
        if probability == 0:
            return h
        threshold = _SIGN + round(probability * 2**32)
        keep = self.bits(*h.shape[1:]) >= threshold
        return h * keep.to(h.dtype).mul_(1 / (1 - probability))

    def order(self, sizes: Tensor, length: int) -> Tensor:
        """(M, length) a uniformly random order of range(sizes[m]) in row m, then `sizes[m]`s.

        sizes: (M,) int64. Ties of the 32-bit sort keys (about n^2 / 2^33) keep their order.
        """
        rank = self.bits(length)
        position = torch.arange(length, device=rank.device)
        outside = position >= sizes[:, None]
        order = torch.argsort(rank.long().masked_fill_(outside, 2**31), dim=1, stable=True)
        return torch.where(outside, sizes[:, None], order)


def prediction_draws(keys: Tensor, *names: str) -> Draws:
    """The draws of a prediction, told apart by names such as mode and target."""
    step = torch.tensor(_signed(derive_key(*names)), dtype=torch.int32, device=keys.device)
    return Draws(keys, step)
