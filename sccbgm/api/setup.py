"""From obs columns to a table of concepts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from sccbgm.api.concepts import Concept, check_range, kinds_key
from sccbgm.api.faults import Fault, Faults, expect

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

BINARY = {"0": 0.0, "1": 1.0, "0.0": 0.0, "1.0": 1.0, "False": 0.0, "True": 1.0}

Ranges = Sequence[str] | Mapping[str, tuple[float, float]]
"""Columns of numbers, of the range that a mapping gives, or else of the cells'."""


def setup_concepts(
    adata: AnnData,
    *,
    binary: Sequence[str] | Mapping[str, str] = (),
    categorical: Sequence[str] = (),
    continuous: Ranges = (),
    key: str = "concepts",
) -> None:
    """Write the concepts of cells into obsm[key], and their kinds into uns, out of obs columns.

    binary: {column: label}, one concept, called as the label and 1 where the cell has it; columns
    of 0 and 1, or True and False, can stand in a list, and are called as the column. categorical:
    columns, a concept a label, called as the label. continuous: columns of numbers, which may have
    one unit, a concept each, called as the column; a mapping gives the range {column: (low, high)},
    which is otherwise that of the cells. A missing label or number is a missing annotation.

    Raises NameFault for an unknown column or label, Fault for labels that look the same, for text
    where numbers are expected and for two concepts of one name; all faults are said together.
    """
    import pandas as pd

    made: list[tuple[Concept, pd.Series]] = []
    faults = Faults()
    for column in _names(binary, "binary"):
        with faults.gather():
            made.append(_binary(adata, column, binary))
    for column in _names(categorical, "categorical"):
        with faults.gather():
            made += _one_hot(adata, column)
    for column in _names(continuous, "continuous"):
        with faults.gather():
            made.append(_continuous(adata, column, continuous))
    names = [concept.name for concept, _ in made]
    with faults.gather():
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice or not (names or faults.found):
            found = f"{twice} more than once" if twice else "no column"
            raise Fault(f"concepts: found {found}; expected names, each once")
    faults.stop()
    table = pd.concat([values for _, values in made], axis=1, keys=names).astype(np.float32)
    adata.obsm[key] = table
    adata.uns[kinds_key(key)] = pd.DataFrame([asdict(concept) for concept, _ in made])


def _names(columns: Sequence[str] | Mapping[str, object], what: str) -> list[str]:
    if isinstance(columns, str):
        raise Fault(f"{what}: found the text {columns!r}; expected a list, [{columns!r}]")
    return list(columns)


def _binary(
    adata: AnnData, column: str, binary: Sequence[str] | Mapping[str, str]
) -> tuple[Concept, pd.Series]:
    labels = _labels(adata, column)
    one = str(binary[column]) if isinstance(binary, Mapping) else "True"
    values = labels.map(BINARY)
    if BINARY.get(one) == 1 and (values.notna() | labels.isna()).all():
        return Concept(column, True), values.astype(np.float64)
    if not isinstance(binary, Mapping):
        found = sorted(labels.dropna().unique())[:4]
        raise Fault(
            f"obs[{column!r}]: found {found}; expected 0 and 1, or {{{column!r}: label}} to say "
            "which label is 1"
        )
    expect(one, labels.dropna().unique(), f"obs[{column!r}]", "label")
    return Concept(one, True), _indicator(labels, one)


def _one_hot(adata: AnnData, column: str) -> Iterator[tuple[Concept, pd.Series]]:
    labels = _labels(adata, column)
    for label in sorted(labels.dropna().unique()):
        yield Concept(label, True, column=column), _indicator(labels, label)


def _continuous(adata: AnnData, column: str, ranges: Ranges) -> tuple[Concept, pd.Series]:
    values = _numbers(adata, column)
    low, high = ranges[column] if isinstance(ranges, Mapping) else _range(values)
    check_range((low, high), f"continuous: {column}")
    return Concept(column, False, float(low), float(high)), values


def _labels(adata: AnnData, column: str) -> pd.Series:
    """Labels as text, None where there is none. Raises Fault for labels that look alike."""
    from sccbgm.data.text import as_text, label_faults

    expect(column, adata.obs, "obs", "column")
    labels = as_text(adata.obs[column])
    if faults := label_faults(labels.dropna()):
        raise Fault(f"obs[{column!r}] {'; '.join(faults)} (NaN is a missing annotation)")
    return labels


def _indicator(labels: pd.Series, label: str) -> pd.Series:
    """1 where a cell has the label, 0 where it has another, NaN where it has none."""
    return (labels == label).astype(np.float32).where(labels.notna())


def _numbers(adata: AnnData, column: str) -> pd.Series:
    from sccbgm.data.quantities import read_numbers

    expect(column, adata.obs, "obs", "column")
    try:
        values, _ = read_numbers(adata.obs[column])
    except ValueError as error:
        raise Fault(f"obs[{column!r}] {error}") from None
    if values.isna().all():
        raise Fault(f"obs[{column!r}]: found no number; expected one a cell, or NaN for missing")
    return values


def _range(values: pd.Series) -> tuple[float, float]:
    """Smallest and largest value. A column of one value has none: `declare` refuses that one."""
    low, high = float(values.min()), float(values.max())
    return (low, high) if low < high else (low, low + 1.0)
