"""How many members fit on a device."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import nn

BYTES_A_WEIGHT = 16
"""Weight, gradient and two Adam moments, 4 bytes each."""

SHARE = 0.7
"""Of the free memory that a plan may use; the rest is for what it cannot foresee."""

ACTIVATION_COPIES = 24
"""Arrays of batch x width x depth that a step keeps or makes at once (upper estimate)."""

_CGROUPS = {
    "": ("", "memory.max", "memory.current", "inactive_file"),
    "memory": ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
}
"""Controller, as /proc/self/cgroup names it (none in version 2) -> folder, files of limit and use,
and the entry of memory.stat with what the kernel gives back."""

_SIGNS = ("out of memory", "can't allocate memory", "alloc_failed")


def exhausted(error: BaseException | None) -> bool:
    """Whether an error, or one before it, is that a device has no memory left.

    The end of a CUDA graph's capture raises an error of its own over the one that broke it off.
    """
    while error is not None:
        words = str(error).lower()
        if isinstance(error, torch.cuda.OutOfMemoryError) or any(sign in words for sign in _SIGNS):
            return True
        error = error.__cause__ or error.__context__
    return False


def free_bytes(device: torch.device) -> int:
    """Free memory of the device: of the GPU, or of the machine."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    return available_bytes()


def available_bytes(root: Path = Path("/")) -> int:
    """Memory that a process can still have: the machine's, or less where its cgroup says so.

    Linux's own estimate, which counts what the kernel gives back on demand, such as cached files;
    elsewhere the free pages. root: of the file system.
    """
    meminfo = root / "proc/meminfo"
    available = _entry(meminfo, "MemAvailable:") if meminfo.exists() else None
    if available is None:
        machine = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    else:
        machine = 1024 * available
    return max(0, min([machine, *_left_by_cgroups(root)]))


def _left_by_cgroups(root: Path) -> Iterator[int]:
    """Memory that each limit above this process leaves, in cgroups of version 1 and 2."""
    listed = root / "proc/self/cgroup"
    for line in listed.read_text().splitlines() if listed.exists() else []:
        _, controllers, path = line.split(":", 2)
        known = next((name for name in _CGROUPS if name in controllers.split(",")), None)
        if known is None:
            continue
        folder, limit, use, given_back = _CGROUPS[known]
        mount = root / "sys/fs/cgroup" / folder
        place = mount / path.lstrip("/")
        for group in (place, *place.parents):
            if (group / limit).exists() and (group / limit).read_text().strip() != "max":
                used = int((group / use).read_text())
                cached = _entry(group / "memory.stat", given_back) or 0
                yield int((group / limit).read_text()) - used + cached
            if group == mount:
                break


def _entry(path: Path, name: str) -> int | None:
    """The number behind a name in a file of lines "name number"."""
    for line in path.read_text().splitlines():
        words = line.split()
        if words[:1] == [name]:
            return int(words[1])
    return None


def plan_members(device: torch.device, network: nn.Module, activations: int, cells: int) -> int:
    """How many members one stack can hold, at least 1.

    network: one member. activations: batch_size * width * depth. cells: bytes of training data
    that a member brings, of what members share its part.
    """
    weights = sum(p.numel() for p in network.parameters())
    member = BYTES_A_WEIGHT * weights + 4 * ACTIVATION_COPIES * activations + cells
    return max(1, int(SHARE * free_bytes(device) / member))
