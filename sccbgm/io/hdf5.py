"""Whether HDF5 gets through a file: in some damaged ones it crashes, or goes round in circles."""

from __future__ import annotations

import contextlib
import faulthandler
import os
import signal
import sys
from pathlib import Path

SMALL = 2**24
"""Bytes up to which an array is read; larger ones hold values, not what describes others."""

SECONDS = 10
"""Of a processor, after which there is no end to be expected."""


def survive(path: str | Path) -> None:
    """Look through a file in another process, which may die of it.

    Everything but large arrays is read: that is where HDF5 follows addresses. Raises OSError where
    that process crashes or does not end; what HDF5 itself refuses is left to the file's reader.
    Only on Linux: elsewhere a copy of a process may die for reasons of its own.
    """
    if sys.platform != "linux":
        return
    if not (child := os.fork()):
        faulthandler.disable()
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        with contextlib.suppress(BaseException):
            _walk(path)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code < 0:
        what = "finds no end in it" if -code == signal.SIGPROF else "crashes on it"
        raise OSError(f"the file is damaged: HDF5 {what}")


def _walk(path: str | Path) -> None:
    import h5py

    def look(_: str, item: h5py.HLObject) -> None:
        with contextlib.suppress(Exception):
            for key in item.attrs:
                item.attrs[key]
        with contextlib.suppress(Exception):
            if isinstance(item, h5py.Dataset) and item.nbytes <= SMALL:
                item[()]

    with h5py.File(path) as file:
        look("", file)
        file.visititems(look)
