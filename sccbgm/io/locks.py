"""Locks that the operating system lets go of when their holder dies, however it dies."""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

logger = logging.getLogger(__name__)


class Locked(RuntimeError):
    """Another process holds the lock."""


def take(path: str | Path) -> IO[str]:
    """Hold the lock of a file until the returned file is closed or this process ends.

    Raises Locked, naming the holder's process, if another one has it.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        holder = file.read().strip()
        file.close()
        raise Locked(f"{path}: held by process {holder}, which is still running") from None
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


@contextmanager
def held(path: str | Path) -> Iterator[None]:
    """Hold the lock of a file, after waiting for whoever has it."""
    try:
        file = take(path)
    except Locked as error:
        logger.info("%s; waiting for it to end", error)
        file = Path(path).open("a+")  # noqa: SIM115 (closed below)
        fcntl.flock(file, fcntl.LOCK_EX)
    with file:
        yield
