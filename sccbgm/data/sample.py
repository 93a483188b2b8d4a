"""A part of a file's cells: drawn by key, of each population its share."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sccbgm.config.dataset import DatasetConfig
from sccbgm.config.sections import ROLES, HeldOutTasks
from sccbgm.data.contract import ContractError, origin
from sccbgm.data.labels import resolve
from sccbgm.data.populations import allocate, in_tasks
from sccbgm.data.preprocess import preprocess
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
    uns["sampled"]: cells drawn, cells of the file, and whether subtypes were found by clustering.

    Raises ContractError where the labels are not as the dataset file says, or n is too small.
    """
    assert config.sample is not None
    rows, obs = np.arange(adata.n_obs), adata.obs
    if config.sample < adata.n_obs and isinstance(config.tasks, HeldOutTasks):
        obs = _with_subtypes(adata, config)
        rows = _of_populations(obs, config)
    elif config.sample < adata.n_obs:
        rows = _of_pairs(obs, config)
    logger.info("%s: %d of %d cells", config.id, len(rows), adata.n_obs)
    part = adata[rows].copy()
    part.obs = obs.iloc[rows].copy()
    clustered = len(obs.columns) > len(adata.obs.columns)
    part.uns["sampled"] = {"cells": len(rows), "of": adata.n_obs, "clustered": clustered}
    return part


def _with_subtypes(adata: AnnData, config: DatasetConfig) -> pd.DataFrame:
    """obs, with a column of subtypes where the file has none and they are to be clustered.

    They are found on all cells: those of a part would be others.
    """
    column = config.columns.subtype
    if config.subtypes is None or column is None or set(column.names) & set(adata.obs.columns):
        return adata.obs
    clean = preprocess(adata, config)
    found = clean.obs["subtype"].astype(str).reindex(adata.obs_names)
    return adata.obs.assign(**{column.names[0]: pd.Categorical(found)})


def _of_populations(obs: pd.DataFrame, config: DatasetConfig) -> np.ndarray:
    """Sorted row numbers of a part of real cells."""
    labels = resolve(obs, config)
    if labels.faults:
        raise ContractError(origin(config), labels.faults)
    text = labels.obs.astype(object)
    text[~labels.keep] = DROPPED
    assert isinstance(config.tasks, HeldOutTasks)
    of_task = {*ROLES, *config.joined(config.tasks.column)}
    roles = [role for role in config.columns.roles if role in text and role in of_task]
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
