"""Pathway activities as concepts: how far a cell's expression follows a pathway's footprint."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sccbgm.config.sections import Pathways

if TYPE_CHECKING:
    from anndata import AnnData

COLUMNS = ("source", "target", "weight", "p_value")
MIN_TARGETS = 5


def pathway_faults(concept: Pathways) -> list[str]:
    """The faults of the footprint file, known before it is used."""
    if concept.file is None:
        return []
    if not Path(concept.file).exists():
        return [f"no file {concept.file}; expected a csv with the columns {', '.join(COLUMNS)}"]
    missing = sorted(set(COLUMNS) - set(pd.read_csv(concept.file, nrows=0).columns))
    return [f"{concept.file}: no columns {missing}"] if missing else []


def read_network(concept: Pathways) -> pd.DataFrame:
    """Footprints: source (pathway), target (gene), weight; the `top` genes of least p-value each.

    From the concept's file, or PROGENy as decoupler downloads it.
    """
    if concept.file is not None:
        network = pd.read_csv(concept.file)
    else:
        import decoupler

        network = decoupler.op.progeny(organism=concept.organism, top=concept.top)
        network = network.rename(columns={"padj": "p_value"})
    network = network.sort_values(["source", "p_value", "target"], kind="stable")
    return network.groupby("source", sort=True).head(concept.top)[["source", "target", "weight"]]


def activities(adata: AnnData, concept: Pathways) -> pd.DataFrame:
    """(n_cells, n_pathways) in [0, 1]: a pathway's activity, min-max scaled over the cells.

    The activity is the t-value of the pathway's slope when a cell's log-normalised genes are
    regressed on the weights of all pathways together ("mlm", genes in none have weight 0) or of
    this one alone ("ulm"). Genes of the footprints that the cells do not have take no part.

    Raises ValueError where a pathway has fewer than 5 of its genes, or the same activity in all
    cells. Source: Schubert et al. 2018 (PROGENy); Badia-i-Mompel et al. 2022 (decoupler).
    """
    import anndata
    import decoupler

    network = read_network(concept)
    found = network["target"].isin(adata.var_names).groupby(network["source"]).sum()
    if few := found[found < MIN_TARGETS].to_dict():
        raise ValueError(f"pathways with fewer than {MIN_TARGETS} of their genes: {few}")
    scored = anndata.AnnData(
        adata.X, obs=pd.DataFrame(index=adata.obs_names), var=pd.DataFrame(index=adata.var_names)
    )
    # Genes that no cell expresses stay: a cell's activity does not depend on the other cells.
    getattr(decoupler.mt, concept.method)(scored, network, tmin=MIN_TARGETS, empty=False)
    scores = scored.obsm[f"score_{concept.method}"][list(found.index)]
    if not np.isfinite(scores.to_numpy()).all():
        bad = int((~np.isfinite(scores.to_numpy())).any(axis=1).sum())
        raise ValueError(f"{bad} cells have no pathway activity: all their genes are equal")
    low, span = scores.min(), scores.max() - scores.min()
    if flat := list(span.index[~(span > 0)]):
        raise ValueError(f"pathways with the same activity in all cells: {flat}")
    return (scores - low) / span
