"""One member of a zip or tar archive, unpacked."""

from __future__ import annotations

import logging
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO, cast

from sccbgm.io.seals import sealed
from sccbgm.io.transfer import TransferError

logger = logging.getLogger(__name__)


def extract(archive: str | Path, member: str, destination: str | Path) -> None:
    """Unpack one member of an archive, found by its path or else by its file name.

    Only the member's content is written, to `destination`: the paths inside the archive are not
    followed. Raises TransferError where the member is not there exactly once or the archive is
    damaged.
    """
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as packed:
                name = _find(packed.namelist(), member, archive)
                with packed.open(name) as source:
                    _write(source, destination)
        else:
            with tarfile.open(archive) as tar:
                files = [entry.name for entry in tar.getmembers() if entry.isfile()]
                content = tar.extractfile(_find(files, member, archive))
                with cast(IO[bytes], content) as source:
                    _write(source, destination)
    except (zipfile.BadZipFile, zlib.error, EOFError, tarfile.TarError) as error:
        raise TransferError(f"{archive}: {error}") from error


def _write(source: IO[bytes], destination: str | Path) -> None:
    with sealed(destination) as beside, beside.open("wb") as target:
        shutil.copyfileobj(source, target, 2**20)


def _find(paths: Sequence[str], member: str, archive: str | Path) -> str:
    names = [name for name in paths if not name.startswith("__MACOSX/")]
    if member in names:
        return member
    file_name = member.rsplit("/", 1)[-1]
    found = [name for name in names if name.rsplit("/", 1)[-1] == file_name]
    if len(found) != 1:
        raise TransferError(f"{archive}: no member {member!r}; it has {', '.join(names)}")
    logger.warning("%s: %r is at %r", archive, member, found[0])
    return found[0]
