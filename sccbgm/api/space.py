"""The space that a model works in: components of cells, the genes behind them, and the map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sccbgm.api.reading import expression, positions, stored, unique_genes
from sccbgm.data.pca import Basis, with_signs

if TYPE_CHECKING:
    from anndata import AnnData

LOADINGS = "PCs"
"""Where in varm scanpy leaves the loadings of its principal components."""

TOLERANCE = 1e-3
"""Largest difference of components, relative to their spread, that rounding may explain."""

CELLS_CHECKED = 512
"""Cells, evenly spaced, whose components are compared with those of their genes."""


@dataclass(frozen=True)
class Space:
    """Which numbers of a cell a model sees, and what they are made of.

    rep: obsm key of the cells' components, or None: components of X by the model's own basis.
    genes: names behind the components. basis: the map between both, None where no loadings are
    known. decodes: whether the basis gives the components back from X, so that components become
    genes. scale: what X is, as far as the AnnData says. signed: whether it has negative values.
    """

    rep: str | None
    n_dims: int
    genes: tuple[str, ...]
    basis: Basis | None
    decodes: bool
    scale: str
    signed: bool = False

    @property
    def name(self) -> str:
        """Key of the components in results."""
        return self.rep or "X_pca"

    def components(self, adata: AnnData) -> np.ndarray:
        """(n_cells, n_dims) float32 of cells that must be of this space.

        Genes are taken by name. Raises ValueError where there are no cells, values are missing or
        infinite, genes are missing, or the components are others of the same width.
        """
        if self.rep is None:
            assert self.basis is not None
            values = expression(adata, self.genes)
            if values.min() < 0 and not self.signed:
                raise ValueError(
                    f"X: found negative values, down to {values.min():g}; expected none, as in the "
                    "cells that the model was fitted on"
                )
            return self.basis.transform(values)
        x = stored(adata, self.rep)
        if x.shape[1] != self.n_dims:
            raise ValueError(
                f"obsm[{self.rep!r}]: found {x.shape[1]} columns; expected {self.n_dims}"
            )
        self._check_genes(adata, x)
        return x

    def expression(self, adata: AnnData) -> Any:
        """(n_cells, n_genes) values of X that are on the scale of decoded genes.

        Raises ValueError where they do not give the cells' stored components.
        """
        assert self.basis is not None
        values = expression(adata, self.genes, counts=True)
        if self.rep and not agree(self.basis.transform(values), stored(adata, self.rep)):
            raise ValueError(
                f"X: found values other than those that obsm[{self.rep!r}] was made of, such as "
                "scaled ones; expected the scale of the cells that the model was fitted on"
            )
        return values

    def _check_genes(self, adata: AnnData, x: np.ndarray) -> None:
        """Refuse components that belong to other genes, or to other loadings of the same genes."""
        if self.basis is None:
            if tuple(map(str, adata.var_names)) != self.genes:
                missing = sorted(set(self.genes) - set(adata.var_names))
                found = f"no {missing[:3]}" if missing else "other genes, or another order"
                raise ValueError(
                    f"var_names: found {found}; expected the {len(self.genes)} genes of the "
                    f"training cells in their order: obsm[{self.rep!r}] has no loadings in "
                    f"varm[{LOADINGS!r}] to compare"
                )
            return
        columns = positions(adata, self.genes)
        if LOADINGS in adata.varm:
            loadings = np.asarray(adata.varm[LOADINGS])
            same = loadings.shape[1] == self.n_dims and np.allclose(
                loadings[columns].T, self.basis.components, atol=1e-4
            )
            where = f"varm[{LOADINGS!r}]"
        else:
            rows = np.linspace(0, adata.n_obs - 1, min(adata.n_obs, CELLS_CHECKED)).astype(int)
            same = self.decodes and agree(
                self.basis.transform(expression(adata[rows], self.genes)), x[rows]
            )
            where = f"obsm[{self.rep!r}]"
        if not same:
            raise ValueError(
                f"{where}: found components other than the model's; expected those that it was "
                "fitted on, of the same genes by the same loadings: project cells onto them, and "
                "do not compute new ones"
            )


def stored_space(adata: AnnData, rep: str) -> Space:
    """The space of obsm[rep], with scanpy's loadings where they have its width."""
    x = stored(adata, rep)
    if np.ptp(x, axis=0).max() == 0:
        raise ValueError(f"obsm[{rep!r}]: found the same in all cells; expected cells that differ")
    names = unique_genes(adata)
    loadings = np.asarray(adata.varm[LOADINGS]) if LOADINGS in adata.varm else None
    if loadings is None or loadings.shape[1] != x.shape[1]:
        return Space(rep, x.shape[1], tuple(names), None, False, "")
    used = np.flatnonzero(loadings.any(1))
    genes, components = tuple(names[i] for i in used), loadings[used].T.astype(np.float32)
    mean = np.zeros(len(genes), dtype=np.float32)
    if adata.X is None:
        return Space(rep, x.shape[1], genes, Basis(mean, components), False, "")
    values = expression(adata, genes, counts=True)
    # The offset that explains these cells best: of all the cells that the PCA was made of, the mean
    mean = np.asarray(values.mean(0)).ravel() - x.mean(0) @ components
    basis = Basis(mean.astype(np.float32), components)
    return Space(
        rep, x.shape[1], genes, basis, agree(basis.transform(values), x), scale_of(adata, values)
    )


def fitted_space(adata: AnnData, n_components: int) -> Space:
    """The principal components of X, at most `n_components`, one fewer than cells or genes."""
    from sklearn.decomposition import PCA

    if not isinstance(n_components, int | np.integer) or n_components < 1:
        raise ValueError(f"n_pcs: found {n_components!r}; expected a whole number, 1 or more")
    genes = tuple(unique_genes(adata))
    if len(genes) < 2:
        raise ValueError(f"adata: found {len(genes)} genes; expected 2 or more, or a `rep`")
    values = expression(adata, genes)
    if (values.max(axis=0) - values.min(axis=0)).max() == 0:
        raise ValueError("X: found the same values in all cells; expected cells that differ")
    k = min(int(n_components), *(size - 1 for size in values.shape))
    pca = PCA(k, svd_solver="arpack", random_state=0).fit(values)
    components = with_signs(pca.components_).astype(np.float32)
    basis = Basis(pca.mean_.astype(np.float32), components)
    return Space(None, k, genes, basis, True, scale_of(adata, values), bool(values.min() < 0))


def scale_of(adata: AnnData, values: Any) -> str:
    """The scale of X: "log1p" where scanpy has noted that it took the logarithm, else unknown.

    Negative values say that something was done afterwards, such as scaling.
    """
    return "log1p" if "log1p" in adata.uns and values.min() >= 0 else "as in X"


def agree(found: np.ndarray, expected: np.ndarray) -> bool:
    """Whether components are the same but for rounding."""
    spread = float(expected.std()) or 1.0
    return bool(np.abs(found - expected).max() <= TOLERANCE * spread)
