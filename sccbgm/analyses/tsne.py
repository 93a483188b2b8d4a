"""Figure 9: all cells in the plane by their published cell type."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sccbgm.analyses.cells import every_type, leading_components
from sccbgm.analyses.study import Result, Study, tidy
from sccbgm.protocol.keys import derive_key

if TYPE_CHECKING:
    from anndata import AnnData

STORED = "X_tsne"
N_PCS = 50
PERPLEXITY = 30.0


def tsne(raw: AnnData, study: Study) -> Result:
    """The cells, X their place in the plane, obs["group"] their type; a row a type with its cells.

    The place is the one that the file holds (obsm["X_tsne"]), otherwise a t-SNE (perplexity 30) of
    the 50 leading principal components of all cells; rows and uns["embedding"] say which. Source:
    paper, Fig. 9; van der Maaten and Hinton 2008.
    """
    import anndata

    cells = every_type(raw, study.dataset)
    stored = cells.obsm.get(STORED)
    usable = stored is not None and np.shape(stored)[1:] == (2,) and np.ptp(stored, axis=0).all()
    place = np.asarray(stored, dtype=np.float32) if usable else _embed(cells, study)
    embedding = "stored with the cells" if usable else "t-SNE of 50 principal components"
    kept = cells.obs[["broad", "condition"]].rename(columns={"broad": "group"})
    shown = anndata.AnnData(place, obs=kept, uns={"embedding": embedding})
    sizes = kept["group"].astype(str).value_counts()
    rows = [
        {"group": group, "metric": "n_cells", "value": float(n), "n_cells": int(n)}
        for group, n in sizes.items()
    ]
    return Result(tidy(rows, study).assign(embedding=embedding), shown)


def _embed(cells: AnnData, study: Study) -> np.ndarray:
    from sklearn.manifold import TSNE

    seed = derive_key("tsne", study.dataset.id, study.seeds[0]) % 2**32
    perplexity = min(PERPLEXITY, (cells.n_obs - 1) / 3)
    model = TSNE(perplexity=perplexity, init="pca", random_state=seed)
    return model.fit_transform(leading_components(cells, N_PCS)).astype(np.float32)
