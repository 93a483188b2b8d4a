"""Preprocessing: one clean AnnData a dataset, with labels, concepts and log-normalised genes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pandas.api.types import is_integer_dtype
from scipy import sparse

from sccbgm.config.dataset import DatasetConfig
from sccbgm.config.sections import HeldOutTasks, InterventionTasks
from sccbgm.data import concepts, labels, leaks
from sccbgm.data.contract import ContractError, Inputs, check, origin, task_label_faults
from sccbgm.data.genes import library_size, log_normalise, select_genes
from sccbgm.data.sizes import size_warnings
from sccbgm.data.text import as_text
from sccbgm.synthetic.truth import keep_truth

if TYPE_CHECKING:
    from anndata import AnnData

logger = logging.getLogger(__name__)


def preprocess(adata: AnnData, config: DatasetConfig) -> AnnData:
    """Clean cells of a dataset; `adata` is not changed.

    X: (n_cells, n_genes) float32, CSR or dense, log-normalised (see `genes.log_normalise`).
    obs: `broad`, `subtype`, `condition` and the composed labels of the dataset file, or the
    columns that interventions need; other columns stay behind. obsm: `concepts` (read with
    `concepts.get_concepts`), and the file's embeddings. uns["sccbgm"]: the record that
    `read_record` asserts, with what X was, why it was taken as that, and the sizes that differ
    from those the dataset file expects.

    Raises ContractError where the file is not what the dataset file describes.
    """
    inputs = check(adata, config)
    keep, obs = inputs.labels.keep, inputs.labels.obs[inputs.labels.keep]
    if not keep.all():
        logger.info("%d of %d cells dropped", (~keep).sum(), len(keep))
    clean, record = _expression(adata, inputs, config)
    clustered = config.subtypes is not None and "subtype" not in obs
    if clustered:
        obs = _with_subtypes(clean, obs, config)
    labels.compare_stored(adata.obs[keep], obs, config)
    table, hard, faults = concepts.concept_matrix(adata, obs, config, clean)
    if faults:
        raise ContractError(origin(config), faults)
    concepts.compare_stored(adata.obsm.get("concepts"), table)
    away = leaks.held_out(adata, inputs.labels, config)
    if away is not None:
        seen = [*record["leaks"], *leaks.of_pathways(table, hard, away, adata, config)]
        record["leaks"] = np.array(seen, dtype=object)
    sizes = (adata.n_vars, record["library_size"], len(config.task_ids))
    warnings = size_warnings(config.sizes, obs, *sizes)
    before = bool(adata.uns.get("sampled", {}).get("clustered", False))
    if before or (clustered and config.columns.subtype is not None):
        warnings.append("subtypes: the file has none, they are found by clustering")
    for line in warnings:
        logger.warning("%s: %s", config.id, line)
    clean.obs = _columns(adata.obs[keep], obs, config).set_axis(clean.obs_names)
    _keep_embeddings(adata, clean, keep)
    concepts.set_concepts(clean, table.set_axis(clean.obs_names))
    clean.uns["sccbgm"] = record | {
        "dataset": config.id,
        "hard": np.array(hard, dtype=object),
        "group_column": config.tasks.denominators,
        "context_column": "broad" if config.columns.broad else config.tasks.denominators,
        "warnings": np.array(warnings, dtype=object),
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
    adata: AnnData, inputs: Inputs, config: DatasetConfig
) -> tuple[AnnData, dict[str, Any]]:
    """Cells that are kept with the selected genes, log-normalised, and how they were made."""
    import anndata

    settings, found = config.preprocess, inputs.matrix
    away = leaks.held_out(adata, inputs.labels, config)
    selection = _selection(away, int(inputs.labels.keep.sum()), config)
    sees = away if away is not None and (selection & away).any() and not away.all() else None
    seen = [leaks.CLUSTERED] if away is None else []
    names = [pd.DataFrame(index=_plain(index)) for index in (adata.obs_names, adata.var_names)]
    clean = anndata.AnnData(found.matrix, obs=names[0][inputs.labels.keep], var=names[1])
    target_sum, median = found.expm1_sum, float("nan")
    if found.state == "counts":
        try:
            median = library_size(clean.X, selection)
        except ValueError as error:
            raise ContractError(origin(config), [f"{found.where}: {error}"]) from None
        declared = settings.input == "counts" and settings.target_sum != "median"
        target_sum = float(settings.target_sum) if declared else median
        if sees is not None and not declared:
            seen.append(leaks.of_library_size(clean, sees, median))
        logger.info("median library size %g, normalised to %g", median, target_sum)
        log_normalise(clean, target_sum)
    genes = "all"
    if settings.n_top_genes is not None:
        kept = select_genes(clean, settings.n_top_genes, settings.gene_selection, selection)
        genes = "all" if kept.all() else settings.gene_selection
        if sees is not None and not kept.all():
            seen.append(leaks.of_genes(clean, sees, kept, config))
        clean = clean[:, kept].copy()
    clean.X = _as_float32(clean.X)
    clean.uns.clear()
    return clean, {
        "scale": "log1p",
        "target_sum": target_sum,
        "library_size": median,
        "genes": genes,
        "leaks": np.array(seen, dtype=object),
        "input": {"where": found.where, "state": found.state, "evidence": found.evidence},
    }


def _plain(names: pd.Index) -> pd.Index:
    """Names as text that every version of anndata writes."""
    return pd.Index(names.astype(str).to_numpy(dtype=object), dtype=object)


def _as_float32(matrix: Any) -> Any:
    if not sparse.issparse(matrix):
        return np.ascontiguousarray(matrix, dtype=np.float32)
    rows = sparse.csr_matrix(matrix, dtype=np.float32)
    rows.sort_indices()
    return rows


def _selection(away: np.ndarray | None, n_cells: int, config: DatasetConfig) -> np.ndarray:
    """(n_kept,) True for the cells that the median and the genes are computed on.

    away: those that some task holds out, None where they are not known yet.
    """
    if config.preprocess.selection_on == "all":
        return np.ones(n_cells, dtype=bool)
    if away is None or away.all():
        fault = "`train` needs subtypes of a column" if away is None else "every cell is held out"
        raise ContractError(origin(config), [f"preprocess.selection_on: {fault}"])
    return ~away


def _with_subtypes(clean: AnnData, obs: pd.DataFrame, config: DatasetConfig) -> pd.DataFrame:
    """Labels with the clustered subtypes, on which the tasks must have cells on both sides."""
    from sccbgm.data.subtypes import find_subtypes

    for role in ("broad", "condition"):
        clean.obs[role] = obs[role].to_numpy()
    obs = obs.assign(subtype=find_subtypes(clean, config).to_numpy())
    labels.compose(obs, config)
    faults = labels.composed_faults(obs, config)
    if isinstance(config.tasks, HeldOutTasks) and not faults:
        faults = task_label_faults(obs, config, config.tasks)
    if faults:
        raise ContractError(origin(config), faults)
    return obs


def _columns(stored: pd.DataFrame, obs: pd.DataFrame, config: DatasetConfig) -> pd.DataFrame:
    """Columns of the clean file: labels, and what interventions are made of."""
    columns: dict[str, Any] = {str(name): pd.Categorical(obs[name]) for name in obs}
    if isinstance(config.tasks, InterventionTasks):
        for name in (config.tasks.denominators, *config.task_ids):
            columns.setdefault(name, pd.Categorical(as_text(stored[name])))
        ids = stored["original_index"]
        whole = is_integer_dtype(ids.dtype) and ids.notna().all()
        columns["original_index"] = (
            ids.to_numpy(dtype=np.int64) if whole else pd.Categorical(as_text(ids))
        )
    return pd.DataFrame(columns, index=obs.index)


def _keep_embeddings(adata: AnnData, clean: AnnData, keep: np.ndarray) -> None:
    """Take over arrays of numbers such as obsm["X_tsne"]."""
    for key, values in adata.obsm.items():
        if key.startswith("X_") and isinstance(values, np.ndarray) and values.dtype.kind in "fiu":
            clean.obsm[key] = values[keep]
