"""Which rows and columns of a table are shown for the runs that there are."""

from __future__ import annotations

import pandas as pd

from sccbgm.tables.labels import BENCHMARK_ROWS, CONTROL_ROWS, CONTROLS, OTHER_ROWS, row_of
from sccbgm.tables.spec import Column, Row, TableSpec, slug


def shown_columns(spec: TableSpec, chosen: pd.DataFrame) -> tuple[Column, ...]:
    """The columns that are shown: the paper's; on another dataset, the groups that it has.

    Raises ValueError where none of a dataset's groups is one of the table's columns.
    """
    if not spec.columns:
        return _task_columns(spec.dataset, chosen)
    pooled = all(column.field == "dataset" for column in spec.columns)
    if pooled or not spec.dataset:
        for dataset in () if pooled else spec.datasets:
            _check_groups(spec, dataset, chosen[chosen["dataset"] == dataset])
        return spec.columns
    field = spec.columns[0].field
    names = {name: slug(name) for name in chosen[field].astype(str).unique()}
    found = [c for c in spec.columns if c.accepted & set(names.values())]
    known = frozenset().union(*(c.accepted for c in spec.columns))
    extra = [Column(s, name, spec.dataset, field) for name, s in names.items() if s not in known]
    return (*found, *extra)


def _check_groups(spec: TableSpec, dataset: str, chosen: pd.DataFrame) -> None:
    columns = [column for column in spec.columns if column.dataset == dataset]
    names = chosen[columns[0].field].astype(str)
    accepted = frozenset().union(*(column.accepted for column in columns))
    if len(chosen) and not accepted & set(names.map(slug)):
        raise ValueError(
            f"table {spec.id}: no {columns[0].field} of {dataset} is a column of this table; "
            f"found {listing(names)}, expected {', '.join(c.title for c in columns)}"
        )


def _task_columns(dataset: str, chosen: pd.DataFrame) -> tuple[Column, ...]:
    """One column a task; one a (task, target) of a task with several targets, named task/target."""
    return tuple(Column(name, name, dataset, "task") for name in unit(chosen).unique())


def unit(chosen: pd.DataFrame) -> pd.Series:
    """The task of each row, task/target where the task has several targets."""
    several = chosen.groupby("task")["target"].transform("nunique") > 1
    task, target = chosen["task"].astype(str), chosen["target"].astype(str)
    return task.where(~several, task + "/" + target)


def shown_rows(spec: TableSpec, chosen: pd.DataFrame) -> tuple[Row, ...]:
    """The catalogue's rows, other methods that ran, then the controls that ran.

    On a dataset that the paper does not have, the catalogue's rows that did not run are left out.
    """
    ran = set(map(tuple, chosen[["method", "mode", "variant"]].drop_duplicates().to_numpy()))
    listed = [row for row in spec.rows if not spec.dataset or row.key in ran]
    keys = {row.key for row in spec.rows}
    others = []
    if spec.own_rows:
        wanted = [k for k in ran - keys if k[0] not in CONTROLS]
        if spec.columns:
            wanted = [key for key in wanted if key[2] == "default"]
        others = sorted((row_of(*key) for key in wanted), key=_place)
    return (*listed, *others, *(row for row in CONTROL_ROWS if row.key in ran))


def _place(row: Row) -> tuple[int, str]:
    """The paper's order for the methods it has, then by label."""
    order = [(known.method, known.mode) for known in (*BENCHMARK_ROWS, *OTHER_ROWS)]
    here = (row.method, row.mode)
    return (order.index(here) if here in order else len(order)), row.label


def listing(values: pd.Series) -> str:
    """The different values in one line, for messages."""
    return ", ".join(sorted(values.astype(str).unique())) or "nothing"
