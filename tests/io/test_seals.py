"""A file whose bytes have changed is never read: every flipped byte and every cut is noticed."""

from __future__ import annotations

import json
import random
import resource
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import torch
from anndata import AnnData

from sccbgm.io.seals import LENGTH, Damaged, checksum, damage, is_empty, sealed, verified


def table() -> pd.DataFrame:
    return pd.DataFrame({"value": np.arange(50.0), "name": ["a"] * 50})


def cells() -> AnnData:
    return AnnData(np.arange(60, dtype=np.float32).reshape(20, 3), uns={"said": "words"})


WRITE: dict[str, Callable[[Path], object]] = {
    ".parquet": lambda path: table().to_parquet(path),
    ".h5ad": lambda path: cells().write_h5ad(path, compression="lzf"),
    ".pt": lambda path: torch.save({"w": torch.arange(9.0)}, path),
    ".json": lambda path: path.write_text(
        json.dumps({"tasks": ["é"], "checksum": ""}, indent=1) + "\n"
    ),
}


@pytest.fixture(params=WRITE)
def written(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"file{request.param}"
    with sealed(path) as beside:
        WRITE[request.param](beside)
    return path


def test_ordinary_readers_read_sealed_files(written: Path) -> None:
    assert verified(written) == written
    if written.suffix == ".parquet":
        pd.testing.assert_frame_equal(pd.read_parquet(written), table())
    elif written.suffix == ".h5ad":
        with h5py.File(written) as file:
            assert file["X"].shape == (20, 3)
    elif written.suffix == ".pt":
        assert torch.load(written)["w"][-1] == 8
    else:
        assert json.loads(written.read_text(encoding="utf-8"))["tasks"] == ["é"]


def test_every_flipped_byte_is_noticed(written: Path) -> None:
    good = written.read_bytes()
    places = random.Random(0).sample(range(len(good)), min(len(good), 300))
    for place in (*places, *range(len(good) - LENGTH - 8, len(good))):
        bad = bytearray(good)
        bad[place] ^= 1 << place % 8
        written.write_bytes(bad)
        assert damage(written), place
    written.write_bytes(good)
    assert not damage(written)


def test_a_cut_or_longer_file_and_one_without_a_seal_are_named(written: Path) -> None:
    good = written.read_bytes()
    for content in (b"", good[:1], good[: len(good) // 2], good[:-1], good + b"\0", b"x" * 100):
        written.write_bytes(content)
        with pytest.raises(Damaged, match=rf"{written.name}: damaged: .*`sccbgm retry`"):
            verified(written)
    WRITE[written.suffix](written)
    assert "no checksum" in damage(written)
    with pytest.raises(FileNotFoundError):
        verified(written.with_name("absent"))


def test_the_checksum_says_what_a_file_holds(written: Path, tmp_path: Path) -> None:
    copy = tmp_path / f"copy{written.suffix}"
    copy.write_bytes(written.read_bytes())
    assert checksum(copy) == checksum(written)
    for content in (b"", b"x" * 100):
        copy.write_bytes(content)
        with pytest.raises(Damaged, match=rf"{copy.name}: damaged: "):
            checksum(copy)
    with sealed(copy) as beside:
        beside.write_bytes(
            b'{"tasks": 1}\n"\n}\n' if copy.suffix == ".json" else b"PAR1\0\0\0\0PAR1"
        )
    assert checksum(copy) != checksum(written)


def test_a_file_may_hold_nothing_but_its_seal(tmp_path: Path) -> None:
    path = tmp_path / "fit.pt"
    with sealed(path) as beside:
        beside.touch()
    assert is_empty(verified(path)) and path.stat().st_size == LENGTH
    path.write_bytes(b"")
    assert damage(path), "a file that a full disk has emptied"


def test_nothing_is_left_where_writing_fails(tmp_path: Path) -> None:
    def fail() -> None:
        with sealed(tmp_path / "a.json") as beside:
            beside.write_text("{}")

    with pytest.raises(ValueError, match="does not end"):
        fail()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".parquet", ".h5ad", ".json"])
def test_a_full_disk_is_named_and_leaves_the_last_file(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"file{suffix}"
    with sealed(path) as beside:
        WRITE[suffix](beside)
    good, limits = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(good) // 2, limits[1]))
    try:
        with pytest.raises(OSError, match=rf"File too large: '{path}'"), sealed(path) as beside:
            WRITE[suffix](beside)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == good
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
