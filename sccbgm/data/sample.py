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
    that the dataset drops are one too. Of paired data it is what a factual cell is in every task,
    and `sample` counts factual cells: their counterfactuals come with them. See `allocate` for how
    many of each are drawn.
    uns["sampled"]: cells drawn, cells of the file.

    Raises ContractError where the labels are not as the dataset file says, or n is too small.
    """
    assert config.sample is not None
    rows = np.arange(adata.n_obs)
    if config.sample < adata.n_obs:
        held_out = isinstance(config.tasks, HeldOutTasks)
        rows = _of_populations(adata, config) if held_out else _of_pairs(adata.obs, config)
    logger.info("%s: %d of %d cells", config.id, len(rows), adata.n_obs)
    part = adata[rows].copy()
    part.uns["sampled"] = {"cells": len(rows), "of": adata.n_obs}
    return part


def _of_populations(adata: AnnData, config: DatasetConfig) -> np.ndarray:
    """Sorted row numbers of a part of real cells."""
    labels = resolve(adata.obs, config)
    if labels.faults:
        raise ContractError(origin(config), labels.faults)
    text = labels.obs.astype(object)
    text[~labels.keep] = DROPPED
    roles = [role for role in ROLES if role in text]
    return _draw(text.reset_index(drop=True), roles, config)


def _of_pairs(obs: pd.DataFrame, config: DatasetConfig) -> np.ndarray:
    """Sorted row numbers of a part of the factual cells, and of all their counterfactuals."""
    tasks = list(config.task_ids)
    needed = [config.tasks.denominators, "original_index", *tasks]
    if missing := [name for name in needed if name not in obs]:
        faults = [f"obs[{name!r}] does not exist" for name in missing]
        raise ContractError(origin(config), faults)
    columns = [config.tasks.denominators, *tasks]
    text = obs[columns].astype(str).reset_index(drop=True)
    factual = (text[tasks] != "hold_out").all(axis=1).to_numpy()
    rows = np.flatnonzero(factual)
    drawn = rows[_draw(text[factual].reset_index(drop=True), columns, config)]
    ids = obs["original_index"].astype(str).to_numpy()
    theirs = np.flatnonzero(~factual & np.isin(ids, ids[drawn]))
    return np.sort(np.concatenate([drawn, theirs]))


def _draw(labels: pd.DataFrame, columns: list[str], config: DatasetConfig) -> np.ndarray:
    """Sorted row numbers of `config.sample` cells. columns: what a population has in common."""
    assert config.sample is not None
    known = labels.groupby(columns, sort=True)
    members = list(known.indices.values())
    populations = known.first().reset_index()
    sizes = np.array([len(rows) for rows in members])
    n = min(config.sample, len(labels))
    try:
        kept = allocate(sizes, in_tasks(populations, config), n, "sample", config.id)
    except ValueError as error:
        raise ContractError(origin(config), [f"sample: {error}"]) from None
    for row, of, drawn in zip(populations[columns].to_numpy(), sizes, kept, strict=True):
        logger.info("%s: %d of %d cells", ", ".join(row), drawn, of)
    rng = generator("sample", config.id)
    chosen = [rng.permutation(rows)[:m] for rows, m in zip(members, kept, strict=True)]
    return np.sort(np.concatenate(chosen))
