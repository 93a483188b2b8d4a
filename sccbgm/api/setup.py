"""From obs columns to a table of concepts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from sccbgm.api.concepts import Concept, kinds_key
from sccbgm.api.faults import expect

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

NOT_A_LABEL = {"", "nan", "none", "na", "<na>", "null"}
"""Text that other tools write where there is no label."""


def setup_concepts(
    adata: AnnData,
    *,
    binary: Mapping[str, str] | None = None,
    categorical: Sequence[str] = (),
    continuous: Sequence[str] | Mapping[str, tuple[float, float]] = (),
    key: str = "concepts",
) -> None:
    """Write the concepts of cells into obsm[key], and their kinds into uns, out of obs columns.

    binary: {column: label}, one concept, called as the label and 1 where the cell has it.
    categorical: columns, a concept a label, called as the label. continuous: columns of numbers,
    a concept each, called as the column; a mapping gives the range {column: (low, high)}, which is
    otherwise that of the cells. A missing label or number is a missing annotation.

    Raises NameFault for an unknown column or label, ValueError for labels that differ in spaces or
    capitals alone, for text where numbers are expected and for two concepts of one name.
    """
    import pandas as pd

    columns: list[pd.Series] = []
    kinds: list[Concept] = []
    for column, one in (binary or {}).items():
        labels = _labels(adata, column)
        expect(str(one), labels.dropna().unique(), f"obs[{column!r}]", "label")
        columns.append(_indicator(labels, str(one)))
        kinds.append(Concept(str(one), True))
    for column in _names(categorical, "categorical"):
        labels = _labels(adata, column)
        for label in sorted(labels.dropna().unique()):
            columns.append(_indicator(labels, label))
            kinds.append(Concept(label, True, column=column))
    for column in _names(continuous, "continuous"):
        values = _numbers(adata, column)
        limits = continuous[column] if isinstance(continuous, Mapping) else _range(values)
        columns.append(values)
        kinds.append(Concept(column, False, float(limits[0]), float(limits[1])))
    names = [concept.name for concept in kinds]
    if not names or len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        found = f"{twice} more than once" if names else "no column"
        raise ValueError(f"concepts: found {found}; expected names, each once")
    adata.obsm[key] = pd.concat(columns, axis=1, keys=names).astype(np.float32)
    adata.uns[kinds_key(key)] = pd.DataFrame([asdict(concept) for concept in kinds])


def _names(columns: Sequence[str] | Mapping[str, object], what: str) -> list[str]:
    if isinstance(columns, str):
        raise ValueError(f"{what}: found the text {columns!r}; expected a list, [{columns!r}]")
    return list(columns)


def _labels(adata: AnnData, column: str) -> pd.Series:
    """Labels as text, missing where there is none. Raises ValueError for labels that look alike."""
    expect(column, adata.obs, "obs", "column")
    found = adata.obs[column].astype(object)
    labels = found.where(found.isna(), found.astype(str))
    counts = labels.value_counts()
    groups: dict[str, list[str]] = {}
    for label in counts.index:
        groups.setdefault(label.strip().casefold(), []).append(label)
    alike = [group for same, group in groups.items() if len(group) > 1 or same in NOT_A_LABEL]
    if alike:
        cells = {label: int(counts[label]) for label in alike[0]}
        raise ValueError(
            f"obs[{column!r}]: found the labels {cells} (cells); expected labels that differ in "
            "more than spaces and capitals, and NaN where there is none"
        )
    return labels


def _indicator(labels: pd.Series, label: str) -> pd.Series:
    """1 where a cell has the label, 0 where it has another, NaN where it has none."""
    return (labels == label).astype(np.float32).where(labels.notna())


def _numbers(adata: AnnData, column: str) -> pd.Series:
    import pandas as pd

    expect(column, adata.obs, "obs", "column")
    found = adata.obs[column].astype(object)
    values = pd.to_numeric(found, errors="coerce")
    unread = found[values.isna() & found.notna()]
    if len(unread):
        raise ValueError(
            f"obs[{column!r}]: found {list(map(str, unread.unique()[:3]))}; expected numbers"
        )
    return values.astype(np.float64)


def _range(values: pd.Series) -> tuple[float, float]:
    """Smallest and largest value. A column of one value has none: `declare` refuses that one."""
    low, high = float(values.min()), float(values.max())
    return (low, high) if low < high else (low, low + 1.0)
