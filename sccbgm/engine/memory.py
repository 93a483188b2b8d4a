"""How many members fit on a device."""

from __future__ import annotations

import os

import torch
from torch import nn

BYTES_A_WEIGHT = 16
"""Weight, gradient and two Adam moments, 4 bytes each."""

SHARE = 0.7
"""Of the free memory that a plan may use; the rest is for what it cannot foresee."""

ACTIVATION_COPIES = 24
"""Arrays of batch x width x depth that a step keeps or makes at once (upper estimate)."""


def free_bytes(device: torch.device) -> int:
    """Free memory of the device: of the GPU, or of the machine."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def plan_members(device: torch.device, network: nn.Module, activations: int, cells: int) -> int:
    """How many members one stack can hold, at least 1.

    network: one member. activations: batch_size * width * depth. cells: bytes of training data
    that a member brings (an upper bound: members of one task share them).
    """
    weights = sum(p.numel() for p in network.parameters())
    member = BYTES_A_WEIGHT * weights + 4 * ACTIVATION_COPIES * activations + cells
    return max(1, int(SHARE * free_bytes(device) / member))
