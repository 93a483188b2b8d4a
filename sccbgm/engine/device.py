"""Where and how to compute: device, precision of products, threads, memory that is freed."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import torch
from torch import nn

from sccbgm.io.gpus import own_gpu
from sccbgm.nn.layers import Linear
from sccbgm.protocol.member import Member
from sccbgm.protocol.method import Runtime

Precision = Literal["fp32", "tf32", "bf16"]
"""How the factors of a product are rounded; sums and everything else are float32."""

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
"""Numbers of glibc's settings M_TRIM_THRESHOLD and M_MMAP_MAX; the defaults are 128 KiB, 65536."""


def pick_device(runtime: Runtime) -> torch.device:
    """The device asked for; "auto" is the GPU if there is one."""
    if runtime.device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(runtime.device)


@contextmanager
def a_gpu_of_its_own(runtime: Runtime) -> Iterator[None]:
    """Compute on a GPU that no other job has (`io.gpus`), unless the runtime names one, or the CPU.

    To be entered before anything is computed.
    """
    if runtime.device not in ("auto", "cuda"):
        yield
        return
    with own_gpu(torch.cuda.device_count, runtime.jobs_a_gpu, runtime.report):
        yield


def precision_of(runtime: Runtime, member: Member) -> Precision:
    """How a member's products are computed: in training, after loading and in every prediction.

    The preset `reference` is fp32 whatever the runtime says, as the authors' code; "auto" is TF32
    on a GPU and fp32 elsewhere.
    """
    if member.preset == "reference":
        return "fp32"
    if runtime.precision == "auto":
        return "tf32" if pick_device(runtime).type == "cuda" else "fp32"
    return runtime.precision


def round_factors(network: nn.Module, precision: Precision) -> None:
    """Let the network's layers round their factors to bfloat16, or not."""
    for layer in network.modules():
        if isinstance(layer, Linear):
            layer.bf16 = precision == "bf16"


@contextmanager
def products(precision: Precision) -> Iterator[None]:
    """Products in TF32, or not; whether in bfloat16 is for the network's layers to say."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high" if precision == "tf32" else "highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


@contextmanager
def computing(runtime: Runtime) -> Iterator[None]:
    """The runtime's threads, no denormal numbers, and memory that is kept."""
    before = torch.get_num_threads()
    torch.set_num_threads(runtime.threads)
    # Denormal moments of Adam would slow a CPU down many times over.
    torch.set_flush_denormal(True)
    try:
        with keeping_memory():
            yield
    finally:
        torch.set_num_threads(before)
        torch.set_flush_denormal(False)


@contextmanager
def keeping_memory() -> Iterator[None]:
    """Let the C library keep what is freed, for the next step to use; give it back at the end.

    Each step frees its gradients and allocates them anew. By default glibc hands blocks of that
    size back to the kernel, and a step of the paper's networks then pays some 7,000 page faults,
    a tenth of its time. Other C libraries are left as they are.
    """
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "mallopt"):
        yield
        return
    libc.mallopt(_TRIM_THRESHOLD, -1)
    libc.mallopt(_MMAP_MAX, 0)
    try:
        yield
    finally:
        libc.mallopt(_TRIM_THRESHOLD, 128 * 1024)
        libc.mallopt(_MMAP_MAX, 65536)
        libc.malloc_trim(0)
