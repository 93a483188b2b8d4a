"""What surrounds a computation: memory that is freed is kept for the next step."""

import ctypes
import resource

import pytest
import torch

from sccbgm.engine.device import keeping_memory

BYTES = 40 * 2**20
"""More than glibc ever keeps by itself."""


def page_faults() -> int:
    """Of ten blocks that are filled and freed, after two that may find no memory yet."""
    for _ in range(2):
        torch.ones(BYTES // 4)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        torch.ones(BYTES // 4)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="not glibc")
def test_freed_memory_is_kept_and_given_back_at_the_end() -> None:
    with keeping_memory():
        inside = page_faults()
    assert inside < page_faults() / 10
