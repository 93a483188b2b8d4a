"""Held-out questions about synthetic cells: which pairs are asked, and the role of each cell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sccbgm.protocol.keys import generator
from sccbgm.synthetic.cells import GeneratedCells


@dataclass(frozen=True)
class Intervention:
    """Cells of one type that never have a concept in training, and get it.

    Attributes:
        drop: rows of that type with the concept, used nowhere.
        modify: rows of that type without it, to be edited; half of them, rounded down.
    """

    cell_type: int
    concept: int
    drop: np.ndarray
    modify: np.ndarray


def choose_interventions(
    cells: GeneratedCells, n_tasks: int, min_cells: int, seed: int
) -> list[Intervention]:
    """Draw pairs of cell type and concept, and the cells to edit.

    A pair qualifies with at least `min_cells` cells of the type without the concept, as many of
    the type with it, and as many with it in other types: otherwise there is nothing to hold out,
    or nothing to learn the concept from.

    Raises:
        ValueError: when fewer pairs qualify than tasks are wanted.
    """
    pairs = list(_qualifying_pairs(cells, min_cells))
    if len(pairs) < n_tasks:
        raise ValueError(
            f"synthetic data: {n_tasks} interventions wanted (n_tasks), but only {len(pairs)} "
            f"pairs of cell type and concept have {min_cells} cells (min_cells) with the concept "
            "on, off, and on in other types; use more cells, another seed or fewer tasks"
        )
    rng = generator("synthetic", "interventions", seed)
    chosen = rng.permutation(len(pairs))[:n_tasks]
    return [_intervention(cells, pairs[pair], rng) for pair in chosen]


def roles(intervention: Intervention, n_cells: int) -> np.ndarray:
    """(n_cells,) "train", "modify" or "drop" for each factual cell."""
    role = np.full(n_cells, "train", dtype=object)
    role[intervention.drop] = "drop"
    role[intervention.modify] = "modify"
    return role


def counterfactual_concepts(cells: GeneratedCells, intervention: Intervention) -> np.ndarray:
    """(n_modify, n_concepts) concepts of the edited cells, the held-out one set to 1."""
    concepts = cells.concepts[intervention.modify].copy()
    concepts[:, intervention.concept] = 1.0
    return concepts


def _qualifying_pairs(cells: GeneratedCells, min_cells: int) -> Iterator[tuple[int, int]]:
    """Pairs in the order of first appearance of the types."""
    on_anywhere = cells.concepts.sum(axis=0)
    for cell_type in pd.unique(cells.cell_type):
        of_type = cells.cell_type == cell_type
        on = cells.concepts[of_type].sum(axis=0)
        fewest = np.minimum.reduce([on, of_type.sum() - on, on_anywhere - on])
        for concept in np.flatnonzero(fewest >= min_cells):
            yield int(cell_type), int(concept)


def _intervention(
    cells: GeneratedCells, pair: tuple[int, int], rng: np.random.Generator
) -> Intervention:
    cell_type, concept = pair
    of_type = cells.cell_type == cell_type
    on = cells.concepts[:, concept] > 0
    off = rng.permutation(np.flatnonzero(of_type & ~on))
    modify = np.sort(off[: len(off) // 2])
    return Intervention(cell_type, concept, np.flatnonzero(of_type & on), modify)
