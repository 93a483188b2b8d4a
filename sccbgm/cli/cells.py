"""Arguments and files that the commands on cells share."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shtab

if TYPE_CHECKING:
    from anndata import AnnData


def pair(text: str) -> tuple[str, str]:
    """NAME=VALUE of a command line."""
    key, found, value = text.partition("=")
    if not found:
        raise argparse.ArgumentTypeError(f"found {text!r}; expected NAME=VALUE")
    return key, value


def add_file(parser: argparse.ArgumentParser, name: str, text: str, **more: Any) -> None:
    """Declare an argument that is a file."""
    given = parser.add_argument(name, type=Path, help=text, **more)
    given.complete = shtab.FILE  # type: ignore[attr-defined]


def add_cells(parser: argparse.ArgumentParser, of: str = "of the file") -> None:
    """Declare which cells are taken: `options.cells`."""
    parser.add_argument(
        "--cells", type=pair, nargs="+", default=[], metavar="COLUMN=LABEL",
        help=f"only the cells {of} that have these labels; of one column, any of them",
    )  # fmt: skip


def add_device(parser: argparse.ArgumentParser) -> None:
    """Declare where to compute: `options.device`."""
    parser.add_argument(
        "--device", default="auto", help="cpu, cuda, cuda:1; auto takes a GPU if there is one"
    )


def read(path: Path, cells: Sequence[tuple[str, str]] = ()) -> AnnData:
    """Cells of an h5ad file, those with the labels asked for.

    Raises OSError, naming the file, where it cannot be read, Fault for a column or a label that is
    not there, and where no cell has all of them.
    """
    import numpy as np

    from sccbgm.api.faults import Fault, Faults, expect
    from sccbgm.data.reading import read_cells

    if not path.is_file():
        raise Fault(f"{path}: no such file; expected an h5ad file")
    try:
        adata = read_cells(path, made=False)
    except OSError as error:
        raise Fault(str(error)) from error
    faults, kept = Faults(), np.ones(adata.n_obs, dtype=bool)
    for column in dict.fromkeys(column for column, _ in cells):
        wanted = [label for name, label in cells if name == column]
        with faults.gather():
            expect(column, adata.obs, f"{path}: obs", "column")
            labels = adata.obs[column].astype(object).astype(str)
            for label in wanted:
                expect(label, sorted(labels.unique()), f"{path}: obs[{column!r}]", "label")
            kept &= labels.isin(wanted).to_numpy()
    faults.stop()
    if not kept.any():
        raise Fault(f"{path}: found no cell with {dict(cells)}; expected some")
    return adata if kept.all() else adata[kept].copy()


def check_writable(path: Path) -> None:
    """Raise Fault unless a file or folder can be made there: before anything long begins."""
    from sccbgm.api.faults import Fault

    above = next(p for p in path.absolute().parents if p.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise Fault(f"{path}: cannot be written; expected a place in a folder that can be")


def write(adata: AnnData, path: Path) -> None:
    """An h5ad file, whole or not at all."""
    import anndata

    from sccbgm.io.files import written_whole

    with (
        anndata.settings.override(allow_write_nullable_strings=True),
        written_whole(path) as beside,
    ):
        adata.write_h5ad(beside)
