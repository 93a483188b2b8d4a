"""Look-alike of a double-perturbation experiment: generated cells with its labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sccbgm.config.norman import NormanConfig, lookalike_labels
from sccbgm.protocol.keys import generator

if TYPE_CHECKING:
    from anndata import AnnData

SHARE, SHIFT_SD, INTERACTION_SD, NOISE_SD = 0.1, 0.8, 0.3, 0.4
"""Genes that a perturbation moves, by how much, how far a double is from additive, and the spread
of cells, all on the logarithmic scale."""


def make_lookalike(config: NormanConfig) -> AnnData:
    """Log-normalised cells with the labels and sizes that `config` expects.

    A cell perturbed in A and B has max(0, b_j + s_Aj + s_Bj + i_ABj + e_ij) in gene j: a base, a
    shift of each perturbation in a share of the genes, an interaction, normal noise. The same
    settings give the same cells.
    """
    import anndata

    rng = generator("lookalike", config.id)
    labels, n_genes = lookalike_labels(config), config.expected.genes
    base = rng.gamma(2.0, 0.5, n_genes)
    shifts: dict[str, np.ndarray] = {}
    x = np.empty((sum(labels.values()), n_genes), dtype=np.float32)
    start = 0
    for label, n_cells in labels.items():
        kind = () if label == config.labels.control else label.split(config.labels.separator)
        for gene in kind:
            shifts.setdefault(gene, _shift(n_genes, SHIFT_SD, rng))
        own = _shift(n_genes, INTERACTION_SD, rng) if len(kind) == 2 else 0.0
        mean = base + sum(shifts[gene] for gene in kind) + own
        noise = rng.normal(0.0, NOISE_SD, (n_cells, n_genes))
        x[start : start + n_cells] = np.maximum(0.0, mean + noise)
        start += n_cells
    names = np.repeat(list(labels), list(labels.values()))
    order = rng.permutation(len(names))
    obs = pd.DataFrame({config.labels.column: pd.Categorical(names[order])})
    obs.index = "cell_" + obs.index.astype(str)
    var = pd.DataFrame(index=[f"gene_{j}" for j in range(n_genes)])
    return anndata.AnnData(x[order], obs=obs, var=var)


def _shift(n_genes: int, sd: float, rng: np.random.Generator) -> np.ndarray:
    return rng.normal(0.0, sd, n_genes) * (rng.random(n_genes) < SHARE)
