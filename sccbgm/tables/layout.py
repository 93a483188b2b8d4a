"""Which rows and columns of a table are shown for the runs that there are."""

from __future__ import annotations

import pandas as pd

from sccbgm.tables.names import Names
from sccbgm.tables.spec import Column, Row, RowKey, TableSpec, slug

RowPreset = tuple[RowKey, str]
"""A row and a preset."""

_NEAREST = ("reference", "recommended")
"""The presets that a published line may come from, the closest first."""


def shown_columns(spec: TableSpec, chosen: pd.DataFrame) -> tuple[Column, ...]:
    """The columns that are shown: the paper's; on another dataset, the groups that it has.

    Raises ValueError where none of a dataset's groups is one of the table's columns. Beside other
    datasets a reduced one may have none: its tasks are then those of other groups.
    """
    if not spec.columns:
        return _task_columns(spec.dataset, chosen)
    pooled = all(column.field == "dataset" for column in spec.columns)
    if pooled or not spec.dataset:
        if not pooled:
            _check_groups(spec, chosen)
        return spec.columns
    field = spec.columns[0].field
    names = {name: slug(name) for name in chosen[field].astype(str).unique()}
    found = [c for c in spec.columns if c.accepted & set(names.values())]
    known = frozenset().union(*(c.accepted for c in spec.columns))
    extra = [Column(s, name, spec.dataset, field) for name, s in names.items() if s not in known]
    return (*found, *extra)


def _check_groups(spec: TableSpec, chosen: pd.DataFrame) -> None:
    parts = {str(id): rows for id, rows in chosen.groupby("dataset", sort=False, observed=True)}
    unknown = {}
    for dataset, rows in parts.items():
        columns = [column for column in spec.columns if column.dataset == dataset]
        names = rows[columns[0].field].astype(str)
        if not frozenset().union(*(c.accepted for c in columns)) & set(names.map(slug)):
            unknown[dataset] = (
                f"table {spec.id}: no {columns[0].field} of {dataset} is a column of this table; "
                f"found {listing(names)}, expected {', '.join(c.title for c in columns)}"
            )
    for dataset, fault in unknown.items():
        if len(unknown) == len(parts) or (parts[dataset]["reduced"] == "").all():
            raise ValueError(fault)


def _task_columns(dataset: str, chosen: pd.DataFrame) -> tuple[Column, ...]:
    """One column a task; one a (task, target) of a task with several targets, named task/target."""
    return tuple(Column(name, name, dataset, "task") for name in unit(chosen).unique())


def unit(chosen: pd.DataFrame) -> pd.Series:
    """The task of each row, task/target where the task has several targets."""
    several = chosen.groupby("task")["target"].transform("nunique") > 1
    task, target = chosen["task"].astype(str), chosen["target"].astype(str)
    return task.where(~several, task + "/" + target)


def shown_rows(spec: TableSpec, chosen: pd.DataFrame, names: Names) -> tuple[Row, ...]:
    """The catalogue's rows and everything else that ran; the controls are the last ones.

    On a dataset that the paper does not have, the catalogue's rows that did not run are left out.
    """
    ran = set(map(tuple, chosen[["method", "mode", "variant"]].drop_duplicates().to_numpy()))
    listed = [row for row in spec.rows if not spec.dataset or row.key in ran]
    controls = [Row(method) for method in spec.controls]
    others = ran - {row.key for row in (*listed, *controls)}
    return names.named((*listed, *controls, *(Row(*key) for key in sorted(others))), spec.rows)


def mirrors(
    spec: TableSpec, chosen: pd.DataFrame, presets: tuple[str, ...]
) -> dict[RowPreset, Row]:
    """The lines that published ones stand beside -> the row whose published line it is.

    That is the run with the settings of the published line: the preset "reference" and the variant
    that the row names first, as far as they ran.
    """
    keys = ["method", "mode", "variant", "preset"]
    ran = set(map(tuple, chosen[keys].drop_duplicates().to_numpy()))
    beside = {}
    for row in spec.rows:
        variants = row.mirrors or (row.variant,)
        near = [(row.method, row.mode, v, preset) for preset in _NEAREST for v in variants]
        line = next((line for line in near if line in ran), (*row.key, presets[0]))
        if row.published is not None:
            beside[line[:3], line[3]] = row
    return beside


def listing(values: pd.Series) -> str:
    """The different values in one line, for messages."""
    return ", ".join(sorted(values.astype(str).unique())) or "nothing"
