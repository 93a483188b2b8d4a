"""Where and how to compute: device, precision of products, threads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from sccbgm.methods.base import Runtime


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
        yield
    finally:
        torch.set_float32_matmul_precision(before[0])
        torch.set_num_threads(before[1])
        torch.set_flush_denormal(False)
