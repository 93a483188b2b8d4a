"""Tells a network's values with a row a member from those that all members share."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor, nn


def member_buffers(network: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Names and buffers (M, ...) with a row a member.

    A module names those that are the same for all members in its attribute `shared_buffers`.
    """
    for path, module in network.named_modules():
        shared = getattr(module, "shared_buffers", ())
        for name, buffer in module.named_buffers(recurse=False):
            if name not in shared:
                yield f"{path}.{name}".lstrip("."), buffer


def check_rows(network: nn.Module, members: int) -> None:
    """Raises ValueError for a parameter or buffer that should have a row a member and has not."""
    for name, values in (*network.named_parameters(), *member_buffers(network)):
        if values.shape[:1] != (members,):
            raise ValueError(
                f"{name}: found shape {tuple(values.shape)}, expected a row for each of {members} "
                "members; a buffer that they share is named in its module's `shared_buffers`"
            )
