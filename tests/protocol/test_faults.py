"""Faults of the machine are told from those of a method, whoever raises them."""

import errno
from pathlib import Path

import numpy as np
import pytest
import torch

from sccbgm.protocol.faults import Refused, of_machine, reason


def raised(call) -> Exception:
    with pytest.raises(Exception) as caught:
        call()
    return caught.value


def wrapped() -> None:
    try:
        raise MemoryError
    except MemoryError as error:
        raise ValueError("the fit did not work") from error


MACHINE = {
    "numpy has no memory": lambda: np.empty(10**15),
    "torch has no memory": lambda: torch.empty(10**15),
    "no such file": lambda: Path("/no/such/file").read_bytes(),
    "no such package": lambda: __import__("no_such_package"),
    "wrapped by a package": wrapped,
}


@pytest.mark.parametrize("call", MACHINE.values(), ids=MACHINE)
def test_faults_of_the_machine(call):
    assert of_machine(raised(call))


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("CUDA error: an illegal memory access was encountered"),
        RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"),
        RuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 8 bytes"),
        Refused("a checkpoint of another training"),
    ],
    ids=str,
)
def test_faults_that_need_a_gpu_or_a_full_disk(error):
    assert of_machine(error)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("no training cell has stim = 2"),
        RuntimeError("the loss was not finite at step 7"),
        KeyError("memory"),
        np.linalg.LinAlgError("SVD did not converge"),
        ZeroDivisionError(),
    ],
    ids=repr,
)
def test_faults_of_a_method(error):
    assert not of_machine(error)


def test_a_reason_is_one_line_with_the_class():
    assert reason(ValueError("first\nsecond")) == "ValueError: first"
    assert reason(ZeroDivisionError()) == "ZeroDivisionError"
