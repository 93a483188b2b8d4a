"""Locks that the operating system lets go of when their holder dies, however it dies."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

logger = logging.getLogger(__name__)


class Locked(RuntimeError):
    """Another process holds the lock."""


def take(path: str | Path) -> FileLock:
    """Hold the lock of a file until it is released or this process ends. Raises Locked."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise Locked(f"{path}: held by another process, which is still running") from None
    return lock


@contextmanager
def held(path: str | Path) -> Iterator[None]:
    """Hold the lock of a file, after waiting for whoever has it."""
    try:
        lock = take(path)
    except Locked as error:
        logger.info("%s; waiting for it to end", error)
        lock = FileLock(path)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
