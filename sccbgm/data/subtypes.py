"""Subtypes of cells: clusters inside each broad type that are found in every condition."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sccbgm.data.contract import ContractError, origin
from sccbgm.protocol.keys import derive_key

if TYPE_CHECKING:
    from anndata import AnnData

    from sccbgm.config.dataset import DatasetConfig
    from sccbgm.config.sections import Subtypes

logger = logging.getLogger(__name__)

RESOLUTIONS = (1e-3, 4.0)
BISECTIONS = 12
SCAN = 60


def find_subtypes(adata: AnnData, config: DatasetConfig) -> pd.Series:
    """Subtype of each cell, "<broad>_<i>" with i counting from the biggest cluster.

    Principal components of all cells are integrated over obs["condition"] with Harmony; inside
    each obs["broad"], Leiden runs on the nearest-neighbour graph in that space, at a resolution
    searched for the wanted number of clusters (paper, description of the PBMC data; parameters
    that it does not give are those of `Subtypes`). The random state is a key of the dataset's id.

    Raises ContractError where no resolution gives the wanted clusters, each in every condition.
    """
    settings = config.subtypes
    assert settings is not None
    seed = derive_key("subtypes", config.id) % 2**32
    space = _integrated(adata, settings, seed)
    subtypes = pd.Series(index=adata.obs_names, dtype=object)
    faults = []
    for broad, wanted in settings.clusters.items():
        cells = (adata.obs["broad"] == broad).to_numpy()
        conditions = adata.obs["condition"].to_numpy(dtype=str)[cells]
        found = _clusters(space[cells], conditions, wanted, settings.n_neighbors, seed)
        if isinstance(found, str):
            faults.append(f"subtypes.clusters: {broad!r}: {found}")
            continue
        sizes = np.bincount(found)
        logger.info("%s: subtypes of %s cells", broad, ", ".join(map(str, sizes)))
        subtypes[cells] = [f"{broad}_{i}" for i in found]
    if faults:
        raise ContractError(origin(config), faults)
    return subtypes


def _integrated(adata: AnnData, settings: Subtypes, seed: int) -> np.ndarray:
    """(n_cells, n_pcs) principal components after Harmony over the conditions."""
    import harmonypy
    import scanpy as sc

    n_pcs = min(settings.n_pcs, adata.n_obs - 1, adata.n_vars - 1)
    components = sc.pp.pca(adata.X, n_comps=n_pcs, svd_solver="arpack", random_state=seed)
    if adata.obs["condition"].nunique() == 1:
        return components
    harmony = harmonypy.run_harmony(
        components,
        adata.obs[["condition"]],
        "condition",
        max_iter_harmony=settings.harmony_iterations,
        random_state=seed % 2**31,
        ncores=1,
        verbose=False,
    )
    corrected = np.asarray(harmony.Z_corr)
    return corrected if corrected.shape == components.shape else corrected.T


def _clusters(
    space: np.ndarray, conditions: np.ndarray, wanted: int, n_neighbors: int, seed: int
) -> np.ndarray | str:
    """(n,) cluster numbers in order of decreasing size, or why there are none."""
    if wanted == 1:
        return np.zeros(len(space), dtype=int)
    import anndata
    import scanpy as sc

    graph = anndata.AnnData(obsm={"X_pca": space.astype(np.float32)}, shape=(len(space), 0))
    neighbors = min(n_neighbors, len(space) - 1)
    sc.pp.neighbors(graph, n_neighbors=neighbors, use_rep="X_pca", random_state=seed)
    seen: dict[float, int] = {}
    for resolution in _resolutions(seen, wanted):
        sc.tl.leiden(
            graph, resolution, random_state=seed, flavor="igraph", directed=False, n_iterations=-1
        )
        found = _by_size(graph.obs["leiden"].to_numpy().astype(int))
        seen[resolution] = int(found.max()) + 1
        if seen[resolution] == wanted and _in_every_condition(found, conditions):
            return found
    return (
        f"no resolution in {RESOLUTIONS} gives {wanted} clusters with cells of every condition "
        f"(numbers of clusters found: {sorted(set(seen.values()))})"
    )


def _resolutions(seen: dict[float, int], wanted: int) -> Iterator[float]:
    """Resolutions to try: bisection on the logarithm, then an even scan of it.

    seen: number of clusters at each resolution so far, which the caller fills in.
    """
    low, high = np.log(RESOLUTIONS)
    for _ in range(BISECTIONS):
        middle = float(np.exp((low + high) / 2))
        yield middle
        if seen[middle] == wanted:
            break
        low, high = (np.log(middle), high) if seen[middle] < wanted else (low, np.log(middle))
    yield from np.geomspace(*RESOLUTIONS, SCAN).tolist()


def _by_size(clusters: np.ndarray) -> np.ndarray:
    """Clusters numbered anew, the biggest 0; ties keep their order."""
    sizes = np.bincount(clusters)
    rank = np.empty_like(sizes)
    rank[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
    return rank[clusters]


def _in_every_condition(clusters: np.ndarray, conditions: np.ndarray) -> bool:
    return bool((pd.crosstab(clusters, conditions).to_numpy() > 0).all())
