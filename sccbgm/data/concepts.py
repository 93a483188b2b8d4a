"""The concept matrix: what is annotated of each cell, one named column a concept."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sccbgm.config.dataset import DatasetConfig
from sccbgm.config.sections import Binary, Concept, OneHot, Pathways, Stored
from sccbgm.data.contract import ContractError, origin

if TYPE_CHECKING:
    from anndata import AnnData

logger = logging.getLogger(__name__)

STORED_PREFIXES = ("cell_types_L1_", "cell_type_L1_", "L1_", "sample_", "stim_")


def concept_matrix(adata: AnnData, config: DatasetConfig) -> pd.DataFrame:
    """(n_cells, n_concepts) float32, columns named and in the order of the dataset file.

    Raises ContractError where two concepts have one name.
    """
    parts = [_columns(adata, concept, config) for concept in config.concepts]
    table = pd.concat(parts, axis=1).astype(np.float32)
    if table.columns.has_duplicates:
        twice = list(table.columns[table.columns.duplicated()].unique())
        raise ContractError(origin(config), [f"concepts: names used more than once: {twice}"])
    return table


def hard_concepts(table: pd.DataFrame) -> list[str]:
    """Names of the concepts whose values are only 0 and 1 (missing ones aside)."""
    return [str(name) for name in table if table[name].dropna().isin([0, 1]).all()]


def compare_stored(stored: object, table: pd.DataFrame) -> None:
    """Log where a concept matrix that came with the file differs; the rebuilt one is used."""
    if not isinstance(stored, pd.DataFrame):
        return
    names = {}
    for name in map(str, stored.columns):
        prefix = next((p for p in STORED_PREFIXES if name.startswith(p)), "")
        names[name.removeprefix(prefix)] = name
    if set(names) != set(table.columns):
        logger.warning(
            "the stored concepts have %d names, the rebuilt ones %d; not the same: %s",
            len(names),
            table.shape[1],
            sorted(set(names) ^ set(table.columns))[:10],
        )
        return
    for name in map(str, table):
        values = stored[names[name]].to_numpy(dtype=np.float64)
        if not np.allclose(values, table[name], atol=1e-4, equal_nan=True):
            logger.warning("concept %r differs from the stored one", name)


def _columns(adata: AnnData, concept: Concept, config: DatasetConfig) -> pd.DataFrame:
    if isinstance(concept, Stored):
        return adata.obsm[concept.key].set_axis(adata.obs_names)
    if isinstance(concept, Pathways):
        return _activities(adata, concept, config)
    labels = adata.obs[concept.column].astype(str)
    if isinstance(concept, OneHot):
        return _one_hot(labels, concept, config)
    if isinstance(concept, Binary):
        return (labels == concept.one).to_frame(concept.name)
    scaled = np.log1p(labels.astype(np.float64)) / np.log1p(concept.max)
    return scaled.to_frame(concept.name)


def _activities(adata: AnnData, concept: Pathways, config: DatasetConfig) -> pd.DataFrame:
    from sccbgm.data.pathways import activities

    try:
        return activities(adata, concept)
    except ValueError as error:
        raise ContractError(origin(config), [f"concepts: {error}"]) from error


def _one_hot(labels: pd.Series, concept: OneHot, config: DatasetConfig) -> pd.DataFrame:
    """Columns in the order that the dataset file gives the labels, else sorted; none is empty."""
    present = set(labels)
    role = getattr(config.columns, concept.column, None)
    order = role.order if role is not None and role.order is not None else sorted(present)
    return pd.DataFrame({label: labels == label for label in order if label in present})
