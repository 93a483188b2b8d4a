"""Marker genes of one population against another, and how they are expressed elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

N_MARKERS = 100


def marker_genes(
    genes: np.ndarray, names: tuple[str, ...], treated: np.ndarray, n: int = N_MARKERS
) -> pd.DataFrame:
    """The n genes that are most clearly up and the n most clearly down in some cells.

    Ranked by the score of a Wilcoxon rank sum test of log-normalised expression against the other
    cells (normal approximation, no tie correction), which is positive where the gene is up; no gene
    is in both lists. genes: (n_cells, n_genes). treated: (n_cells,) bool.

    Columns: gene, direction ("up", "down"), rank (from 1), score.
    """
    import anndata
    import scanpy

    adata = anndata.AnnData(genes.astype(np.float32), var=pd.DataFrame(index=list(names)))
    adata.obs["group"] = pd.Categorical(np.where(treated, "treated", "other"))
    scanpy.tl.rank_genes_groups(
        adata, "group", groups=["treated"], reference="other", method="wilcoxon"
    )
    table = scanpy.get.rank_genes_groups_df(adata, group="treated")
    table = table.sort_values(["scores", "names"], ascending=[False, True])
    ends = {
        "up": table[table["scores"] > 0][:n],
        "down": table[::-1][lambda t: t["scores"] < 0][:n],
    }
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "gene": part["names"].astype(str),
                    "direction": direction,
                    "rank": range(1, len(part) + 1),
                    "score": part["scores"],
                }
            )
            for direction, part in ends.items()
        ],
        ignore_index=True,
    )


def mean_expression(
    markers: pd.DataFrame, names: tuple[str, ...], populations: Mapping[str, np.ndarray]
) -> pd.DataFrame:
    """A row a marker and population: the mean of the gene over its cells.

    populations: name -> (n_cells, n_genes) expression.
    """
    place = pd.Index(names).get_indexer(pd.Index(markers["gene"]))
    return pd.concat(
        [
            markers.assign(
                population=name, value=genes[:, place].mean(0).astype(float), n_cells=len(genes)
            )
            for name, genes in populations.items()
        ],
        ignore_index=True,
    )
