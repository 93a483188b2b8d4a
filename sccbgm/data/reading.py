"""The cells that a dataset starts from: a file of the user's, or one that the workflow has made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sccbgm.io.hdf5 import survive
from sccbgm.io.seals import verified

if TYPE_CHECKING:
    from anndata import AnnData


def read_cells(path: str | Path, made: bool) -> AnnData:
    """The cells of an h5ad file. made: whether the workflow wrote it, and so can verify it.

    Raises OSError, naming the file, where it is damaged or no h5ad.
    """
    import anndata

    if made:
        return anndata.read_h5ad(verified(path))
    try:
        survive(path)
        return anndata.read_h5ad(path)
    except Exception as error:  # of a damaged file HDF5 and AnnData raise what they come upon
        said = " ".join(str(error).split())
        raise OSError(f"{path}: cannot be read as an h5ad file: {said}") from error
