"""The cells of an evaluation: predicted, true, before the edit, and of training; one gene order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sccbgm.api.faults import Fault, Faults, expect
from sccbgm.api.reading import Source, check_cells, expression, gene_names
from sccbgm.data.text import as_text, label_faults

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

FEWEST_CELLS = 2
"""Fewer true or predicted cells have no spread, and almost no metric."""


@dataclass(frozen=True)
class Compared:
    """(n_cells, n_genes) log-normalised matrices, dense or sparse, by part.

    genes: those of the prediction. matrices: "true", "predicted", and where they are known
    "control", the cells before the edit, row i that of prediction i, and "train". groups: the
    population of each training cell. labels: subtypes of the true cells and of those before the
    edit, empty if they were not asked for.
    """

    genes: tuple[str, ...]
    matrices: dict[str, Any]
    groups: np.ndarray
    labels: dict[str, np.ndarray]
    paired: bool


@dataclass(frozen=True)
class Given:
    """What a caller wants to be compared: arguments of `evaluate` of these names."""

    true: AnnData
    predicted: AnnData
    control: AnnData | None
    train: AnnData | None
    groups: str | None
    labels: str | None
    layer: str | None
    counts: bool
    paired: bool

    @property
    def own(self) -> bool:
        """Whether the prediction is an answer of `intervene`, whose X are the cells before it."""
        return "sccbgm" in self.predicted.uns and "counterfactual" in self.predicted.layers

    @property
    def before(self) -> AnnData | None:
        """The cells before the edit, where they are known."""
        return self.predicted if self.control is None and self.own else self.control

    @property
    def prediction(self) -> Source:
        """The matrix that is scored."""
        return Source("counterfactual" if self.own and self.layer is None else self.layer)

    def read(self) -> Compared:
        """Raises Fault with all that is wrong with the cells."""
        faults = Faults()
        genes: tuple[str, ...] = ()
        with faults.gather():
            check_cells(self.predicted, FEWEST_CELLS)
            genes = tuple(gene_names(self.predicted))
        matrices: dict[str, Any] = {}
        for name, (adata, source) in self._sources().items():
            with faults.gather(), _named(name):
                check_cells(adata, FEWEST_CELLS)
                # A prediction may be whole numbers, such as zeros
                matrices[name] = expression(adata, genes, source(), name != "predicted")
        groups = np.array([], dtype=str)
        with faults.gather():
            groups = self._groups()
        labels: dict[str, np.ndarray] = {}
        with faults.gather():
            labels = self._labels()
        with faults.gather():
            self._check_control()
        with faults.gather():
            self._check_pairs()
        faults.stop()
        return Compared(genes, matrices, groups, labels, self.paired)

    def _sources(self) -> dict[str, Any]:
        """Part -> its cells, and what says where their values are."""
        found: dict[str, Any] = {
            "predicted": (self.predicted, lambda: self.prediction),
            "true": (self.true, self._real),
        }
        if self.before is not None:
            found["control"] = (self.before, Source if self.control is None else self._real)
        if self.train is not None:
            found["train"] = (self.train, self._real)
        return found

    def _real(self) -> Source:
        """X of real cells. Raises Fault where counts have no scale to be brought to."""
        if not self.counts:
            return Source()
        target_sum = self.predicted.uns.get("sccbgm", {}).get("target_sum")
        if target_sum is None:
            raise Fault(
                "counts: found a prediction whose uns['sccbgm'] has no target_sum; expected one by "
                "a model that was fitted on counts, or log-normalised cells of the same scale"
            )
        return Source(None, float(target_sum))

    def _groups(self) -> np.ndarray:
        if (self.train is None) != (self.groups is None):
            found = "train" if self.groups is None else "groups"
            raise Fault(f"{found}: found without the other; expected train and groups, or none")
        if self.train is None or self.groups is None:
            return np.array([], dtype=str)
        return _labels_of({"train": self.train}, self.groups)["train"]

    def _labels(self) -> dict[str, np.ndarray]:
        """Part -> the subtype of each cell, of the parts whose subtypes are looked at."""
        if self.labels is None:
            return {}
        parts = {"true": self.true, "control": self.before}
        known = {name: adata for name, adata in parts.items() if adata is not None}
        return _labels_of(known, self.labels)

    def _check_control(self) -> None:
        n = self.predicted.n_obs
        if self.control is not None and self.control.n_obs != n:
            raise Fault(
                f"control: found {self.control.n_obs} cells; expected {n}, each in the row of its "
                "prediction"
            )

    def _check_pairs(self) -> None:
        if self.paired and not self.true.obs_names.equals(self.predicted.obs_names):
            raise Fault(
                "paired: found true cells of other names than the predicted ones, or in another "
                "order; expected the same"
            )


def _labels_of(parts: Mapping[str, AnnData], column: str) -> dict[str, np.ndarray]:
    """Part -> the label of each cell. Raises Fault where labels are missing or look alike."""
    import pandas as pd

    faults, found = Faults(), {}
    for name, adata in parts.items():
        with faults.gather():
            expect(column, adata.obs, f"{name}: obs", "column")
            found[name] = as_text(adata.obs[column])
            _check_labels(name, column, found[name])
    faults.stop()
    _check_labels(" and ".join(found), column, pd.concat(found.values()))
    return {name: text.to_numpy(dtype=str) for name, text in found.items()}


def _check_labels(where: str, column: str, text: pd.Series) -> None:
    if faults := label_faults(text):
        raise Fault(f"{where}: obs[{column!r}] {'; '.join(faults)}")


@contextmanager
def _named(part: str) -> Iterator[None]:
    """Say of which cells a fault is."""
    try:
        yield
    except Fault as fault:
        lines = str(fault).removeprefix("adata: ").splitlines()
        raise Fault("\n".join(f"{part}: {line}" for line in lines)) from None
