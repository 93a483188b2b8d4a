"""An h5ad file of what repositories and R write: count matrices, names, a table of cells."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import io, sparse

from sccbgm.io.files import written_whole

if TYPE_CHECKING:
    from anndata import AnnData

logger = logging.getLogger(__name__)

PORTAL_ROW = "TYPE"
"""First field of the second line of a table of the Single Cell Portal, which is about columns."""


class ConversionError(ValueError):
    """Files that do not belong together; the message names them."""


@dataclass(frozen=True)
class Parts:
    """Files to convert.

    matrices: Matrix Market, genes x cells or cells x genes, each with its file of barcodes (a line
    a cell). genes: a line a gene, whose second field is the name where it has several. cells: csv
    or tsv, a row a cell, whose first field is the barcode. All may be gzip.
    """

    matrices: tuple[Path, ...]
    barcodes: tuple[Path, ...]
    genes: Path
    cells: Path


def convert(
    parts: Parts,
    keep: Mapping[str, str] | None = None,
    require: Sequence[str] = (),
    rename: Mapping[str, str] | None = None,
) -> AnnData:
    """One AnnData: X as the matrices have it (CSR), obs the columns of the table of cells.

    Rows of the table belong to cells by barcode; where barcodes of several matrices are the same,
    by their order, if each name begins with its barcode. Cells that the table does not have are
    left out. keep: column -> the value of the cells that are kept. require: columns that the cells
    that are kept have a value in. rename: column -> its new name.

    Raises ConversionError where shapes or names do not fit, or no cell is left.
    """
    import anndata

    genes = _names(parts.genes, -1)
    barcodes = [_names(path, 0) for path in parts.barcodes]
    if len(barcodes) != len(parts.matrices):
        raise ConversionError(
            f"{len(parts.matrices)} matrices and {len(barcodes)} files of barcodes"
        )
    pairs = zip(parts.matrices, barcodes, strict=True)
    x = sparse.vstack([_matrix(path, len(of), len(genes)) for path, of in pairs], format="csr")
    rows, obs = _aligned(np.concatenate(barcodes), _table(parts.cells), parts.cells)
    obs = obs.rename(columns=dict(rename or {}))
    if missing := sorted({*(keep or {}), *require} - set(obs)):
        raise ConversionError(f"{parts.cells}: no columns {missing}; it has {list(obs)}")
    wanted = np.ones(len(obs), dtype=bool)
    for column, value in (keep or {}).items():
        wanted &= (obs[column].astype(str) == value).to_numpy()
    wanted &= obs[list(require)].notna().all(axis=1).to_numpy()
    if not wanted.any():
        raise ConversionError(f"{parts.cells}: no cell with {dict(keep or {})} and {list(require)}")
    logger.info("%d of %d cells, %d genes", wanted.sum(), x.shape[0], x.shape[1])
    made = anndata.AnnData(x[rows[wanted]], obs=obs[wanted], var=pd.DataFrame(index=genes))
    for axis, names in (("cells", made.obs_names), ("genes", made.var_names)):
        if twice := int(names.duplicated().sum()):
            logger.warning("%d %s have the name of another, and get a number", twice, axis)
    made.obs_names_make_unique()
    made.var_names_make_unique()
    return made


def write(made: AnnData, path: Path) -> None:
    """Write the file, whole or not at all."""
    with written_whole(path) as beside:
        made.write_h5ad(beside, compression="gzip")


def _names(path: Path, field: int) -> np.ndarray:
    """A name a line: its first field, or of -1 the second where there is one."""
    table = pd.read_csv(path, sep="\t", header=None, dtype=str, keep_default_na=False)
    return table[min(1, table.shape[1] - 1) if field else 0].to_numpy(dtype=object)


def _matrix(path: Path, n_cells: int, n_genes: int) -> sparse.csr_matrix:
    """(n_cells, n_genes) float32."""
    try:
        read = io.mmread(path)
    except (ValueError, OSError) as error:
        raise ConversionError(f"{path}: no Matrix Market file: {error}") from error
    if read.shape == (n_genes, n_cells):
        read = read.T
    if read.shape != (n_cells, n_genes):
        raise ConversionError(
            f"{path}: found {read.shape[0]} x {read.shape[1]}; expected {n_genes} genes and "
            f"{n_cells} cells, as the files of names have"
        )
    return sparse.csr_matrix(read, dtype=np.float32)


def _table(path: Path) -> pd.DataFrame:
    separator = "," if path.name.removesuffix(".gz").endswith(".csv") else "\t"
    # Without index_col a first column that has no name in the header, as R writes it, is the index
    table = pd.read_csv(path, sep=separator, low_memory=False)
    if isinstance(table.index, pd.RangeIndex):
        table = table.set_index(table.columns[0])
    if len(table) and str(table.index[0]) == PORTAL_ROW:
        table = table.iloc[1:].infer_objects()
    table.index = table.index.astype(str)
    return table


def _aligned(
    barcodes: np.ndarray, table: pd.DataFrame, path: Path
) -> tuple[np.ndarray, pd.DataFrame]:
    """Row numbers of the cells that the table has, and its rows in that order."""
    names = table.index
    place = pd.Index(barcodes)
    if place.is_unique and names.is_unique and names.isin(place).all():
        return place.get_indexer(names), table
    pairs: list[tuple[Any, Any]] = list(zip(barcodes, names, strict=False))
    wrong = [(barcode, name) for barcode, name in pairs if not name.startswith(barcode)]
    if len(barcodes) == len(names) and not wrong:
        return np.arange(len(barcodes)), table
    unknown = [name for name in names if name not in place][:3]
    raise ConversionError(
        f"{path}: {len(names)} rows for {len(barcodes)} barcodes, neither by name (not among the "
        f"barcodes: {unknown}) nor by order (first that differ: {wrong[:1]})"
    )
