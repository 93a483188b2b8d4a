"""Noise-free truth about the cells of a synthetic AnnData, factual and counterfactual alike."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import anndata as ad
import numpy as np
import pandas as pd

from sccbgm.config.sources import GeneratorSettings
from sccbgm.protocol.task import Truth
from sccbgm.synthetic.cells import GeneratedCells, design_matrix, exogenous
from sccbgm.synthetic.expectation import expected_expression

CHUNK_ENTRIES = 500_000
"""Entries whose expectation is summed at once: a few arrays of 4 MB stay in the cache."""


def log_rate(adata: ad.AnnData, rows: np.ndarray, noise: bool = True) -> np.ndarray:
    """(n, n_genes) float64 log lambda of the given rows, rebuilt from the parameters kept.

    log lambda_ij = w_j + l_i + gamma_{b_i j} + omega_{u_i j} + tau_{t_i j} + sum_k v_ik c_kj
    + epsilon_ij; the last term, the same in a cell and its counterfactuals, is left out without
    `noise`. Genes may be a subset of the generated ones.

    Raises:
        KeyError: when `adata` was not written by `make_dataset`.
    """
    settings, effects = _settings(adata), adata.varm["effects"]
    names = [column for column in effects.columns if column.startswith("concept_")]
    concepts = adata.obsm["concepts"][names].to_numpy()[rows]
    cells = _cells(adata.obs.iloc[rows], concepts)
    rate = design_matrix(settings, cells, concepts) @ effects.to_numpy().T
    rate += cells.library[:, None]
    if noise:
        original = adata.obs["original_index"].to_numpy()[rows]
        rate += exogenous(settings, original)[0][:, adata.var["number"].to_numpy()]
    return rate


def expected_counts(adata: ad.AnnData, rows: np.ndarray, noise: bool = True) -> np.ndarray:
    """(n, n_genes) float64 lambda = E[counts] of the given rows (see `log_rate`)."""
    return np.exp(log_rate(adata, rows, noise))


def affected_genes(adata: ad.AnnData, concept: str) -> np.ndarray:
    """(n_genes,) True where the concept changes the rate of a gene at all."""
    return adata.varm["effects"][concept].to_numpy() != 0


def keep_truth(generated: ad.AnnData, clean: ad.AnnData) -> None:
    """Take over into preprocessed cells what the generator drew, if it is there.

    The truth is rebuilt from it where `clean` has all of the genes: the library size needs each.
    """
    if "synthetic" not in generated.uns:
        return
    for column in ("batch", "tissue", "cell_type", "library"):
        clean.obs[column] = generated.obs.loc[clean.obs_names, column]
    if clean.n_vars != generated.n_vars:
        return
    clean.uns["synthetic"] = dict(generated.uns["synthetic"])
    clean.varm["effects"] = generated.varm["effects"].loc[clean.var_names]
    clean.var["number"] = generated.var["number"].loc[clean.var_names]


def truth_of(
    adata: ad.AnnData, target_sum: float, project: Callable[[np.ndarray], np.ndarray]
) -> Truth | None:
    """The truth about preprocessed cells, None where they were not generated.

    project: genes -> x, a linear map, under which an expectation stays one.
    """
    if "synthetic" not in adata.uns:
        return None

    def expected(rows: np.ndarray) -> np.ndarray:
        chunks = np.array_split(rows, max(1, len(rows) * adata.n_vars // CHUNK_ENTRIES))
        return np.concatenate(
            [project(expected_expression(expected_counts(adata, c), target_sum)) for c in chunks]
        )

    return Truth(expected, partial(affected_genes, adata))


def _settings(adata: ad.AnnData) -> GeneratorSettings:
    if "synthetic" not in adata.uns:
        raise KeyError(
            'uns["synthetic"]: not found; the noise-free truth exists only for generated cells'
        )
    kept = adata.uns["synthetic"]
    # h5ad gives NumPy scalars back, keys and comparisons want Python's own numbers
    return GeneratorSettings(
        **{name: np.asarray(kept[name]).item() for name in GeneratorSettings.model_fields}
    )


def _cells(obs: pd.DataFrame, concepts: np.ndarray) -> GeneratedCells:
    batch, tissue, cell_type = (
        obs[column].astype(str).str.rsplit("_", n=1).str[1].to_numpy(dtype=np.int64)
        for column in ("batch", "tissue", "cell_type")
    )
    return GeneratedCells(
        batch, tissue, cell_type, concepts, obs["library"].to_numpy(dtype=np.float64)
    )
