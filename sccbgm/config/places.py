"""Where the files that a run names are: beside its configuration, here, or in the repository."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from sccbgm.config.errors import ConfigError

REPOSITORY = Path(__file__).resolve().parents[2]
HDF5 = b"\x89HDF\r\n\x1a\n"


def config_folders(
    files: Iterable[str | Path] = (),
    repository: str | Path = REPOSITORY,
    first: Iterable[str] = (),
) -> list[str]:
    """Folders with `studies/`, `datasets/`, `methods/`, `norman/`, the preferred ones first.

    Those given as `first`; beside the configuration files, the last of them first; `config` in the
    working directory; `config` in the repository.
    """
    beside = [folder for file in reversed(list(files)) for folder in _of(Path(file).parent)]
    folders = [*map(Path, first), *beside, Path("config"), Path(repository, "config")]
    unique: dict[Path, str] = {}
    for folder in folders:
        unique.setdefault(folder.resolve(), str(shortened(folder)))
    return list(unique.values())


def _of(folder: Path) -> tuple[Path, ...]:
    above = (folder.parent,) if folder.name == "studies" else ()
    return folder, folder / "config", *above


def shortened(path: Path) -> Path:
    """The path from the working directory, where it is inside."""
    # Not resolved: a link may well lead out of the folder in which it is meant
    full, here = Path(os.path.abspath(path)), Path.cwd()  # noqa: PTH100
    return full.relative_to(here) if full.is_relative_to(here) else full


def named(folders: Sequence[str | Path], kind: str) -> dict[str, Path]:
    """Id -> file of all of a kind, such as "datasets"; the first folder's is taken."""
    files: dict[str, Path] = {}
    for folder in folders:
        place = Path(folder, kind)
        for name in sorted(os.listdir(place)) if place.is_dir() else ():  # noqa: PTH208
            id = name.removesuffix(".yaml")
            if id != name and id not in files:
                files[id] = place / name
    return files


def _plain(text: str) -> str:
    if not text.strip() or any(character in text for character in "{}\n\r\t\0"):
        raise ValueError(
            f"found {text!r}; expected a path without braces, which Snakemake takes as wildcards, "
            "and on one line"
        )
    try:
        return str(Path(text).expanduser())
    except RuntimeError as error:  # a user of that name is not known
        raise ValueError(f"found {text!r}; {str(error).lower()}") from None


def _folder(text: str) -> str:
    path = os.path.normpath(_plain(text))
    if path == "." or Path(path).is_file():
        raise ValueError(f"found {text!r}; expected a folder of the run's own")
    return path


LocalPath = Annotated[str, AfterValidator(_plain)]
"""A path as a user writes it: `~` is the home folder."""

ResultsFolder = Annotated[str, AfterValidator(_folder)]
"""A folder to write into, made where it is not there."""


def find(path: str, written_in: Path) -> Path:
    """The file that a dataset or method file names.

    A relative path starts in the working directory or, failing that, in the folder that holds the
    `config` folder of the file. Raises ConfigError, naming both, where there is nothing.
    """
    above = written_in.parent.parent
    root = above.parent if above.name == "config" else above
    places = dict.fromkeys((Path(path), shortened(root / path)))
    for place in places:
        if place.exists():
            return place
    looked = " or ".join(os.path.abspath(place) for place in places)  # noqa: PTH100
    raise ConfigError(f"found {path!r}; there is no file {looked}")


def check_h5ad(path: Path) -> None:
    """Raise ConfigError unless a file begins as an AnnData file does."""
    if path.is_dir():
        zarr = f"; `anndata.read_zarr({str(path)!r}).write_h5ad(...)` makes one"
        how = zarr if any((path / name).exists() for name in (".zgroup", "zarr.json")) else ""
        raise ConfigError(f"found {str(path)!r}, a folder; expected an AnnData file (.h5ad){how}")
    try:
        with path.open("rb") as file:
            start = file.read(2056)
    except OSError as error:
        raise ConfigError(f"found {str(path)!r}, which cannot be read: {error.strerror}") from None
    if start[:2] == b"\x1f\x8b":
        raise ConfigError(f"found {str(path)!r}, a gzip file; unpack it: `gunzip -k '{path}'`")
    # HDF5 allows a block of the user's own, of a power of two of bytes, before its signature
    if not any(start[at:].startswith(HDF5) for at in (0, 512, 1024, 2048)):
        raise ConfigError(
            f"found {str(path)!r}, which is not HDF5; expected an AnnData file (.h5ad)"
        )
