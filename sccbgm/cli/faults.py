"""A user's fault is a line and an exit code; any other error keeps its traceback."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

CODES = {
    0: "done",
    1: "could not be done as things are: damaged, failed, or held by another process",
    2: "a fault in what was given: the command, a configuration, cells",
    130: "stopped by the user",
}

WRONG_INPUT = (
    "sccbgm.config.errors.ConfigError",
    "sccbgm.data.contract.ContractError",
    "sccbgm.api.faults.Fault",
)
NOT_POSSIBLE = (
    "sccbgm.api.faults.TrainingError",
    "sccbgm.benchmark.collect.Unusable",
    "sccbgm.data.convert.ConversionError",
    "sccbgm.io.cluster.ClusterError",
    "sccbgm.io.locks.Locked",
    "sccbgm.io.seals.Damaged",
    "sccbgm.io.transfer.TransferError",
)
"""By name: what raises them was imported already, and a start that fails in nothing need not be."""


@dataclass
class Ended:
    """The exit code of a command, which its fault sets too."""

    code: int = 0


@contextmanager
def said() -> Iterator[Ended]:
    """Print a user's fault in the block to stderr, and set the code that goes with it."""
    ended = Ended()
    try:
        yield ended
        sys.stdout.flush()
    except BrokenPipeError:  # the reader, such as `head`, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        ended.code = 130
    except Exception as error:
        code = code_of(error)
        if code is None:
            raise
        ended.code = code
        say(str(error) if not isinstance(error, OSError) else _of_file(error))


def code_of(error: Exception) -> int | None:
    """The exit code of an error; None for one that is no fault of the user's."""
    names = {f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__}
    if names & set(WRONG_INPUT):
        return 2
    if names & set(NOT_POSSIBLE):
        return 1
    return 2 if isinstance(error, OSError) and error.filename is not None else None


def _of_file(error: OSError) -> str:
    return str(error) if error.filename is None else f"{error.filename}: {error.strerror}"


def say(text: str) -> None:
    """Print to stderr, in red where that is a terminal with colours."""
    from rich.console import Console
    from rich.text import Text

    Console(stderr=True, highlight=False).print(Text(text, style="red"), soft_wrap=True)
