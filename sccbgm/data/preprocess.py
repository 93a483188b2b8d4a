"""Preprocessing: one clean AnnData a dataset, with labels, concepts and log-normalised genes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse

from sccbgm.config.dataset import DatasetConfig
from sccbgm.config.sections import HeldOutTasks
from sccbgm.data import concepts, labels
from sccbgm.data.contract import ContractError, check, label_faults, origin
from sccbgm.data.genes import library_size, log_normalise, select_genes
from sccbgm.data.matrix import find_input
from sccbgm.synthetic.truth import keep_truth

if TYPE_CHECKING:
    from anndata import AnnData

logger = logging.getLogger(__name__)


def preprocess(adata: AnnData, config: DatasetConfig) -> AnnData:
    """Clean cells of a dataset; `adata` is not changed.

    X: (n_cells, n_genes) float32, CSR or dense, log-normalised (see `genes.log_normalise`).
    obs: the file's columns, and `broad`, `subtype`, `condition` and the composed labels of the
    dataset file. obsm: `concepts`, and the file's embeddings. uns["sccbgm"]: the record that
    `read_record` asserts.

    Raises ContractError where the file is not what the dataset file describes.
    """
    check(adata, config)
    resolved = labels.resolve(adata.obs, config)
    obs = resolved.obs[resolved.keep]
    if not resolved.keep.all():
        logger.info("%d of %d cells dropped", (~resolved.keep).sum(), len(resolved.keep))
    clean, record = _expression(adata, resolved.keep, _selection(adata, resolved, config), config)
    if config.subtypes is not None:
        obs = _with_subtypes(clean, obs, config)
    _set_labels(clean, obs, config)
    for key in adata.obsm:
        if key.startswith("X_"):
            clean.obsm[key] = adata.obsm[key][resolved.keep]
    stored = adata.obsm.get("concepts")
    stored = stored[resolved.keep] if isinstance(stored, pd.DataFrame) else None
    if stored is not None:
        clean.obsm["concepts"] = stored
    table = concepts.concept_matrix(clean, config)
    concepts.compare_stored(stored, table)
    clean.obsm["concepts"] = table
    clean.uns["sccbgm"] = record | {
        "dataset": config.id,
        "hard": concepts.hard_concepts(table),
        "group_column": config.tasks.denominators,
        "context_column": "broad" if config.columns.broad else config.tasks.denominators,
    }
    keep_truth(adata, clean)
    return clean


def read_record(adata: AnnData) -> dict[str, Any]:
    """uns["sccbgm"] of a preprocessed dataset.

    Raises ValueError where it is missing or says another scale than "log1p".
    """
    record = adata.uns.get("sccbgm")
    scale = None if record is None else record.get("scale")
    if scale != "log1p":
        raise ValueError(
            f"uns['sccbgm']['scale']: found {scale!r}, expected 'log1p': these cells were not "
            "written by the preprocessing"
        )
    return dict(record)


def _expression(
    adata: AnnData, keep: np.ndarray, selection: np.ndarray, config: DatasetConfig
) -> tuple[AnnData, dict[str, Any]]:
    """Cells that are kept with the selected genes, log-normalised, and how they were made."""
    import anndata

    settings = config.preprocess
    matrix, state = find_input(adata, settings.input)
    clean = anndata.AnnData(matrix[keep], obs=adata.obs[keep].copy(), var=adata.var[[]].copy())
    target_sum = float("nan")
    if state == "counts":
        wanted = settings.target_sum if settings.input == "counts" else "median"
        target_sum = library_size(clean.X, wanted, selection)
        log_normalise(clean, target_sum)
    genes = "all"
    if settings.n_top_genes is not None:
        kept = select_genes(clean, settings.n_top_genes, settings.gene_selection, selection)
        genes = "all" if kept.all() else settings.gene_selection
        clean = clean[:, kept].copy()
    clean.X = _as_float32(clean.X)
    clean.uns.clear()
    return clean, {"scale": "log1p", "target_sum": target_sum, "genes": genes}


def _as_float32(matrix: Any) -> Any:
    if not sparse.issparse(matrix):
        return np.ascontiguousarray(matrix, dtype=np.float32)
    rows = sparse.csr_matrix(matrix, dtype=np.float32)
    rows.sort_indices()
    return rows


def _selection(adata: AnnData, resolved: labels.Labels, config: DatasetConfig) -> np.ndarray:
    """(n_kept,) True for the cells that the median and the genes are computed on."""
    kept = adata.obs[resolved.keep]
    if config.preprocess.selection_on == "all":
        return np.ones(len(kept), dtype=bool)
    if isinstance(config.tasks, HeldOutTasks):
        column = resolved.obs[config.tasks.column][resolved.keep]
        cells = ~column.isin(config.tasks.held_out_labels).to_numpy()
    else:
        cells = (kept[list(config.task_ids)].astype(str) != "hold_out").all(axis=1).to_numpy()
    if not cells.any():
        raise ContractError(origin(config), ["preprocess.selection_on: every cell is held out"])
    return cells


def _with_subtypes(clean: AnnData, obs: pd.DataFrame, config: DatasetConfig) -> pd.DataFrame:
    """Labels with the clustered subtypes, on which the tasks must have cells on both sides."""
    from sccbgm.data.subtypes import find_subtypes

    clean.obs[["broad", "condition"]] = obs[["broad", "condition"]]
    obs = obs.assign(subtype=find_subtypes(clean, config))
    labels.compose(obs, config)
    faults = []
    if isinstance(config.tasks, HeldOutTasks):
        faults = label_faults(obs[config.tasks.column], config.tasks)
    if faults:
        raise ContractError(origin(config), faults)
    return obs


def _set_labels(clean: AnnData, obs: pd.DataFrame, config: DatasetConfig) -> None:
    labels.compare_stored(clean.obs, obs, config)
    for name in obs:
        clean.obs[name] = pd.Categorical(obs[name])
    for name in clean.obs:
        if isinstance(clean.obs[name].dtype, pd.CategoricalDtype):
            clean.obs[name] = clean.obs[name].cat.remove_unused_categories()
