"""Which cells a training leaves out to be validated with."""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING

import numpy as np

from sccbgm.api.faults import Fault, Faults, expect
from sccbgm.protocol.keys import generator

if TYPE_CHECKING:
    from anndata import AnnData

FEWEST_HELD_OUT = 2
"""One cell has no covariance with the concepts, which is a part of the loss."""


def held_out_cells(
    adata: AnnData, validation: float | str, patience: int | None, fewest: int
) -> np.ndarray:
    """(n_cells,) True for cells that are not trained on.

    validation: their share, drawn at random, the same ones each time; 0 for none; or the obs column
    that is True for them. fewest: training cells that must remain. Raises Fault for others, and for
    a patience that is no whole number from 1 or has nothing to measure.
    """
    faults = Faults()
    with faults.gather():
        if patience is not None and (not _whole(patience) or patience < 1):
            raise Fault(f"patience: found {patience!r}; expected a whole number of epochs from 1")
    with faults.gather():
        if patience is not None and validation == 0:
            raise Fault("patience: found no validation; expected a share of cells, validation=0.1")
    chosen = np.zeros(adata.n_obs, dtype=bool)
    with faults.gather():
        chosen = _chosen(adata, validation)
        n, left = int(chosen.sum()), int((~chosen).sum())
        if n and (n < FEWEST_HELD_OUT or left < fewest):
            raise Fault(
                f"validation: found {n} cells, which leaves {left} to train on; expected "
                f"{FEWEST_HELD_OUT} or more, and {fewest} or more"
            )
    faults.stop()
    return chosen


def _chosen(adata: AnnData, validation: float | str) -> np.ndarray:
    if isinstance(validation, str):
        expect(validation, adata.obs, "validation", "column of obs")
        column = adata.obs[validation]
        if column.isna().any() or not column.isin([True, False]).all():
            raise Fault(
                f"obs[{validation!r}]: found {list(map(str, column.unique()[:3]))}; expected True "
                "for cells to validate with, False for those to train on"
            )
        if not column.any():
            raise Fault(f"obs[{validation!r}]: found no cell with True; expected some")
        return column.to_numpy(dtype=bool)
    if not isinstance(validation, Real) or not 0 <= validation < 1:
        raise Fault(
            f"validation: found {validation!r}; expected a share of the cells from 0 to below 1, "
            "or a column of obs"
        )
    n = round(float(validation) * adata.n_obs)
    chosen = np.zeros(adata.n_obs, dtype=bool)
    chosen[generator("validation", adata.n_obs).permutation(adata.n_obs)[:n]] = True
    return chosen


def _whole(number: object) -> bool:
    return isinstance(number, int | np.integer) and not isinstance(number, bool)
