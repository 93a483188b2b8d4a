"""A minibatch of every member, which networks compute their losses from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor


def _no_others(rows: Tensor, *names: str) -> Mapping[str, Tensor]:
    raise ValueError("this batch was not gathered from a store, so it has no other cells")


@dataclass(frozen=True)
class Batch:
    """A minibatch of M members: fields (M, B, ...) and weight (M, B), 0 on padding rows.

    others: called with row numbers (M, B) and names, these fields of further cells of the same
    members, for a loss that compares a cell with cells that it draws itself.
    """

    fields: Mapping[str, Tensor]
    weight: Tensor
    others: Callable[..., Mapping[str, Tensor]] = _no_others

    def __getitem__(self, name: str) -> Tensor:
        return self.fields[name]
