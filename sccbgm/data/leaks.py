"""What of the preparation has seen cells that tasks hold out, and how much they change it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sccbgm.config.dataset import DatasetConfig
from sccbgm.config.sections import HeldOutTasks, LogDose, Pathways, Stored
from sccbgm.data.genes import library_size, select_genes
from sccbgm.data.labels import Labels, held_out_in
from sccbgm.io.seals import verified

if TYPE_CHECKING:
    from anndata import AnnData

CLUSTERED = (
    "subtypes are found by clustering all cells, those that a task then holds out too; so are what "
    "that is done with, the selected genes and the median library size"
)


def held_out(adata: AnnData, resolved: Labels, config: DatasetConfig) -> np.ndarray | None:
    """(n_kept,) True for cells that some task holds out; None where clustering is to tell."""
    kept = adata.obs[resolved.keep]
    if not isinstance(config.tasks, HeldOutTasks):
        return (kept[list(config.task_ids)].astype(str) == "hold_out").any(axis=1).to_numpy()
    if config.tasks.column not in resolved.obs:
        return None
    known = resolved.obs[resolved.keep]
    away = held_out_in(known, config, config.tasks.held_out)
    return known[config.tasks.column].isin(away).to_numpy()


def of_library_size(counts: AnnData, away: np.ndarray, found: float) -> str:
    """What the median library size of all cells, `found`, would be without the held-out ones."""
    without = library_size(counts.X, ~away)
    return (
        f"library size: the median of all cells, {found:g}; {without:g} without the {away.sum():,} "
        "that some task holds out"
    )


def of_genes(cells: AnnData, away: np.ndarray, kept: np.ndarray, config: DatasetConfig) -> str:
    """How many of the `kept` genes would be others without the held-out cells."""
    settings = config.preprocess
    assert settings.n_top_genes is not None
    without = select_genes(cells, settings.n_top_genes, settings.gene_selection, ~away)
    return (
        f"selection of genes: on all cells; without the {away.sum():,} that some task holds out, "
        f"{(kept & ~without).sum():,} of {kept.sum():,} would be others"
    )


def of_pathways(
    table: pd.DataFrame,
    hard: Sequence[str],
    away: np.ndarray,
    cells: AnnData,
    config: DatasetConfig,
) -> Iterator[str]:
    """How far the scale of pathway activities would be another without the held-out cells.

    table: (n_cells, n_concepts), each pathway from 0 to 1 over all cells.
    """
    some = away.any() and not away.all()
    if not some or not any(isinstance(concept, Pathways) for concept in config.concepts):
        return
    others = {concept.name for concept in config.concepts if isinstance(concept, LogDose)}
    for concept in config.concepts:
        others |= set(map(str, cells.obsm[concept.key])) if isinstance(concept, Stored) else set()
    scaled = table.loc[~away, [name for name in table if name not in {*hard, *others}]]
    span = scaled.max() - scaled.min()
    yield (
        f"pathways: scaled to the range of all cells; without the {away.sum():,} that some task "
        f"holds out, that of {(span < 1).sum()} of {len(span)} would be smaller, at most by "
        f"{1 - span.min():.0%}"
    )


def read_leaks(path: Path) -> list[str]:
    """The lines that the preparation of the clean cells of a file left."""
    import h5py

    with h5py.File(verified(path)) as file:
        stored = file.get("uns/sccbgm/leaks")
        return [] if stored is None else [text.decode() for text in stored[()]]
