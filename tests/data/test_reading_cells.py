"""A file of cells of the user's that cannot be read is named, whatever is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from mutants import each_is_read_or_named
from small import cells

from sccbgm.data.reading import read_cells
from sccbgm.io import hdf5
from sccbgm.protocol.faults import of_machine


@pytest.mark.parametrize("spoil", [lambda b: b[:500], lambda b: b"", lambda b: b"text\n" * 99])
@pytest.mark.parametrize("made", [True, False])
def test_a_damaged_file_is_named(tmp_path: Path, spoil, made: bool) -> None:
    path = tmp_path / "cells.h5ad"
    cells().write_h5ad(path)
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(OSError, match=r"cells\.h5ad: (damaged|cannot be read as an h5ad)") as error:
        read_cells(path, made)
    assert of_machine(error.value)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("n", [30, pytest.param(2000, marks=pytest.mark.slow)])
def test_a_spoilt_file_of_the_users_is_read_or_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, n: int
) -> None:
    monkeypatch.setattr(hdf5, "SECONDS", 1)
    path = tmp_path / "cells.h5ad"
    cells().write_h5ad(path)
    each_is_read_or_named(path, n, lambda: read_cells(path, made=False), OSError)


def test_a_file_of_the_user_needs_no_checksum(tmp_path: Path) -> None:
    path = tmp_path / "cells.h5ad"
    cells().write_h5ad(path)
    assert read_cells(path, made=False).n_obs == 48
