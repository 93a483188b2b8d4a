"""Checks an AnnData against its dataset file before anything is computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sccbgm.config.dataset import DatasetConfig
from sccbgm.config.sections import HeldOutTasks, InterventionTasks
from sccbgm.config.sources import FileSource, OSFSource
from sccbgm.data.concepts import concept_matrix
from sccbgm.data.labels import Labels, resolve
from sccbgm.data.matrix import Input, find_input
from sccbgm.data.text import as_text, label_faults, near

if TYPE_CHECKING:
    from anndata import AnnData

ROLES_OF_CELLS = {"train", "modify", "drop", "hold_out"}


class ContractError(ValueError):
    """Data that cannot be used. `faults` has one message for each fault."""

    def __init__(self, where: str, faults: list[str]) -> None:
        self.faults = faults
        super().__init__("\n".join(f"{where}: {fault}" for fault in faults))


def origin(config: DatasetConfig) -> str:
    """The origin that messages name: the dataset and its file."""
    source = config.source
    if isinstance(source, FileSource):
        return f"{config.id} ({source.path})"
    if isinstance(source, OSFSource):
        return f"{config.id} ({source.member} of {source.archive})"
    return f"{config.id} (generated)"


@dataclass(frozen=True)
class Inputs:
    """Input that cells are made of: labels of all cells, and the matrix of those that are kept."""

    labels: Labels
    matrix: Input


def check(adata: AnnData, config: DatasetConfig) -> Inputs:
    """Raise ContractError, with a message a fault, unless `adata` is what the file describes.

    Checked: there are cells and genes, names are unique, the columns of all roles exist with
    accepted labels that can be told apart, labels that the file names occur, X (or a layer) is in
    the state that is expected and finite, both sides of every task have cells, and every concept
    is in its range and not the same in all cells. Cells that are dropped are not looked at.
    """
    faults = name_faults(adata, config)
    if faults:
        raise ContractError(origin(config), faults)
    labels, faults = check_labels(adata, config)
    matrix: Input | None = None
    if labels.keep.any():
        try:
            matrix = matrix_of(adata, config, labels.keep)
        except ValueError as error:
            faults.append(f"preprocess.input: {error}")
    if faults or matrix is None:
        raise ContractError(origin(config), faults)
    return Inputs(labels, matrix)


def check_labels(adata: AnnData, config: DatasetConfig) -> tuple[Labels, list[str]]:
    """The labels of all cells, and what is wrong with them, concepts and tasks: all but values."""
    labels = resolve(adata.obs, config)
    faults = list(labels.faults)
    if not faults:
        kept = labels.obs[labels.keep]
        faults += concept_matrix(adata, kept, config)[2]
        faults += _cluster_faults(kept, config)
        faults += _task_faults(adata.obs[labels.keep], kept, config)
    return labels, faults


def matrix_of(adata: AnnData, config: DatasetConfig, keep: np.ndarray) -> Input:
    """The matrix that a dataset file takes, of some cells. Raises ValueError, see `find_input`."""
    return find_input(adata, config.preprocess.input, keep, config.preprocess.matrix)


def name_faults(adata: AnnData, config: DatasetConfig) -> list[str]:
    """What is wrong with the number of cells and genes, and with their names."""
    least = 1 if config.n_pcs is None else 2
    if adata.n_obs == 0 or adata.n_vars < least:
        found = f"{adata.n_obs} cells x {adata.n_vars} genes"
        return [f"expected cells and {'genes' if least > 1 else 'a gene'}, found {found}"]
    faults = []
    for kind, names in (("obs_names", adata.obs_names), ("var_names", adata.var_names)):
        if missing := int(names.isna().sum()):
            faults.append(f"{kind}: {missing} names are missing")
        twice = names[names.duplicated()].unique()
        if len(twice):
            faults.append(
                f"{kind}: {len(twice)} names occur more than once ({list(twice[:3])}); "
                f"adata.{kind}_make_unique() makes them differ"
            )
    return faults


def _cluster_faults(kept: pd.DataFrame, config: DatasetConfig) -> list[str]:
    """Broad types that cannot be clustered as wanted."""
    if config.subtypes is None or "subtype" in kept:
        return []
    faults = []
    conditions = kept["condition"].unique()
    for broad, cells in kept.groupby("broad", observed=True):
        wanted = config.subtypes.clusters.get(str(broad))
        if wanted is None:
            faults.append(
                f"subtypes.clusters: no number for {broad!r} ({len(cells)} cells); give one, or "
                "drop these cells with preprocess.drop.broad"
            )
            continue
        sizes = cells["condition"].value_counts().reindex(conditions, fill_value=0)
        if sizes.min() < wanted:
            faults.append(
                f"subtypes.clusters: {wanted} clusters of {broad!r} in every condition need as "
                f"many cells in each, found {sizes.to_dict()}"
            )
    missing = sorted(set(config.subtypes.clusters) - set(kept["broad"].unique()))
    return faults + [f"subtypes.clusters: no cells of {broad!r}" for broad in missing]


def _task_faults(obs: pd.DataFrame, kept: pd.DataFrame, config: DatasetConfig) -> list[str]:
    if isinstance(config.tasks, InterventionTasks):
        return _intervention_faults(obs, config, config.tasks)
    if config.tasks.column not in kept:
        return []  # labels of clusters, counted when they are found
    return task_label_faults(kept, config, config.tasks)


def task_label_faults(obs: pd.DataFrame, config: DatasetConfig, tasks: HeldOutTasks) -> list[str]:
    """Sides of tasks without a cell. obs: roles and composed labels of all cells."""
    roles = config.columns.labels.get(tasks.column, ())
    parts = obs.groupby(tasks.column)[list(dict.fromkeys(roles))].first() if roles else None
    present = set(obs[tasks.column].unique())
    faults = []
    for pair in tasks.held_out:
        sides = {"intervene": tasks.intervene} | {f"target {t}": t for t in tasks.targets_of(pair)}
        for side, condition in sides.items():
            label, where = tasks.label(pair, condition), f"tasks.held_out: {pair.id}"
            if label not in present:
                what = f"no cells labelled {label!r} in {tasks.column} ({side})"
                same = sorted(x for x in present if pair.type and x.startswith(f"{pair.type}_"))
                faults.append(f"{where}: {what}; {near(label, same or sorted(present))}")
            elif parts is not None and pair.type is not None:
                *of_type, last = map(str, parts.loc[label, list(roles)])
                if ("_".join(of_type), last) != (pair.type, condition):
                    faults.append(
                        f"{where}: cells labelled {label!r} are {(*of_type, last)}, not "
                        f"{(pair.type, condition)} ({side})"
                    )
    return faults


def _intervention_faults(
    obs: pd.DataFrame, config: DatasetConfig, tasks: InterventionTasks
) -> list[str]:
    needed = [tasks.denominators, "original_index", *config.task_ids]
    faults = [f"obs[{name!r}] does not exist" for name in needed if name not in obs]
    if faults:
        return faults
    groups = label_faults(as_text(obs[tasks.denominators]))
    faults += [f"obs[{tasks.denominators!r}] {fault}" for fault in groups]
    for name in config.task_ids:
        roles = as_text(obs[name]).fillna("no label")
        if unknown := sorted(set(roles) - ROLES_OF_CELLS):
            faults.append(f"obs[{name!r}] holds {unknown}, expected {sorted(ROLES_OF_CELLS)}")
            continue
        empty = sorted({"train", "modify", "hold_out"} - set(roles))
        faults += [f"obs[{name!r}]: no cells labelled {role!r}" for role in empty]
        ids = {role: obs.loc[roles == role, "original_index"] for role in ("modify", "hold_out")}
        unique = all(side.is_unique and side.notna().all() for side in ids.values())
        if not unique or set(ids["modify"]) != set(ids["hold_out"]):
            faults.append(
                f"obs[{name!r}]: the original_index of `modify` ({len(ids['modify'])} cells) and "
                f"`hold_out` ({len(ids['hold_out'])} cells) must be the same set, each once"
            )
    return faults
