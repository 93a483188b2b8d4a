"""The surroundings of a computation: memory that is freed is kept for the next step."""

import ctypes
import subprocess
import sys

import pytest

COUNT_PAGE_FAULTS = """
import resource
import torch
from sccbgm.engine.device import keeping_memory


def page_faults():
    # Of ten blocks larger than what glibc keeps by itself, after five that find no memory yet
    for _ in range(5):
        torch.ones(10 * 2**20)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        torch.ones(10 * 2**20)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


torch.set_num_threads(1)
outside = page_faults()
with keeping_memory():
    # The best of three: a kernel that reclaims memory takes a block back now and then
    inside = min(page_faults() for _ in range(3))
print(outside, inside)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="not glibc")
def test_freed_memory_is_kept() -> None:
    done = subprocess.run(
        [sys.executable, "-c", COUNT_PAGE_FAULTS], capture_output=True, text=True, check=True
    )
    outside, inside = map(int, done.stdout.split())
    assert inside < outside / 10
