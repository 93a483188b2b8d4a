"""A file that HDF5 does not get through ends another process, and is named."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import h5py
import pytest

from sccbgm.io import hdf5


def circles(path: object) -> None:
    while True:
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="another process is tried on Linux alone")
@pytest.mark.parametrize(
    ("walk", "said"),
    [(lambda path: os.kill(os.getpid(), signal.SIGSEGV), "crashes"), (circles, "finds no end")],
)
def test_what_ends_the_process_is_an_error_here(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, walk: Callable[[object], None], said: str
) -> None:
    monkeypatch.setattr(hdf5, "_walk", walk)
    monkeypatch.setattr(hdf5, "SECONDS", 1)
    with pytest.raises(OSError, match=f"the file is damaged: HDF5 {said}"):
        hdf5.survive(tmp_path / "cells.h5ad")


def test_everything_small_is_read_and_what_hdf5_refuses_is_left_to_the_reader(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "cells.h5ad"
    with h5py.File(path, "w") as file:
        file.attrs["a"] = 1
        file.create_group("obs")["type"] = ["A", "B"]
        file["X"] = list(range(100))
    seen: list[str] = []
    read = h5py.Dataset.__getitem__
    monkeypatch.setattr(
        h5py.Dataset, "__getitem__", lambda self, i: seen.append(self.name) or read(self, i)
    )
    monkeypatch.setattr(hdf5, "SMALL", 100)
    hdf5._walk(path)
    assert seen == ["/obs/type"]
    (tmp_path / "text.h5ad").write_text("no HDF5")
    hdf5.survive(tmp_path / "text.h5ad")
