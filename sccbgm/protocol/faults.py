"""Which errors are the machine's: they end a job and say nothing about a method.

A member's own fault, such as a loss that is not finite or a state that no training cell is in, is
the reason of its empty cells, and its neighbours go on. A fault of the machine is no result: the
job ends without outputs, and doing it again may succeed.
"""

from __future__ import annotations


class Refused(RuntimeError):
    """A file that a job found belongs to something else, so no result may be built on it."""


MACHINE: tuple[type[BaseException], ...] = (MemoryError, OSError, ImportError, Refused)
"""No memory, no space, an unreadable file, a missing package, a file of something else."""

_SIGNS = (
    "out of memory",
    "can't allocate memory",
    "no space left on device",
    "resource_exhausted",
    "cuda error",
    "cudnn error",
)
"""Words in RuntimeErrors that torch and JAX raise for faults of memory and of the GPU."""


def of_machine(error: BaseException) -> bool:
    """Whether an error, or the one that it was raised from, is the machine's."""
    if isinstance(error, MACHINE):
        return True
    if isinstance(error, RuntimeError) and any(sign in str(error).lower() for sign in _SIGNS):
        return True
    return error.__cause__ is not None and of_machine(error.__cause__)


def reason(error: BaseException) -> str:
    """The error in one line, as the reason why a member has no prediction."""
    first = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {first}" if first else type(error).__name__
