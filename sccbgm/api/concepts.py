"""The concepts of a model: their kinds and ranges, their values in a table, and edits of them."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from sccbgm.api.faults import Fault, Faults, NameFault, expect
from sccbgm.config.errors import accepted
from sccbgm.protocol.task import Edits

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

Soft = Sequence[str] | Mapping[str, tuple[float, float]]
"""Names of continuous concepts, in [0, 1] or in the range that a mapping gives."""

SLACK = 1e-6
"""Of its range, by which a value may lie outside: what float32 makes of a bound."""


@dataclass(frozen=True)
class Concept:
    """An annotated variable of a cell.

    hard: 0 or 1. Otherwise continuous; low and high are its values that networks see as 0 and 1.
    column: of a concept that is one label of a categorical obs column, that column.
    """

    name: str
    hard: bool
    low: float = 0.0
    high: float = 1.0
    column: str = ""


@dataclass(frozen=True)
class Concepts:
    """The columns of a table in obsm, in the order that the networks have them."""

    key: str
    items: tuple[Concept, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the concepts."""
        return tuple(concept.name for concept in self.items)

    @property
    def hard(self) -> np.ndarray:
        """(n_concepts,) True for 0/1 concepts."""
        return np.array([concept.hard for concept in self.items])

    def values(self, adata: AnnData) -> np.ndarray:
        """(n_cells, n_concepts) float32 in [0, 1], NaN where a cell is not annotated.

        All NaN where the cells have no table. Columns are taken by name. Raises Fault for a
        table without a concept's column and for values that it cannot have.
        """
        if self.key not in adata.obsm:
            return np.full((adata.n_obs, len(self.items)), np.nan, dtype=np.float32)
        table, faults = read_table(adata, self.key), Faults()
        values = np.empty((adata.n_obs, len(self.items)), dtype=np.float32)
        for column, concept in enumerate(self.items):
            with faults.gather():
                expect(concept.name, table.columns, f"obsm[{self.key!r}]", "column")
                values[:, column] = self._scaled(table[concept.name], concept)
        faults.stop()
        return values

    def edits(self, edits: Mapping[str, Any]) -> Edits:
        """Edits as the networks see them: values in [0, 1], a label as its one-hot concepts.

        Raises NameFault for an unknown concept, Fault for a value that it cannot have.
        """
        if not isinstance(edits, Mapping):
            found = type(edits).__name__
            raise Fault(f"edits: found {found}; expected values by concept, {{'stim': 1}}")
        scaled: dict[str, float] = {}
        faults = Faults()
        for name, value in edits.items():
            with faults.gather():
                scaled |= self._edit(str(name), value)
        faults.stop()
        return scaled

    def _edit(self, name: str, value: Any) -> Edits:
        """One edit as the networks see it."""
        named = [concept for concept in self.items if concept.name == name]
        labels = [concept.name for concept in self.items if concept.column == name]
        if named:
            return {name: _edited(named[0], value)}
        if labels:
            expect(str(value), labels, f"edits: {name}", "label")
            return {label: float(label == str(value)) for label in labels}
        columns = dict.fromkeys(c.column for c in self.items if c.column)
        _, _, known = accepted(name, [*self.names, *columns]).partition("; ")
        raise NameFault(f"edits: the model has no concepts {[name]}; {known}")

    def in_units(self, values: np.ndarray) -> np.ndarray:
        """The inverse of scaling: (n_cells, n_concepts) in the units of the table."""
        low, high = (np.array([getattr(c, end) for c in self.items]) for end in ("low", "high"))
        return low + values * (high - low)

    def _scaled(self, column: pd.Series, concept: Concept) -> np.ndarray:
        where = f"obsm[{self.key!r}][{concept.name!r}]"
        values = _numbers(column, where)
        known = values[~np.isnan(values)]
        if concept.hard:
            odd = known[(known != 0) & (known != 1)]
            if len(odd):
                raise Fault(
                    f"{where}: found {_some(odd)}; expected 0, 1 or missing, or, for a continuous "
                    f"concept, soft=[{concept.name!r}]"
                )
        scaled = (values - concept.low) / (concept.high - concept.low)
        odd = values[(scaled < -SLACK) | (scaled > 1 + SLACK)]
        if len(odd):
            raise Fault(
                f"{where}: found {_some(odd)}; expected values from {concept.low:g} to "
                f"{concept.high:g}; soft={{{concept.name!r}: (low, high)}} sets another range"
            )
        return np.clip(scaled, 0, 1)


def declare(adata: AnnData, key: str, soft: Soft) -> Concepts:
    """The concepts of a table, with the kinds that `setup_concepts` and `soft` gave them.

    The rest are hard. Raises Fault for a name in `soft` that is no column, and for a concept
    that no cell has an annotation of, or the same in all cells: there is nothing to learn from.
    """
    if not isinstance(key, str):
        raise Fault(
            f"concepts: found {type(key).__name__}; expected the key of a table in obsm, which "
            "setup_concepts makes of obs columns, or adata.obsm['concepts'] = "
            "pandas.DataFrame(values, adata.obs_names, names)"
        )
    if key not in adata.obsm:
        known = accepted(key, map(str, adata.obsm), "obsm key")
        raise NameFault(f"concepts: {known} (setup_concepts makes concepts of obs columns)")
    table = read_table(adata, key)
    names = [str(name) for name in table.columns]
    declared = _set_up(adata, key, names) | _soft(soft, names)
    concepts = Concepts(key, tuple(declared.get(name) or Concept(name, True) for name in names))
    faults = Faults()
    for name, values in zip(names, concepts.values(adata).T, strict=True):
        known = values[~np.isnan(values)]
        with faults.gather():
            if not len(known) or known.min() == known.max():
                one = f"{table[name].dropna().iloc[0]} in all annotated cells" if len(known) else ""
                raise Fault(
                    f"obsm[{key!r}][{name!r}]: found {one or 'no annotated cell'}; expected cells "
                    "that differ in it, or no such column"
                )
    faults.stop()
    return concepts


def read_table(adata: AnnData, key: str) -> pd.DataFrame:
    """The table obsm[key]. Raises Fault for an array, for no or for repeated columns."""
    import pandas as pd

    table = adata.obsm[key]
    if not isinstance(table, pd.DataFrame):
        raise Fault(
            f"obsm[{key!r}]: found {type(table).__name__} of shape {table.shape}, which names no "
            "concepts; expected a pandas.DataFrame with a column a concept"
        )
    names = table.columns.astype(str)
    if not len(names) or names.has_duplicates:
        raise Fault(
            f"obsm[{key!r}]: found the columns {list(names)}; expected one or more, each once"
        )
    return table.set_axis(names, axis=1)


def kinds_key(key: str) -> str:
    """Where in uns the kinds of the concepts in obsm[key] are, one row a concept."""
    return f"{key}_kinds"


def _set_up(adata: AnnData, key: str, names: Sequence[str]) -> dict[str, Concept]:
    """The table's concepts as `setup_concepts` wrote them, if it did."""
    if kinds_key(key) not in adata.uns:
        return {}
    rows = adata.uns[kinds_key(key)].to_dict("records")
    found = {str(row["name"]): Concept(**row) for row in rows}
    if list(found) != list(names):
        raise Fault(
            f"uns[{kinds_key(key)!r}]: found kinds of {list(found)}; expected those of the columns "
            f"of obsm[{key!r}], {list(names)}; run setup_concepts again"
        )
    return found


def _soft(soft: Soft, names: Sequence[str]) -> dict[str, Concept]:
    """Concepts that the caller says are continuous."""
    if isinstance(soft, str) or not isinstance(soft, Iterable):
        raise Fault(f"soft: found {soft!r}; expected a list of names, ['dose']")
    ranges = soft if isinstance(soft, Mapping) else dict.fromkeys(soft, (0.0, 1.0))
    faults = Faults()
    for name, limits in ranges.items():
        with faults.gather():
            expect(name, names, "soft", "concept")
            check_range(limits, f"soft: {name}")
    faults.stop()
    return {n: Concept(n, False, float(low), float(high)) for n, (low, high) in ranges.items()}


def check_range(limits: Any, where: str) -> None:
    """Raise Fault unless these are two finite numbers, the lower one first."""
    if np.shape(limits) != (2,) or not np.isfinite(limits).all() or limits[0] >= limits[1]:
        raise Fault(f"{where}: found {limits!r}; expected (low, high), low < high")


def _numbers(column: pd.Series, where: str) -> np.ndarray:
    """Float64 values, NaN where missing. Raises Fault for text and for infinite values."""
    try:
        if column.dtype.kind in "cmM":
            raise TypeError("complex numbers, times and dates are no amounts")
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    except (ValueError, TypeError):
        found = [str(value) for value in column.dropna().unique()]
        raise Fault(
            f"{where}: found {_some(found)}; expected numbers (setup_concepts makes them of labels)"
        ) from None
    if np.isinf(values).any():
        raise Fault(f"{where}: found an infinite value; expected numbers, or NaN for missing")
    return values


def _edited(concept: Concept, value: Any) -> float:
    """A target value as the networks see it."""
    numeric = isinstance(value, Real | np.bool_)
    if not numeric or not concept.low <= float(value) <= concept.high:
        raise Fault(
            f"edits: {concept.name}: found {reprlib.repr(value)}; expected a number from "
            f"{concept.low:g} to {concept.high:g}"
        )
    return (float(value) - concept.low) / (concept.high - concept.low)


def _some(values: Sequence[Any] | np.ndarray) -> str:
    """A few of the distinct values."""
    distinct = [f"{value:g}" if isinstance(value, float) else repr(value) for value in values]
    distinct = list(dict.fromkeys(distinct))
    return ", ".join(distinct[:4]) + (", ..." if len(distinct) > 4 else "")
