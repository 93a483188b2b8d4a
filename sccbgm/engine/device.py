"""Where and how to compute: device, precision of products, threads, memory that is freed."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from sccbgm.protocol.method import Runtime

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
"""Numbers of glibc's settings M_TRIM_THRESHOLD and M_MMAP_MAX; the defaults are 128 KiB, 65536."""


def pick_device(runtime: Runtime) -> torch.device:
    """The device asked for; "auto" is the GPU if there is one."""
    if runtime.device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(runtime.device)


@contextmanager
def computing(runtime: Runtime) -> Iterator[None]:
    """The runtime's threads, and TF32 products if it asks for them ("auto": on a GPU)."""
    before = torch.get_float32_matmul_precision(), torch.get_num_threads()
    on_gpu = pick_device(runtime).type == "cuda"
    tf32 = runtime.precision == "tf32" or (runtime.precision == "auto" and on_gpu)
    torch.set_float32_matmul_precision("high" if tf32 else "highest")
    torch.set_num_threads(runtime.threads)
    # Denormal moments of Adam would slow a CPU down many times over.
    torch.set_flush_denormal(True)
    try:
        with keeping_memory():
            yield
    finally:
        torch.set_float32_matmul_precision(before[0])
        torch.set_num_threads(before[1])
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
