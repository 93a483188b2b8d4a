"""Cells for the front door: log-scale genes of two types, a stimulus and a dose."""

from __future__ import annotations

import numpy as np
import pandas as pd
from anndata import AnnData

SMALL = {"epochs": 30, "hidden_dim": 32, "n_layers": 2, "latent_dim": 8, "n_unknown": 8,
         "lr": 2e-3, "batch_size": 64}  # fmt: skip
ONE_EPOCH = SMALL | {"epochs": 1}
EFFECT = 2.0
"""The stimulus adds this to gene 0, a dose of 1 to gene 1."""
DOSES = np.array([0.0, 0.25, 0.5, 1.0])


def cells(n: int = 400, n_genes: int = 10, seed: int = 0) -> AnnData:
    """obs: type (A, B), condition (ctrl, stim), dose. obsm["concepts"]: stim and dose."""
    rng = np.random.default_rng(seed)
    is_b, stim, dose = rng.integers(0, 2, n), rng.integers(0, 2, n), rng.choice(DOSES, n)
    x = rng.normal(4, 0.3, (n, n_genes))
    x[:, 2] += 2 * is_b
    x[:, 0] += EFFECT * stim
    x[:, 1] += EFFECT * dose
    obs = pd.DataFrame(
        {
            "type": np.array(["A", "B"])[is_b],
            "condition": np.array(["ctrl", "stim"])[stim],
            "dose": dose,
        },
        index=[f"cell{i}" for i in range(n)],
    )
    adata = AnnData(x.astype(np.float32), obs, pd.DataFrame(index=list("abcdefghij")[:n_genes]))
    table = pd.DataFrame({"stim": stim, "dose": dose}, index=obs.index)
    adata.obsm["concepts"] = table.astype(np.float32)
    return adata


def with_pca(adata: AnnData, k: int = 4) -> AnnData:
    """The same cells with obsm["X_pca"] and varm["PCs"], as scanpy leaves them."""
    centred = adata.X - adata.X.mean(0)
    loadings = np.linalg.svd(centred, full_matrices=False)[2][:k].T
    adata.obsm["X_pca"], adata.varm["PCs"] = centred @ loadings, loadings
    return adata
