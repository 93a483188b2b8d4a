"""Fill a table of the catalogue from tidy metrics rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from sccbgm.protocol.method import PRESETS, Method
from sccbgm.protocol.variants import parse
from sccbgm.tables.aggregate import Summary, checked, sentences, summarise
from sccbgm.tables.catalogue import find
from sccbgm.tables.layout import RowPreset, listing, mirrors, shown_columns, shown_rows, unit
from sccbgm.tables.names import Names
from sccbgm.tables.published import PublishedTable, Unpublished
from sccbgm.tables.spec import Column, Row, RowKey, TableSpec, slug
from sccbgm.tables.table import Cell, Table

NOT_RUN = Summary(reasons=("no such run in this configuration",))

_Key = tuple[RowKey, str, str]


def build(
    table_id: str,
    metrics: pd.DataFrame,
    paper_dir: Path,
    own: Mapping[str, Method] | None = None,
) -> Table:
    """The table of that id (see `sccbgm.tables.catalogue`), ready to `write`.

    metrics: tidy rows, one a number. paper_dir: folder of the published csv files. own: the run's
    methods by id, for the printed names of those that are not registered.

    Raises ValueError for an unknown id, for missing columns, where there is no row of the table's
    datasets and metric, where none of a dataset's groups is one of the table's columns, or where a
    run is there twice.
    """
    spec, names = find(table_id), Names(own)
    metrics = _pooled(checked(metrics), spec)
    chosen = metrics[
        (metrics["metric"] == spec.metric) & metrics["dataset"].isin(list(spec.datasets))
    ]
    if chosen.empty:
        raise ValueError(
            f"table {table_id}: no rows of {spec.metric} for {', '.join(spec.datasets)}; the "
            f"metrics have {listing(metrics['metric'])} for {listing(metrics['dataset'])}"
        )
    columns, rows = shown_columns(spec, chosen), shown_rows(spec, chosen, names)
    runs = _label(chosen, rows, columns)
    presets = _presets(runs)
    lines = [(row, preset) for row in rows for preset in presets]
    summaries = _summaries(runs, lines, columns)
    if spec.mean_title and len(columns) > 1:
        mean = Column("mean_over_subtypes", spec.mean_title, spec.datasets[0])
        summaries |= _means(runs, summaries, lines, columns, mean)
        columns = (*columns, mean)
    reduced, settings = sentences(runs["reduced"]), sentences(runs["settings"])
    return Table(
        spec=spec,
        names=names,
        rows=_descending(rows, columns, presets, summaries) if spec.descending else rows,
        columns=columns,
        presets=presets,
        cells=_cells(spec, lines, columns, summaries, mirrors(spec, runs, presets), paper_dir),
        runs=runs,
        reduced=reduced,
        settings=settings,
        comparable=not (spec.dataset or reduced or settings),
    )


def _cells(
    spec: TableSpec,
    lines: Sequence[tuple[Row, str]],
    columns: Sequence[Column],
    summaries: Mapping[_Key, Summary],
    beside: Mapping[RowPreset, Row],
    paper_dir: Path,
) -> dict[_Key, Cell]:
    """Every cell, with the published one in the line that has its settings."""
    published = PublishedTable(paper_dir / spec.published) if spec.published else Unpublished()
    cells = {}
    for row, preset in lines:
        printed = beside.get((row.key, preset))
        for column in columns:
            key = row.key, column.id, preset
            paper = published.get(printed, column) if printed else None
            cells[key] = Cell(row, column, preset, summaries[key], paper)
    return cells


def _pooled(metrics: pd.DataFrame, spec: TableSpec) -> pd.DataFrame:
    """The rows of the datasets that a table pools, as tasks of one dataset.

    What tells them apart, dataset and annotation noise, moves into the name of the task.
    """
    if not spec.pools:
        return metrics
    rows = metrics[metrics["dataset"].isin(list(spec.pools))]
    variants = [parse(name) for name in rows["variant"].astype(str)]
    noise = pd.Series([f"{v.kind}_{v.level}" for v in variants], index=rows.index)
    task = rows["dataset"].astype(str) + "/" + rows["task"].astype(str) + "/" + noise
    settings = [v.settings for v in variants]
    return rows.assign(dataset=spec.datasets[0], task=task, variant=settings)


def _label(
    chosen: pd.DataFrame, rows: tuple[Row, ...], columns: tuple[Column, ...]
) -> pd.DataFrame:
    """The runs of the shown rows and columns, with the row's label and the column's id."""
    labels = {row.key: row.label for row in rows}
    keys = zip(chosen["method"], chosen["mode"], chosen["variant"], strict=True)
    runs = chosen.assign(row=[labels[key] for key in keys], column="")
    for column in columns:
        values = unit(runs) if column.field == "task" else runs[column.field].astype(str)
        here = (runs["dataset"] == column.dataset).to_numpy(copy=True)
        if column.field != "dataset":
            here &= values.map(lambda v, c=column: v == c.id or slug(v) in c.accepted).to_numpy()
        runs.loc[here, "column"] = column.id
    return runs[runs["column"] != ""]


def _presets(runs: pd.DataFrame) -> tuple[str, ...]:
    found = runs["preset"].unique()
    return (*(p for p in PRESETS if p in found), *sorted(p for p in found if p not in PRESETS))


def _summaries(
    runs: pd.DataFrame, lines: Sequence[tuple[Row, str]], columns: Sequence[Column]
) -> dict[_Key, Summary]:
    """Every cell summarised; `NOT_RUN` where there is nothing."""
    keys = ["method", "mode", "variant", "column", "preset"]
    found = {
        (tuple(key[:3]), key[3], key[4]): summarise(part)
        for key, part in runs.groupby(keys, sort=False, observed=True)
    }
    wanted = [(row.key, column.id, preset) for row, preset in lines for column in columns]
    return {key: found.get(key, NOT_RUN) for key in wanted}


def _means(
    runs: pd.DataFrame,
    summaries: Mapping[_Key, Summary],
    lines: Sequence[tuple[Row, str]],
    columns: Sequence[Column],
    mean_column: Column,
) -> dict[_Key, Summary]:
    """The plain mean of a line's columns; missing unless every column has a value."""
    means = {}
    for row, preset in lines:
        parts = [summaries[row.key, column.id, preset] for column in columns]
        filled = [part.mean for part in parts if part.n]
        here = (runs["row"] == row.label) & (runs["preset"] == preset)
        summary = summarise(runs[here])
        if len(filled) == len(parts):
            summary = replace(summary, mean=sum(filled) / len(filled))
        elif filled:
            why = f"{len(parts) - len(filled)} of {len(parts)} columns are empty"
            summary = replace(NOT_RUN, reasons=(why,))
        else:
            summary = NOT_RUN if not here.any() else summary
        means[row.key, mean_column.id, preset] = summary
    return means


def _descending(
    rows: tuple[Row, ...],
    columns: tuple[Column, ...],
    presets: tuple[str, ...],
    summaries: Mapping[_Key, Summary],
) -> tuple[Row, ...]:
    """Rows by descending value of the last column, empty ones last; controls stay at the end."""

    def rank(row: Row) -> float:
        mean = summaries[row.key, columns[-1].id, presets[0]].mean
        return math.inf if math.isnan(mean) else -mean

    methods = [row for row in rows if not row.control]
    return (*sorted(methods, key=rank), *(row for row in rows if row.control))
