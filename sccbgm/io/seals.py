"""Checksums inside the files themselves: written with a file, verified before it is read.

A seal is `sccbgm crc32 ` and eight hexadecimal digits: the CRC-32 of all other bytes of the file.
It stands where ordinary readers do not look: at the end of HDF5 and torch files, before the footer
of a parquet file, and in the empty text that a JSON file ends with (`"checksum": ""`). So it moves
with the file, and is renamed into place with it.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sccbgm.io.files import written_whole

SEAL = b"sccbgm crc32 "
LENGTH = len(SEAL) + 8
SUFFIXES = (".h5ad", ".parquet", ".pt", ".json")
BLOCK = 2**20

_END_OF_JSON = b'"\n}\n'
_END_OF_PARQUET = b"PAR1"


class Damaged(OSError):
    """A file whose bytes are not those that were written."""


@contextmanager
def sealed(path: str | Path) -> Iterator[Path]:
    """As `written_whole`, and the file gets its seal before it becomes `path`."""
    with written_whole(path) as beside:
        yield beside
        seal(beside)


def verified(path: str | Path) -> Path:
    """The path of a file that `sealed` wrote, all of whose bytes are as they were written.

    Raises Damaged, naming the file and what to do, where they are not or there is no seal;
    FileNotFoundError where there is no file.
    """
    if fault := damage(path):
        raise Damaged(
            f"{path}: damaged: {fault}; `sccbgm retry` with the same configuration makes it again"
        )
    return Path(path)


def damage(path: str | Path) -> str:
    """What is wrong with a file that `sealed` wrote, "" for nothing."""
    with Path(path).open("rb") as file:
        try:
            start, seal = _found(file, Path(path).suffix)
        except ValueError as error:
            return str(error)
        if seal != _seal_of(file, start, start + LENGTH):
            return "its bytes are not those that were written"
    return ""


def checksum(path: str | Path) -> str:
    """The CRC-32 that a file says of itself, as eight digits. Raises Damaged for one without."""
    with Path(path).open("rb") as file:
        try:
            return _found(file, Path(path).suffix)[1].removeprefix(SEAL).decode()
        except ValueError as error:
            raise Damaged(f"{path}: damaged: {error}") from None


def is_empty(path: str | Path) -> bool:
    """Whether a sealed file holds nothing but its seal."""
    return Path(path).stat().st_size == LENGTH


def seal(path: Path) -> None:
    """Give a file that has been written its seal, as `sealed` does."""
    with path.open("r+b") as file:
        start = _size(file) - _length_behind(file, path.suffix)
        seal = _seal_of(file, start, start)
        file.seek(start)
        behind = file.read()
        file.seek(start)
        file.write(seal + behind)


def _found(file: IO[bytes], suffix: str) -> tuple[int, bytes]:
    """Where the seal is, and the seal. Raises ValueError where there is none."""
    start = _size(file) - _length_behind(file, suffix) - LENGTH
    if start < 0:
        raise ValueError("cut off")
    file.seek(start)
    seal = file.read(LENGTH)
    if not seal.startswith(SEAL):
        raise ValueError("no checksum: cut off, or of another version")
    return start, seal


def _size(file: IO[bytes]) -> int:
    return file.seek(0, os.SEEK_END)


def _length_behind(file: IO[bytes], suffix: str) -> int:
    """How many bytes stand behind the seal. Raises ValueError where the file ends otherwise."""
    if suffix == ".parquet":
        end = _end(file, 8)
        if not end.endswith(_END_OF_PARQUET):
            raise ValueError("it does not end as a parquet file does")
        return 8 + int.from_bytes(end[:4], "little")
    if suffix == ".json":
        if _end(file, len(_END_OF_JSON)) != _END_OF_JSON:
            raise ValueError("it does not end as the JSON that was written")
        return len(_END_OF_JSON)
    return 0


def _end(file: IO[bytes], n: int) -> bytes:
    file.seek(max(0, _size(file) - n))
    return file.read(n)


def _seal_of(file: IO[bytes], end: int, behind: int) -> bytes:
    """The seal of the bytes before `end` and from `behind` on."""
    file.seek(0)
    value = 0
    while end > file.tell():
        value = zlib.crc32(file.read(min(BLOCK, end - file.tell())), value)
    file.seek(behind)
    while block := file.read(BLOCK):
        value = zlib.crc32(block, value)
    return SEAL + f"{value:08x}".encode()
