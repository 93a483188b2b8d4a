"""Noise-free truth about the cells of a synthetic AnnData, factual and counterfactual alike."""

from __future__ import annotations

from dataclasses import fields

import anndata as ad
import numpy as np
import pandas as pd

from sccbgm.synthetic.cells import Cells, design_matrix, exogenous
from sccbgm.synthetic.parameters import Settings


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


def _settings(adata: ad.AnnData) -> Settings:
    if "synthetic" not in adata.uns:
        raise KeyError(
            'uns["synthetic"]: not found; the noise-free truth exists only for generated cells'
        )
    kept = adata.uns["synthetic"]
    # h5ad gives NumPy scalars back, keys and comparisons want Python's own numbers
    return Settings(
        **{field.name: np.asarray(kept[field.name]).item() for field in fields(Settings)}
    )


def _cells(obs: pd.DataFrame, concepts: np.ndarray) -> Cells:
    batch, tissue, cell_type = (
        obs[column].astype(str).str.rsplit("_", n=1).str[1].to_numpy(dtype=np.int64)
        for column in ("batch", "tissue", "cell_type")
    )
    return Cells(batch, tissue, cell_type, concepts, obs["library"].to_numpy(dtype=np.float64))
