"""A part of a file's cells: drawn by key, of each population its share."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sccbgm.config.dataset import ROLES, DatasetConfig
from sccbgm.config.sections import HeldOutTasks
from sccbgm.data.contract import ContractError, origin
from sccbgm.data.labels import resolve
from sccbgm.data.populations import allocate, in_tasks
from sccbgm.protocol.keys import generator

if TYPE_CHECKING:
    from anndata import AnnData

logger = logging.getLogger(__name__)

DROPPED = "dropped"


def sample(adata: AnnData, config: DatasetConfig) -> AnnData:
    """`config.sample` cells of a file in the file's own order and format; all where it has fewer.

    A population is a broad type, subtype and condition, as far as the file says them; the cells
    that the dataset drops are one too. See `allocate` for how many of each are drawn.
    uns["sampled"]: cells drawn, cells of the file.

    Raises ContractError where the labels are not as the dataset file says, or n is too small.
    """
    assert config.sample is not None
    rows = np.arange(adata.n_obs)
    if config.sample < adata.n_obs:
        rows = _draw(_populations(adata, config), config, config.sample)
    logger.info("%s: %d of %d cells", config.id, len(rows), adata.n_obs)
    part = adata[rows].copy()
    part.uns["sampled"] = {"cells": len(rows), "of": adata.n_obs}
    return part


def _populations(adata: AnnData, config: DatasetConfig) -> pd.DataFrame:
    """(n_cells, ...) roles and composed labels of all cells as text, `DROPPED` where not kept."""
    if not isinstance(config.tasks, HeldOutTasks):
        raise ContractError(origin(config), ["sample: only for tasks of the kind held_out"])
    labels = resolve(adata.obs, config)
    if labels.faults:
        raise ContractError(origin(config), labels.faults)
    text = labels.obs.astype(object)
    text[~labels.keep] = DROPPED
    return text


def _draw(labels: pd.DataFrame, config: DatasetConfig, n: int) -> np.ndarray:
    """(n,) sorted row numbers."""
    roles = [role for role in ROLES if role in labels]
    known = labels.reset_index(drop=True).groupby(roles, sort=True)
    members = list(known.indices.values())
    populations = known.first().reset_index()
    sizes = np.array([len(rows) for rows in members])
    try:
        kept = allocate(sizes, in_tasks(populations, config), n, "sample", config.id)
    except ValueError as error:
        raise ContractError(origin(config), [f"sample: {error}"]) from None
    for (_, row), of, drawn in zip(populations.iterrows(), sizes, kept, strict=True):
        logger.info("%s: %d of %d cells", ", ".join(row[roles]), drawn, of)
    rng = generator("sample", config.id)
    drawn = [rng.permutation(rows)[:m] for rows, m in zip(members, kept, strict=True)]
    return np.sort(np.concatenate(drawn))
