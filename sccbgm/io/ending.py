"""SIGTERM: how clusters tell a job that it will be killed, before its time is up or for another."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

EXIT_CODE = 128 + signal.SIGTERM
"""Of a process that was ended so, as shells have it: no success, so the job is done again."""


class Ended(BaseException):
    """The process was asked to end. No Exception: it is no fault of what was being done."""

    def __str__(self) -> str:
        return "ended by SIGTERM; what is saved is continued from"


class _State:
    """Whether SIGTERM has come, and whether the code that runs has put it off."""

    asked = False
    deferred = False


@contextmanager
def endable() -> Iterator[None]:
    """Let SIGTERM raise `Ended` where the process is, so that what is half-written is removed.

    In a thread other than the main one, which gets no signals, nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _on_signal)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
        _State.asked = False


@contextmanager
def deferred() -> Iterator[Callable[[], bool]]:
    """Put SIGTERM off until the block ends: gives a function that says whether it has come.

    For a loop that has something to save first.
    """
    before, _State.deferred = _State.deferred, True
    try:
        yield lambda: _State.asked
    finally:
        _State.deferred = before
    if _State.asked and not before:
        raise Ended


def check() -> None:
    """Raise `Ended` if SIGTERM has come.

    Where other people's code ran: it may swallow `Ended`, or raise an exception of its own.
    """
    if _State.asked:
        raise Ended


def _on_signal(number: int, frame: FrameType | None) -> None:
    _State.asked = True
    if not _State.deferred:
        raise Ended
