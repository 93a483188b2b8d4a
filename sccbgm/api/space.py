"""The space that a model works in: components of cells, the genes behind them, and the map."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sccbgm.api.faults import Fault
from sccbgm.api.reading import (
    Source,
    expression,
    gene_names,
    median_library,
    normalised,
    positions,
    read_counts,
    stored,
)
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

    rep: obsm key of the cells' components, or None: components of genes by the model's own basis.
    genes: names behind the components. basis: the map between both, None where no loadings are
    known. decodes: whether the basis gives the components back from genes, so that components
    become genes. source: where the genes' expression is. scale: what it is, as far as the AnnData
    says. signed: whether it has negative values.
    """

    rep: str | None
    n_dims: int
    genes: tuple[str, ...]
    basis: Basis | None
    decodes: bool
    source: Source
    scale: str
    signed: bool = False

    @property
    def name(self) -> str:
        """Key of the components in results."""
        return self.rep or "X_pca"

    def components(self, adata: AnnData) -> np.ndarray:
        """(n_cells, n_dims) float32 of cells that must be of this space.

        Genes are taken by name. Raises Fault where there are no cells, values are missing or
        infinite, genes are missing, or the components are others of the same width.
        """
        if self.rep is None:
            assert self.basis is not None
            values = expression(adata, self.genes, self.source)
            if values.min() < 0 and not self.signed:
                raise Fault(
                    f"{self.source.name}: found negative values, down to {values.min():g}; "
                    "expected none, as in the cells that the model was fitted on"
                )
            return self.basis.transform(values)
        x = stored(adata, self.rep)
        if x.shape[1] != self.n_dims:
            raise Fault(f"obsm[{self.rep!r}]: found {x.shape[1]} columns; expected {self.n_dims}")
        self._check_genes(adata, x)
        return x

    def expression(self, adata: AnnData) -> Any:
        """(n_cells, n_genes) values that are on the scale of decoded genes.

        Raises Fault where they do not give the cells' stored components.
        """
        assert self.basis is not None
        values = expression(adata, self.genes, self.source, checked=False)
        if self.rep and not agree(self.basis.transform(values), stored(adata, self.rep)):
            raise Fault(
                f"{self.source.name}: found values other than those that obsm[{self.rep!r}] was "
                "made of, such as scaled ones; expected the scale of the cells that the model was "
                "fitted on"
            )
        return values

    def _check_genes(self, adata: AnnData, x: np.ndarray) -> None:
        """Refuse components that belong to other genes, or to other loadings of the same genes."""
        if self.basis is None:
            if tuple(map(str, adata.var_names)) != self.genes:
                missing = sorted(set(self.genes) - set(adata.var_names))
                found = f"no {missing[:3]}" if missing else "other genes, or another order"
                raise Fault(
                    f"var_names: found {found}; expected the {len(self.genes)} genes of the "
                    f"training cells in their order: obsm[{self.rep!r}] has no loadings in "
                    f"varm[{LOADINGS!r}] to compare"
                )
            return
        columns = positions(gene_names(adata), self.genes)
        if LOADINGS in adata.varm:
            loadings = np.asarray(adata.varm[LOADINGS])
            same = loadings.shape[1] == self.n_dims and np.allclose(
                loadings[columns].T, self.basis.components, atol=1e-4
            )
            where = f"varm[{LOADINGS!r}]"
        else:
            rows = np.linspace(0, adata.n_obs - 1, min(adata.n_obs, CELLS_CHECKED)).astype(int)
            same = self.decodes and agree(
                self.basis.transform(expression(adata[rows], self.genes, self.source)), x[rows]
            )
            where = f"obsm[{self.rep!r}]"
        if not same:
            raise Fault(
                f"{where}: found components other than the model's; expected those that it was "
                "fitted on, of the same genes by the same loadings: project cells onto them, and "
                "do not compute new ones"
            )


def stored_space(adata: AnnData, rep: str, source: Source) -> Space:
    """The space of obsm[rep], with scanpy's loadings where they have its width."""
    x = stored(adata, rep)
    if np.ptp(x, axis=0).max() == 0:
        raise Fault(f"obsm[{rep!r}]: found the same in all cells; expected cells that differ")
    names = list(gene_names(adata))
    loadings = np.asarray(adata.varm[LOADINGS]) if LOADINGS in adata.varm else None
    if loadings is None or loadings.shape[1] != x.shape[1]:
        return Space(rep, x.shape[1], tuple(names), None, False, source, "")
    used = np.flatnonzero(loadings.any(1))
    genes, components = tuple(names[i] for i in used), loadings[used].T.astype(np.float32)
    mean = np.zeros(len(genes), dtype=np.float32)
    if adata.X is None and source.layer is None:
        return Space(rep, x.shape[1], genes, Basis(mean, components), False, source, "")
    values = expression(adata, genes, source, checked=False)
    # The offset that explains these cells best: of all the cells that the PCA was made of, the mean
    mean = np.asarray(values.mean(0)).ravel() - x.mean(0) @ components
    basis = Basis(mean.astype(np.float32), components)
    decodes = agree(basis.transform(values), x)
    return Space(rep, x.shape[1], genes, basis, decodes, source, scale_of(adata, values, source))


@dataclass(frozen=True)
class Features:
    """Which numbers of a cell a model is to see: arguments of `fit` of these names."""

    rep: str | None
    layer: str | None
    counts: bool
    n_pcs: int

    def read(self, adata: AnnData, train: np.ndarray) -> Callable[[], tuple[Space, np.ndarray]]:
        """Read and check them. Returns what makes the space, and all cells' components in it.

        train: (n_cells,) mask of the cells that the space is made of. Raises Fault; what is
        returned raises none, so that nothing long begins before all faults are known.
        """
        if self.rep is None:
            _check_whole("n_pcs", self.n_pcs)
            return _of_genes(adata, self.layer, self.counts, self.n_pcs, train)
        if self.counts:
            raise Fault(f"counts: found True with rep={self.rep!r}; expected one of them")
        space = stored_space(_some(adata, train), self.rep, Source(self.layer))
        x = space.components(adata)
        return lambda: (space, x)


def _of_genes(
    adata: AnnData, layer: str | None, counts: bool, n_pcs: int, train: np.ndarray
) -> Callable[[], tuple[Space, np.ndarray]]:
    """All genes of a matrix, of whose values principal components are made.

    counts: whether they are counts, which are scaled to the training cells' median library size.
    """
    genes = tuple(gene_names(adata, layer))
    if len(genes) < 2:
        raise Fault(f"adata: found {len(genes)} genes; expected 2 or more, or a `rep`")
    source = Source(layer)
    if counts:
        found = read_counts(adata, genes, layer)
        source = Source(layer, target := median_library(found, train))
        values = normalised(found, target)
    else:
        values = expression(adata, genes, source)
    if (values.max(axis=0) - values.min(axis=0)).max() == 0:
        raise Fault(
            f"{source.name}: found the same values in all cells; expected cells that differ"
        )

    def make() -> tuple[Space, np.ndarray]:
        basis = principal_basis(values if train.all() else values[train], n_pcs)
        scale, signed = scale_of(adata, values, source), bool(values.min() < 0)
        space = Space(None, len(basis.components), genes, basis, True, source, scale, signed)
        return space, basis.transform(values)

    return make


def principal_basis(values: Any, n_components: int) -> Basis:
    """Principal components, at most one fewer than cells or genes."""
    from sklearn.decomposition import PCA

    k = min(int(n_components), *(size - 1 for size in values.shape))
    pca = PCA(k, svd_solver="arpack", random_state=0).fit(values)
    components = with_signs(pca.components_).astype(np.float32)
    return Basis(pca.mean_.astype(np.float32), components)


def _some(adata: AnnData, rows: np.ndarray) -> AnnData:
    return adata if rows.all() else adata[rows]


def _check_whole(name: str, number: object) -> None:
    if not isinstance(number, int | np.integer) or number < 1:
        raise Fault(f"{name}: found {number!r}; expected a whole number, 1 or more")


def scale_of(adata: AnnData, values: Any, source: Source) -> str:
    """The scale of expression: "log1p" where it was made here or scanpy noted it, else unknown.

    Negative values say that something was done afterwards, such as scaling.
    """
    if source.target_sum is not None:
        return f"log1p of counts scaled to {source.target_sum:g} a cell"
    noted = "log1p" in adata.uns and source.layer is None and values.min() >= 0
    return "log1p" if noted else f"as in {source.name}"


def agree(found: np.ndarray, expected: np.ndarray) -> bool:
    """Whether components are the same but for rounding."""
    spread = float(expected.std()) or 1.0
    return bool(np.abs(found - expected).max() <= TOLERANCE * spread)
