"""A model's answers as AnnData: edited components, counterfactual genes, and their provenance."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from sccbgm.api.model import CELLS_AT_ONCE, Model
from sccbgm.api.reading import RAW
from sccbgm.api.space import LOADINGS

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData


def counterfactual(
    model: Model, adata: AnnData, edits: Mapping[str, Any], mode: str | None = None
) -> AnnData:
    """The cells of `adata`, had their concepts these values.

    obs is that of the cells; var are the genes behind the model's components, if it knows the
    loadings. X is the observed expression, layers["counterfactual"] the edited one. obsm has the
    components: observed (as `rep` names them), "X_unedited" as the networks give them without the
    edit, "X_edited" with it. var["effect"] is the edit's mean effect on a gene, edited less
    unedited. With several seeds these are means, beside standard deviations over the seeds (n - 1)
    in "counterfactual_sd", "X_edited_sd" and "effect_sd", and obs["agreement"] (see `agreement`).
    uns["sccbgm"] says by which model and edits; `edits` is JSON text.
    """
    cells = model.edited(adata, edits, mode)
    answer = _answer(model, adata, cells.x, cells.after, "counterfactual", "X_edited")
    answer.obsm["X_unedited"] = cells.before.mean(0)
    shifts = cells.after - cells.before
    if answer.n_vars:
        _note_effects(answer.var, shifts.mean(1) @ answer.varm[LOADINGS].T)
    answer.uns["sccbgm"] |= {
        "edits": json.dumps({str(name): _plain(value) for name, value in edits.items()}),
        "mode": mode or model.method.modes[0],
    }
    if len(shifts) > 1:
        answer.obs["agreement"] = agreement(shifts)
    return answer


def reconstruction(model: Model, adata: AnnData, mode: str | None = None) -> AnnData:
    """The cells without an edit, through the same networks; keys as in `counterfactual`.

    What an edit changes is the difference of both: the difference from the observed cells also has
    what the networks and the components lose.
    """
    parts, x = model.reconstruct(adata, mode), model.space.components(adata)
    return _answer(model, adata, x, parts, "reconstruction", "X_reconstructed")


def agreement(shifts: np.ndarray) -> np.ndarray:
    """How alike the seeds move each cell: the mean cosine of all pairs of their shifts.

    shifts: s (M, n_cells, n_dims), edited less unedited. Returns (n_cells,) in [-1/(M-1), 1],
    (|sum_m s_m / |s_m||^2 - M) / (M (M - 1)); NaN where a seed does not move the cell.
    """
    m = len(shifts)
    lengths = np.linalg.norm(shifts, axis=-1, keepdims=True)
    lengths = np.where(lengths > 0, lengths, np.nan)
    total = (shifts / lengths).sum(0)
    return (np.square(total).sum(-1) - m) / (m * (m - 1))


def _answer(
    model: Model, adata: AnnData, x: np.ndarray, parts: np.ndarray, layer: str, key: str
) -> AnnData:
    """x: (n_cells, n_dims) observed components; parts: (n_seeds, n_cells, n_dims) answered ones."""
    import anndata

    space, mean = model.space, parts.mean(0)
    answer = anndata.AnnData(
        X=space.expression(adata) if space.decodes else None,
        obs=adata.obs.copy(),
        var=_genes(model, adata),
    )
    answer.obsm[space.name], answer.obsm[key] = x, mean
    if len(parts) > 1:
        answer.obsm[f"{key}_sd"] = parts.std(0, ddof=1)
    if space.decodes:
        assert space.basis is not None
        answer.varm[LOADINGS] = space.basis.components.T
        answer.layers[layer] = space.basis.inverse(mean)
        if len(parts) > 1:
            answer.layers[f"{layer}_sd"] = _gene_sd(parts, space.basis.components)
    answer.uns["sccbgm"] = {
        "model": model.hash,
        "method": model.method.id,
        "seeds": list(model.seeds),
        "rep": space.name,
        "version": version("sccbgm"),
        "units": {key: f"as {space.name}", **({layer: space.scale} if space.decodes else {})},
    }
    if space.source.target_sum is not None:
        answer.uns["sccbgm"]["target_sum"] = space.source.target_sum
    return answer


def _genes(model: Model, adata: AnnData) -> pd.DataFrame:
    """The table of the genes of answers, with the columns that the cells' has."""
    import pandas as pd

    if not model.space.decodes:
        return pd.DataFrame(index=pd.Index([], dtype=str))
    table = adata.raw.var if model.space.source.layer == RAW else adata.var
    return table.loc[list(model.space.genes)].copy()


def _note_effects(var: pd.DataFrame, effects: np.ndarray) -> None:
    """effects: (n_seeds, n_genes) mean over the cells."""
    var["effect"] = effects.mean(0)
    if len(effects) > 1:
        var["effect_sd"] = effects.std(0, ddof=1)


def _gene_sd(parts: np.ndarray, components: np.ndarray) -> np.ndarray:
    """(n_cells, n_genes) standard deviation over the seeds of z W, a block of cells at a time."""
    centred = parts - parts.mean(0)
    out = np.empty((parts.shape[1], components.shape[1]), dtype=np.float32)
    for start in range(0, len(out), CELLS_AT_ONCE):
        rows = slice(start, start + CELLS_AT_ONCE)
        squares = sum(np.square(part[rows] @ components) for part in centred)
        out[rows] = np.sqrt(squares / (len(parts) - 1))
    return out


def _plain(value: Any) -> Any:
    return value if isinstance(value, str) else float(value)
