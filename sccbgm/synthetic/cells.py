"""Draws each cell's batch, tissue, cell type, concepts, library size and noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse, special

from sccbgm.config.sources import GeneratorSettings
from sccbgm.protocol.keys import derive_key, generator
from sccbgm.synthetic.parameters import Parameters

LOGIT_FLOOR = 1e-8
LOGIT_BOUND = 8.0
SMALLEST_DELTA = 2.0**-54


@dataclass(frozen=True)
class GeneratedCells:
    """The annotation of n_cells cells.

    Attributes:
        batch, tissue, cell_type: (n_cells,) int group numbers.
        concepts: (n_cells, n_concepts) float32, 0 or 1.
        library: (n_cells,) log library size l.
    """

    batch: np.ndarray
    tissue: np.ndarray
    cell_type: np.ndarray
    concepts: np.ndarray
    library: np.ndarray

    def take(self, rows: np.ndarray) -> GeneratedCells:
        """The annotation of some cells."""
        fields = (self.batch, self.tissue, self.cell_type, self.concepts, self.library)
        return GeneratedCells(*(field[rows] for field in fields))


def draw_cells(settings: GeneratorSettings, parameters: Parameters) -> GeneratedCells:
    """Draw the annotation of all cells.

    batch ~ Cat, tissue ~ Cat, type | tissue ~ Cat; concept k of a cell of type u is on with
    probability sigmoid(clip(logit(p_uk) + N(0, F F^T)_k, -8, 8)); l ~ N(0, sd_batch^2).
    """
    s, p, rng = settings, parameters, generator("synthetic", "cells", settings.seed)
    batch = rng.choice(s.n_batches, size=s.n_cells, p=p.batch_share)
    tissue = rng.choice(s.n_tissues, size=s.n_cells, p=p.tissue_share)
    bounds = np.cumsum(p.type_share, axis=1)[tissue]
    cell_type = (rng.random(s.n_cells)[:, None] >= bounds[:, :-1]).sum(axis=1)
    logits = np.log((p.concept_share + LOGIT_FLOOR) / (1 - p.concept_share + LOGIT_FLOOR))[
        cell_type
    ]
    if s.concept_dependency:
        logits = logits + rng.standard_normal(logits.shape) @ p.concept_factor.T
    activation = special.expit(np.clip(logits, -LOGIT_BOUND, LOGIT_BOUND))
    concepts = (rng.random(activation.shape) < activation).astype(np.float32)
    library = rng.normal(0.0, p.library_sd[batch])
    return GeneratedCells(batch, tissue, cell_type, concepts, library)


def design_matrix(
    settings: GeneratorSettings, cells: GeneratedCells, concepts: np.ndarray
) -> sparse.csr_matrix:
    """(n_cells, n_effects) weights of the rows of `Parameters.effects` in each cell's log rate.

    A sparse product adds the effects of a cell in one order whatever the other rows are, so the
    same concepts give the same rate to the last bit.
    """
    n = len(cells.batch)
    parts = [sparse.csr_matrix(np.ones((n, 1)))]
    groups = (
        (cells.batch, settings.n_batches),
        (cells.cell_type, settings.n_types),
        (cells.tissue, settings.n_tissues),
    )
    for group, size in groups:
        parts.append(sparse.csr_matrix((np.ones(n), group, np.arange(n + 1)), shape=(n, size)))
    parts.append(sparse.csr_matrix(concepts.astype(np.float64)))
    return sparse.hstack(parts, format="csr")


def exogenous(settings: GeneratorSettings, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The draws that a cell shares with all its counterfactuals, made again whenever asked for.

    Cell i has a generator of its own, keyed by (seed, i), which gives epsilon ~ N(0, std_noise^2)
    and then delta ~ U(0, 1), n_genes of each.

    Returns:
        epsilon, delta: (len(rows), n_genes) float64; delta is never 0, the quantile of which is
        no count.
    """
    key = derive_key("synthetic", "noise", settings.seed)
    epsilon, delta = (np.empty((len(rows), settings.n_genes)) for _ in range(2))
    for i, row in enumerate(rows):
        rng = np.random.default_rng((key, int(row)))
        rng.standard_normal(out=epsilon[i])
        rng.random(out=delta[i])
    epsilon *= settings.std_noise
    np.maximum(delta, SMALLEST_DELTA, out=delta)
    return epsilon, delta
