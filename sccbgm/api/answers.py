"""A model's answers as AnnData: edited components, counterfactual genes, and their provenance."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from sccbgm.api.model import Model

if TYPE_CHECKING:
    from anndata import AnnData

CELLS_AT_ONCE = 1024
"""Rows of one pass when the spread of genes over seeds is computed."""


def counterfactual(
    model: Model, adata: AnnData, edits: Mapping[str, Any], mode: str | None = None
) -> AnnData:
    """The cells of `adata`, had their concepts these values.

    obs is that of the cells; var are the genes behind the model's components, if it knows the
    loadings. X is the observed expression, layers["counterfactual"] the edited one,
    obsm["X_edited"] the edited components and obsm[rep] the observed ones. With several seeds these
    are means, beside layers["counterfactual_sd"] and obsm["X_edited_sd"], the standard deviations
    over the seeds (n - 1), and obs["agreement"] (see `agreement`).
    uns["sccbgm"] says by which model and edits; `edits` is JSON text.
    """
    edited = model.members(adata, edits, mode)
    answer = _answer(model, adata, edited, "counterfactual", "X_edited")
    answer.uns["sccbgm"] |= {
        "edits": json.dumps({str(name): _plain(value) for name, value in edits.items()}),
        "mode": mode or model.method.modes[0],
    }
    if len(edited) > 1:
        answer.obs["agreement"] = agreement(edited - model.reconstruct(adata, mode))
    return answer


def reconstruction(model: Model, adata: AnnData) -> AnnData:
    """The cells without an edit, through the same networks; keys as in `counterfactual`.

    What an edit changes is the difference of both: the difference from the observed cells also has
    what the networks and the components lose.
    """
    return _answer(model, adata, model.reconstruct(adata), "reconstruction", "X_reconstructed")


def agreement(shifts: np.ndarray) -> np.ndarray:
    """How alike the seeds move each cell: the mean cosine of all pairs of their shifts.

    shifts: s (M, n_cells, n_dims), edited less reconstructed. Returns (n_cells,) in [-1/(M-1), 1],
    (|sum_m s_m / |s_m||^2 - M) / (M (M - 1)); NaN where a seed does not move the cell.
    """
    m = len(shifts)
    lengths = np.linalg.norm(shifts, axis=-1, keepdims=True)
    lengths = np.where(lengths > 0, lengths, np.nan)
    total = (shifts / lengths).sum(0)
    return (np.square(total).sum(-1) - m) / (m * (m - 1))


def _answer(model: Model, adata: AnnData, parts: np.ndarray, layer: str, key: str) -> AnnData:
    """parts: (n_seeds, n_cells, n_dims) components."""
    import anndata
    import pandas as pd

    space, mean = model.space, parts.mean(0)
    genes = list(space.genes) if space.decodes else []
    answer = anndata.AnnData(
        X=space.expression(adata) if genes else None,
        obs=adata.obs.copy(),
        var=adata.var.loc[genes].copy() if genes else pd.DataFrame(index=[]),
    )
    answer.obsm[space.name] = space.components(adata)
    answer.obsm[key] = mean
    if len(parts) > 1:
        answer.obsm[f"{key}_sd"] = parts.std(0, ddof=1)
    if genes:
        assert space.basis is not None
        answer.layers[layer] = space.basis.inverse(mean)
        if len(parts) > 1:
            answer.layers[f"{layer}_sd"] = _gene_sd(parts, space.basis.components)
    answer.uns["sccbgm"] = {
        "model": model.hash,
        "method": model.method.id,
        "seeds": list(model.seeds),
        "version": version("sccbgm"),
        "units": {key: f"as {space.name}", **({layer: space.scale} if genes else {})},
    }
    return answer


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
