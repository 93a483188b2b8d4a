"""Draws that all cells of a generated dataset share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sccbgm.config.sources import GeneratorSettings
from sccbgm.protocol.keys import generator

BASELINE_RANGE = (1.0, 5.0)
"""Baseline counts of a gene are log-uniform between these."""
LIBRARY_SD_RANGE = (0.01, 0.03)
GROUP_CONCENTRATION = 10.0
"""Dirichlet concentration of batch and tissue shares; cell types within a tissue have 1."""
CONCEPT_CONCENTRATION = 0.2
ZERO_SHARE_BETA = (1.0, 0.8)
"""Beta parameters of the share of genes that a concept leaves alone."""
DEPENDENCY_BOUND = 5.0


@dataclass(frozen=True)
class Parameters:
    """The draws that all cells of a dataset share.

    Attributes:
        batch_share: (n_batches,) probability of each batch.
        tissue_share: (n_tissues,) probability of each tissue.
        type_share: (n_tissues, n_types) probability of each cell type in a tissue.
        concept_share: (n_types, n_concepts) activation probabilities; each row sums to 1.
        library_sd: (n_batches,) standard deviation of the log library size.
        baseline: (n_genes,) w, log expression.
        batch, cell_type, tissue: (groups, n_genes) additive effects gamma, omega, tau.
        concept: (n_concepts, n_genes) effects c, zero where the concept leaves a gene alone.
        keep_share: (n_concepts,) probability of a nonzero effect.
        concept_factor: (n_concepts, n_concepts) F; activation logits have covariance F F^T.
    """

    batch_share: np.ndarray
    tissue_share: np.ndarray
    type_share: np.ndarray
    concept_share: np.ndarray
    library_sd: np.ndarray
    baseline: np.ndarray
    batch: np.ndarray
    cell_type: np.ndarray
    tissue: np.ndarray
    concept: np.ndarray
    keep_share: np.ndarray
    concept_factor: np.ndarray

    @property
    def effects(self) -> np.ndarray:
        """(1 + n_batches + n_types + n_tissues + n_concepts, n_genes), all effects stacked."""
        parts = (self.baseline[None], self.batch, self.cell_type, self.tissue, self.concept)
        return np.concatenate(parts)


def draw_parameters(settings: GeneratorSettings) -> Parameters:
    """Draw what the cells share, in the order of the paper's generative model.

    Shares are Dirichlet, effects normal, baselines log-uniform; a concept keeps each gene with
    probability 1 - Beta(1, 0.8). Source: paper, appendix on synthetic data, and reference code
    for the concentrations, which the paper does not give.
    """
    s, rng = settings, generator("synthetic", "parameters", settings.seed)
    batch_share = rng.dirichlet(np.full(s.n_batches, GROUP_CONCENTRATION))
    tissue_share = rng.dirichlet(np.full(s.n_tissues, GROUP_CONCENTRATION))
    type_share = rng.dirichlet(np.ones(s.n_types), size=s.n_tissues)
    concept_share = rng.dirichlet(np.full(s.n_concepts, CONCEPT_CONCENTRATION), size=s.n_types)
    library_sd = rng.uniform(*LIBRARY_SD_RANGE, size=s.n_batches)
    batch = rng.normal(0.0, s.std_batch, (s.n_batches, s.n_genes))
    cell_type = rng.normal(0.0, s.std_type, (s.n_types, s.n_genes))
    tissue = rng.normal(0.0, s.std_tissue, (s.n_tissues, s.n_genes))
    concept = rng.normal(0.0, s.std_concept, (s.n_concepts, s.n_genes))
    concept_factor = np.zeros((s.n_concepts, s.n_concepts))
    if s.concept_dependency:
        concept_factor = _wishart_factor(s.n_concepts, rng)
    low, high = (float(np.log(bound)) for bound in BASELINE_RANGE)
    baseline = rng.uniform(low, high, size=s.n_genes)
    keep_share = 1.0 - rng.beta(*ZERO_SHARE_BETA, size=s.n_concepts)
    concept *= rng.random(concept.shape) < keep_share[:, None]
    return Parameters(
        batch_share=batch_share,
        tissue_share=tissue_share,
        type_share=type_share,
        concept_share=concept_share,
        library_sd=library_sd,
        baseline=baseline,
        batch=batch,
        cell_type=cell_type,
        tissue=tissue,
        concept=concept,
        keep_share=keep_share,
        concept_factor=concept_factor,
    )


def _wishart_factor(n: int, rng: np.random.Generator) -> np.ndarray:
    """F with F F^T ~ Wishart(df = n, S S^T + 1e-6 I), S lower triangular with U(-5, 5) entries.

    F = L A with L the Cholesky factor of the scale and A standard normal, by the definition of
    the distribution. The factor, not the covariance, is what normals are drawn with.
    """
    lower = np.tril(rng.uniform(-DEPENDENCY_BOUND, DEPENDENCY_BOUND, (n, n)))
    scale = lower @ lower.T + 1e-6 * np.eye(n)
    return np.linalg.cholesky(scale) @ rng.standard_normal((n, n))
