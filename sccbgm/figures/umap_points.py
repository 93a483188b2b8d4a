"""The data of the figure of edited cells: one joint UMAP of real and edited cells."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from sccbgm.io.seals import verified
from sccbgm.protocol.keys import derive_key, generator
from sccbgm.protocol.predictions import predicted_cells
from sccbgm.protocol.task import Target, TaskData
from sccbgm.protocol.variants import DEFAULT
from sccbgm.tables.names import Names
from sccbgm.tables.spec import Row, RowKey

MAX_REAL = 4000
MAX_EDITED = 1500
MAX_DIMS = 128
MARKERS = ("o", "^", "s", "P", "X", "D", "v", "<", ">")
"""Of the conditions, in the order of their names."""
OTHERS = "other conditions"
_PCS = 50

Predictions = Mapping[RowKey, np.ndarray]
"""Method, mode and variant -> (n_intervene, n_dims) edited cells."""


def read_predictions(
    paths: Iterable[Path],
    task: str,
    target: str,
    seed: int,
    names: Names,
    wanted: Collection[RowKey] = (),
) -> dict[RowKey, np.ndarray]:
    """Edited cells of one task, from files `.../{method}/{shard}.h5ad`.

    wanted: which, none for every method's own settings. The controls are left out, and so is what
    has no prediction for that task and seed.
    """
    import anndata

    found: dict[RowKey, np.ndarray] = {}
    for path in paths:
        method = path.parent.name
        if names.is_control(method):
            continue
        cells = anndata.read_h5ad(verified(path))
        here = (cells.obs["task"] == task) & (cells.obs["target"] == target)
        here &= cells.obs["seed"] == seed
        of = cells.obs[["mode", "variant"]].astype(str)
        for mode, variant in of[here].drop_duplicates().itertuples(index=False):
            key = (method, mode, variant)
            if key in wanted or (not wanted and variant == DEFAULT):
                rows = np.flatnonzero(here & (of["mode"] == mode) & (of["variant"] == variant))
                found[key] = predicted_cells(cells, rows)
    return {row.key: found[row.key] for row in names.named(Row(*key) for key in found)}


def umap_points(
    data: TaskData,
    obs: pd.DataFrame,
    predictions: Predictions,
    names: Names,
    target: Target | None = None,
    labels: Mapping[RowKey, str] | None = None,
) -> pd.DataFrame:
    """One line a cell: x, y, held_out, type, condition, method, mode, label.

    data: the task, its cells in principal components or, without PCA, genes (then reduced to 50
    components first). obs: the cells of the dataset, `obs.iloc[row]` being a cell of the task.
    target: the task's first unless given. labels: printed names in place of the methods' own.

    Real cells have a type and a condition and no method; `held_out` are the target cells. They
    are the training and target cells of the intervened cells' broad type with their subtype,
    where the dataset has subtypes, else those of all cell types. Cells without types have their
    condition as type. Of more conditions than there are markers those of other tasks are one,
    `OTHERS`. One UMAP (15 neighbours, minimal distance 0.02, as the paper's Fig. 4) is fitted on
    real and edited cells together. At most `MAX_REAL` and `MAX_EDITED` cells, drawn by key.
    """
    target = target or data.task.targets[0]
    real = _real(data, obs, target)
    parts = [real]
    x = [_features(data, real, target)]
    named = names.named(Row(*key, label=(labels or {}).get(key, "")) for key in predictions)
    for row in named:
        cells = predictions[row.key]
        chosen = _sample(len(cells), MAX_EDITED, data, f"{row.method}/{row.mode}")
        x.append(cells[chosen])
        edited = {"method": row.method, "mode": row.mode, "label": row.label, "held_out": False}
        parts.append(pd.DataFrame(edited, index=range(len(chosen))))
    texts = ["type", "condition", "method", "mode", "label"]
    points = pd.concat(parts, ignore_index=True).reindex(columns=["held_out", *texts])
    points[texts] = points[texts].fillna("")
    points[["x", "y"]] = embed(np.concatenate(x), len(real), _seed(data))
    return points


def _real(data: TaskData, obs: pd.DataFrame, target: Target) -> pd.DataFrame:
    """The real cells that are shown: which part of the task, where in it, type, condition."""
    context = next((name for name in ("broad", "cell_type") if name in obs), None)
    kind = "subtype" if context and "subtype" in obs else context
    parts = {"train": data.train.rows, "target": data.targets[target.id].rows}
    if not data.task.intervene_in_train:
        parts["intervene"] = data.intervene.rows
    cells = pd.concat(
        [_part(name, rows, obs, kind, context, data) for name, rows in parts.items()],
        ignore_index=True,
    )
    if kind != context:
        own = str(obs[context].iloc[data.intervene.rows[0]])
        cells = cells[cells["context"] == own]
    if cells["condition"].nunique() > len(MARKERS):
        asked = {*cells.loc[cells["part"] == "target", "condition"]}
        asked.add(str(obs["condition"].iloc[data.intervene.rows[0]]))
        shown = cells["condition"].isin(asked)
        cells = cells.assign(condition=np.where(shown, cells["condition"], OTHERS))
    if context is None:
        cells = cells.assign(type=cells["condition"], condition="")
    chosen = _sample(len(cells), MAX_REAL, data, "real")
    return cells.iloc[chosen].assign(held_out=lambda cells: cells["part"] == "target")


def _part(
    name: str,
    rows: np.ndarray,
    obs: pd.DataFrame,
    kind: str | None,
    context: str | None,
    data: TaskData,
) -> pd.DataFrame:
    here = obs.iloc[rows]
    state = "counterfactual" if name == "target" else "factual"
    if not data.task.paired and "condition" in obs:
        condition = here["condition"].astype(str).to_numpy()
    else:
        condition = np.full(len(rows), state)
    return pd.DataFrame(
        {
            "part": name,
            "position": np.arange(len(rows)),
            "type": here[kind].astype(str).to_numpy() if kind else "",
            "context": here[context].astype(str).to_numpy() if context else "",
            "condition": condition,
        }
    )


def _features(data: TaskData, real: pd.DataFrame, target: Target) -> np.ndarray:
    cells = {"train": data.train, "target": data.targets[target.id], "intervene": data.intervene}
    x = np.empty((len(real), data.train.x.shape[1]), dtype=np.float32)
    for part in real["part"].unique():
        here = (real["part"] == part).to_numpy()
        x[here] = cells[part].x[real.loc[here, "position"]]
    return x


def embed(x: np.ndarray, n_real: int, seed: int) -> np.ndarray:
    """(n_cells, 2) joint embedding; more than 128 features go through 50 components first."""
    import umap
    from sklearn.decomposition import PCA

    if x.shape[1] > MAX_DIMS:
        pca = PCA(min(_PCS, n_real - 1), svd_solver="arpack", random_state=seed).fit(x[:n_real])
        x = pca.transform(x)
    neighbours = min(15, len(x) - 1)
    reducer = umap.UMAP(n_neighbors=neighbours, min_dist=0.02, random_state=seed, n_jobs=1)
    return np.asarray(reducer.fit_transform(x), dtype=np.float64)


def _sample(n: int, at_most: int, data: TaskData, purpose: str) -> np.ndarray:
    if n <= at_most:
        return np.arange(n)
    rng = generator("figure", data.task.dataset, data.task.id, purpose)
    return np.sort(rng.choice(n, size=at_most, replace=False))


def _seed(data: TaskData) -> int:
    return derive_key("umap", data.task.dataset, data.task.id) % 2**32
