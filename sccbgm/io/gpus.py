"""Which of a machine's GPUs a job computes on: one that no other job of this workflow has."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from sccbgm.io.locks import Locked, take

VISIBLE = "CUDA_VISIBLE_DEVICES"
SECONDS = 2.0
"""Between two looks for a free one."""


@contextmanager
def own_gpu(
    count: Callable[[], int],
    jobs_each: int = 1,
    report: Callable[[str], None] = lambda line: None,
    folder: Path | None = None,
) -> Iterator[None]:
    """Let the process see one GPU, which at most `jobs_each` jobs have at a time; wait for it.

    To be entered before CUDA is. Where a scheduler has chosen one already, and set
    CUDA_VISIBLE_DEVICES, it stays; of several that are visible, or `count()` where nothing is said,
    one is taken. folder: of the locks, by default one of this user on this machine.
    """
    given = os.environ.get(VISIBLE)
    devices = [str(i) for i in range(count())] if given is None else given.split(",")
    if not devices or (given is not None and len(devices) == 1):
        yield
        return
    folder = folder or Path(tempfile.gettempdir()) / f"sccbgm-gpus-{os.getuid()}"
    device, lock = _free(devices, jobs_each, folder, report)
    os.environ[VISIBLE] = device
    try:
        yield
    finally:
        if given is None:
            del os.environ[VISIBLE]
        else:
            os.environ[VISIBLE] = given
        lock.release()


def _free(
    devices: list[str], jobs_each: int, folder: Path, report: Callable[[str], None]
) -> tuple[str, FileLock]:
    """A device and the lock of a place on it; the places of one device are taken last."""
    said = False
    while True:
        for place in range(jobs_each):
            for device in devices:
                try:
                    return device, take(folder / f"{device.replace('/', '_')}-{place}.lock")
                except Locked:
                    continue
        if not said:
            report(f"waiting for one of {len(devices)} GPUs, all of which have {jobs_each} jobs")
            said = True
        time.sleep(SECONDS)
