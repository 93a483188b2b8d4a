"""A file of cells seen without reading it whole: the labels of all cells, the values of some."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sccbgm.config.errors import ConfigError
from sccbgm.io.hdf5 import survive

if TYPE_CHECKING:
    from anndata import AnnData

BLOCK, BLOCKS = 300, 3
"""Rows that are read together, and how many times: at the start, in the middle, at the end."""


@dataclass(frozen=True)
class Glance:
    """A part of a file.

    cells: all cells with obs, names of genes and the tables of obsm; no values. some: the cells of
    `rows` with X, layers and .raw. rows: their row numbers, ascending.
    """

    cells: AnnData
    some: AnnData
    rows: np.ndarray


def glance(path: str | Path) -> Glance:
    """Look at an h5ad file: a second for a file of any size, unless its matrix is CSC.

    A column of a CSC matrix is what can be read alone, so that one is read whole, and so are files
    of AnnData before 0.7. Raises ConfigError, naming the file, where it is no h5ad.
    """
    import anndata
    import h5py

    try:
        survive(path)
        with h5py.File(path) as file:
            _check_kind(file)
            if isinstance(file["obs"], h5py.Group) and isinstance(file["var"], h5py.Group):
                return _of_parts(file)
        whole = anndata.read_h5ad(path)
    except MemoryError:
        raise
    except Exception as error:  # of a damaged file HDF5 and AnnData raise what they come upon
        said = " ".join(str(error).split())
        raise ConfigError(f"{path}: cannot be read as an h5ad file: {said}") from error
    rows = _rows(whole.n_obs)
    return Glance(whole, whole[rows].copy(), rows)


OTHERS = {
    "mod": "a MuData; write the AnnData of one modality, mdata.mod[NAME].write_h5ad(...)",
    "row_attrs": "a loom file; anndata.io.read_loom(...) reads it, .write_h5ad(...) converts it",
    "matrix": "a 10x file; scanpy.read_10x_h5(...) reads it, .write_h5ad(...) converts it",
}
"""A part that HDF5 files of other kinds have, and what then to do."""


def _check_kind(file: Any) -> None:
    """Raise ValueError for files of other kinds."""
    for part, words in OTHERS.items():
        if part in file:
            raise ValueError(f"it is {words}")


def _of_parts(file: Any) -> Glance:
    import anndata
    from anndata.io import read_elem

    obs, var = read_elem(file["obs"]), read_elem(file["var"])
    tables = {
        key: read_elem(item)
        for key, item in file.get("obsm", {}).items()
        if item.attrs.get("encoding-type") == "dataframe"
    }
    names = pd.DataFrame(index=var.index)
    rows = _rows(len(obs))
    raw = file.get("raw")
    some = anndata.AnnData(
        _values(file["X"], rows) if "X" in file else None,
        obs=obs.iloc[rows],
        var=names,
        layers={key: _values(item, rows) for key, item in file.get("layers", {}).items()},
        raw=None if raw is None else _raw(raw, rows),
    )
    return Glance(anndata.AnnData(obs=obs, var=names, obsm=tables), some, rows)


def _raw(group: Any, rows: np.ndarray) -> dict[str, Any]:
    from anndata.io import read_elem

    var = pd.DataFrame(index=read_elem(group["var"]).index)
    return {"X": _values(group["X"], rows), "var": var}


def _rows(n: int) -> np.ndarray:
    if n <= BLOCK * BLOCKS:
        return np.arange(n)
    starts = np.linspace(0, n - BLOCK, BLOCKS).astype(int)
    return np.unique(np.concatenate([np.arange(start, start + BLOCK) for start in starts]))


def _values(item: Any, rows: np.ndarray) -> Any:
    """Some rows of a stored matrix: dense as it is, sparse as CSR."""
    import h5py
    from anndata.io import sparse_dataset
    from scipy import sparse

    runs = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)
    if isinstance(item, h5py.Dataset):
        return np.concatenate([item[run[0] : run[-1] + 1] for run in runs if len(run)])
    stored = sparse_dataset(item)
    if stored.format == "csc":
        return sparse.csr_matrix(stored.to_memory())[rows]
    return sparse.vstack([stored[run[0] : run[-1] + 1] for run in runs if len(run)], format="csr")
