"""What an AnnData must hold before anything is computed, checked against its dataset file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sccbgm.config.dataset import DatasetConfig
from sccbgm.config.sections import HeldOutTasks, InterventionTasks, Pathways, Stored
from sccbgm.config.sources import FileSource, OSFSource
from sccbgm.data import labels as label_columns
from sccbgm.data.matrix import find_input, values
from sccbgm.data.pathways import pathway_faults

if TYPE_CHECKING:
    from anndata import AnnData

ROLES_OF_CELLS = {"train", "modify", "drop", "hold_out"}


class ContractError(ValueError):
    """Data that cannot be used. `faults` has one message for each fault."""

    def __init__(self, where: str, faults: list[str]) -> None:
        self.faults = faults
        super().__init__("\n".join(f"{where}: {fault}" for fault in faults))


def origin(config: DatasetConfig) -> str:
    """What messages name: the dataset and its file."""
    source = config.source
    if isinstance(source, FileSource):
        return f"{config.id} ({source.path})"
    if isinstance(source, OSFSource):
        return f"{config.id} ({source.member} of {source.archive})"
    return f"{config.id} (generated)"


def check(adata: AnnData, config: DatasetConfig) -> None:
    """Raise ContractError, with a message a fault, unless `adata` is what the file describes.

    Checked: there are cells and genes, names are unique, X (or a layer) is in the state that is
    expected and finite, the columns of all roles exist with accepted labels and none missing,
    both sides of every task have cells, and what the concepts are made of exists.
    """
    faults = _shape_faults(adata)
    if not faults:
        faults += _matrix_faults(adata, config)
        resolved = label_columns.resolve(adata.obs, config)
        faults += resolved.faults
        if not resolved.faults:
            kept = resolved.obs[resolved.keep]
            faults += _concept_faults(adata, kept, config)
            faults += _cluster_faults(kept, config)
            faults += _task_faults(adata.obs[resolved.keep], kept, config)
    if faults:
        raise ContractError(origin(config), faults)


def _shape_faults(adata: AnnData) -> list[str]:
    if adata.n_obs == 0 or adata.n_vars == 0:
        return [f"expected cells and genes, found {adata.n_obs} cells x {adata.n_vars} genes"]
    faults = []
    for kind, names in (("obs_names", adata.obs_names), ("var_names", adata.var_names)):
        twice = names[names.duplicated()].unique()
        if len(twice):
            faults.append(f"{kind}: {len(twice)} names occur more than once ({list(twice[:3])})")
    return faults


def _matrix_faults(adata: AnnData, config: DatasetConfig) -> list[str]:
    try:
        matrix, _ = find_input(adata, config.preprocess.input)
    except ValueError as error:
        return [f"preprocess.input: {error}"]
    found = values(matrix)
    if np.issubdtype(found.dtype, np.floating) and not np.isfinite(found).all():
        return ["preprocess.input: the matrix has values that are not finite"]
    return []


def _concept_faults(adata: AnnData, kept: pd.DataFrame, config: DatasetConfig) -> list[str]:
    faults = []
    for i, concept in enumerate(config.concepts):
        if isinstance(concept, Stored):
            stored = adata.obsm.get(concept.key)
            if not isinstance(stored, pd.DataFrame):
                faults.append(
                    f"concepts[{i}]: expected a table obsm[{concept.key!r}] with column names, "
                    f"found {'nothing' if stored is None else type(stored).__name__}"
                )
        elif isinstance(concept, Pathways):
            faults += [f"concepts[{i}].file: {fault}" for fault in pathway_faults(concept)]
        elif concept.column not in kept and concept.column not in adata.obs:
            if not (concept.column == "subtype" and config.subtypes):
                faults.append(f"concepts[{i}].column: no obs column {concept.column!r}")
        elif concept.column not in kept and adata.obs[concept.column].isna().any():
            faults.append(f"concepts[{i}].column: obs[{concept.column!r}] has missing labels")
    return faults


def _cluster_faults(kept: pd.DataFrame, config: DatasetConfig) -> list[str]:
    """Broad types that cannot be clustered as wanted."""
    if config.subtypes is None:
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
    return label_faults(kept[config.tasks.column], config.tasks)


def label_faults(labels: pd.Series, tasks: HeldOutTasks) -> list[str]:
    """Sides of tasks without a cell, out of the labels of all cells."""
    present = set(labels.unique())
    faults = []
    for pair in tasks.held_out:
        sides = {"intervene": tasks.intervene} | {f"target {t}": t for t in tasks.targets_of(pair)}
        for side, condition in sides.items():
            if (label := tasks.label(pair, condition)) not in present:
                like = sorted(x for x in present if pair.type and x.startswith(pair.type))[:5]
                faults.append(
                    f"tasks.held_out: {pair.id}: no cells labelled {label!r} in {tasks.column} "
                    f"({side}); there are {like or sorted(present)[:5]}"
                )
    return faults


def _intervention_faults(
    obs: pd.DataFrame, config: DatasetConfig, tasks: InterventionTasks
) -> list[str]:
    needed = [tasks.denominators, "original_index", *config.task_ids]
    faults = [f"obs[{name!r}] does not exist" for name in needed if name not in obs]
    if faults:
        return faults
    for name in config.task_ids:
        roles = obs[name].astype(str)
        if unknown := sorted(set(roles) - ROLES_OF_CELLS):
            faults.append(f"obs[{name!r}] holds {unknown}, expected {sorted(ROLES_OF_CELLS)}")
            continue
        empty = sorted({"train", "modify", "hold_out"} - set(roles))
        faults += [f"obs[{name!r}]: no cells labelled {role!r}" for role in empty]
        ids = {role: obs.loc[roles == role, "original_index"] for role in ("modify", "hold_out")}
        unique = all(side.is_unique for side in ids.values())
        if not unique or set(ids["modify"]) != set(ids["hold_out"]):
            faults.append(
                f"obs[{name!r}]: the original_index of `modify` ({len(ids['modify'])} cells) and "
                f"`hold_out` ({len(ids['hold_out'])} cells) must be the same set, each once"
            )
    return faults
