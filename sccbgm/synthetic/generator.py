"""Synthetic cells with exact counterfactuals."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from sccbgm.config.sources import GeneratorSettings
from sccbgm.synthetic.cells import GeneratedCells, design_matrix, draw_cells, exogenous
from sccbgm.synthetic.parameters import Parameters, draw_parameters
from sccbgm.synthetic.poisson import poisson_quantile

CHUNK_ENTRIES = 160_000
"""Entries of a chunk: its few float64 arrays fit in the caches, and an operation on one lasts long
enough that threads seldom wait for the interpreter."""
COUNT = np.int16


@dataclass(frozen=True)
class SyntheticData:
    """Cells that remember how they came about.

    log lambda_ij = w_j + l_i + gamma_{b_i j} + omega_{u_i j} + tau_{t_i j} + sum_k v_ik c_kj
    + epsilon_ij, and x_ij is the quantile delta_ij of Poisson(lambda_ij). A counterfactual has
    other concepts v and the same everything else, epsilon and delta included.

    Attributes:
        counts: (n_cells, n_genes) int16.
    """

    settings: GeneratorSettings
    parameters: Parameters
    cells: GeneratedCells
    counts: np.ndarray

    def counterfactual(
        self, rows: np.ndarray, concepts: np.ndarray, threads: int = 2
    ) -> np.ndarray:
        """Counts of the cells `rows` had their concepts been `concepts`.

        Args:
            rows: (n,) numbers of the cells.
            concepts: (n, n_concepts) all concepts of these cells.

        Returns:
            (n, n_genes) int16; equal to `counts[rows]` where the concepts are unchanged.
        """
        return sample_counts(self.settings, self.parameters, self.cells, rows, concepts, threads)

    def log_rate(
        self, rows: np.ndarray, concepts: np.ndarray | None = None, noise: bool = True
    ) -> np.ndarray:
        """(n, n_genes) float64 log lambda of the cells `rows`, with other concepts if given.

        Without `noise`, epsilon is left out.
        """
        concepts = self.cells.concepts[rows] if concepts is None else concepts
        design = design_matrix(self.settings, self.cells.take(rows), concepts)
        rate = design @ self.parameters.effects
        rate += self.cells.library[rows][:, None]
        if noise:
            rate += exogenous(self.settings, rows)[0]
        return rate


def generate(*, threads: int = 2, **settings: Any) -> SyntheticData:
    """Draw a synthetic dataset (paper, appendix on synthetic data).

    settings: fields of `GeneratorSettings`, whose defaults are the paper's Synthetic 1. The same
    ones give the same cells, whatever `threads` is. Memory is bounded by the counts themselves,
    two bytes an entry, plus a few chunks. Raises ValueError for a value out of range.
    """
    asked = GeneratorSettings(**settings)
    parameters = draw_parameters(asked)
    cells = draw_cells(asked, parameters)
    rows = np.arange(asked.n_cells)
    counts = sample_counts(asked, parameters, cells, rows, cells.concepts, threads)
    return SyntheticData(asked, parameters, cells, counts)


def sample_counts(
    settings: GeneratorSettings,
    parameters: Parameters,
    cells: GeneratedCells,
    rows: np.ndarray,
    concepts: np.ndarray,
    threads: int,
) -> np.ndarray:
    """(n, n_genes) int16 counts of the cells `rows` under `concepts`, in chunks of rows."""
    out = np.empty((len(rows), settings.n_genes), dtype=COUNT)
    design = design_matrix(settings, cells.take(rows), concepts)
    effects, library = parameters.effects, cells.library[rows]

    def fill(chunk: slice) -> None:
        _fill_chunk(settings, design[chunk] @ effects, library[chunk], rows[chunk], out[chunk])

    with ThreadPoolExecutor(max_workers=threads) as pool:
        for _ in pool.map(fill, _chunks(len(rows), settings.n_genes)):
            pass
    return out


def _fill_chunk(
    settings: GeneratorSettings,
    rate: np.ndarray,
    library: np.ndarray,
    rows: np.ndarray,
    out: np.ndarray,
) -> None:
    """Counts of one chunk; `rate` holds the log rates without library and noise, and is used up."""
    epsilon, delta = exogenous(settings, rows)
    rate += library[:, None]
    rate += epsilon
    np.exp(rate, out=rate)
    counts = poisson_quantile(delta, rate)
    if counts.max() > np.iinfo(COUNT).max:
        raise ValueError(
            f"synthetic data: a count of {counts.max()} does not fit {COUNT.__name__}; "
            "the standard deviations of the effects are too large"
        )
    out[...] = counts


def _chunks(n_rows: int, n_genes: int) -> Iterator[slice]:
    size = max(1, CHUNK_ENTRIES // n_genes)
    return (slice(start, start + size) for start in range(0, n_rows, size))
