"""The tables of the paper as data, and the ids under which any table is asked for.

An id is one of

- `table01`...: a table of the paper on the paper's dataset;
- `table01__kang_reduced`: the same shape on another dataset, with the groups found there;
- `table12_expected`, `_effect`, `_effect_affected`: a published table's runs on a noise-free score;
  `table11_seen`: on the datasets whose intervened cells are trained on;
- `tasks_rmmd__demo`: one metric on every task of any dataset, with the mean over the tasks.

This module imports the standard library alone, so that a Snakefile can read it at parse time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from sccbgm.tables import companions, rows
from sccbgm.tables.ablations import ABLATION_TABLES
from sccbgm.tables.columns import (
    CUI,
    KANG_GROUPS,
    KANG_SUBTYPES,
    NAULT,
    SYNTHETIC,
    TABLE2_COLUMNS,
)
from sccbgm.tables.spec import Column, Spread, TableSpec

SUFFIXES: tuple[str, ...] = (".csv", ".wide.csv", ".md", ".tex", ".html")
"""Endings of the files that `Table.write(stem)` writes for every table, each put behind `stem`."""

_ON = "__"

_RATIO = (
    "{metric}: distance between predicted and held-out cells over the distance between the "
    "held-out cells and the closest labelled population of the training cells; below 1 is closer "
    "than anything seen in training."
)
_TABLE1_NOTE = (
    "The published spread is the standard deviation over all runs (subtypes x seeds) for scCBGM, "
    "scCBGM-FM, Vanilla-FM, biolord, CINEMA-OT and scGen; for CBGM, biolord-FM, CVAE and CVAE-FM "
    "it is not stated and much smaller, probably the standard error over seeds."
)
_NAULT_NOTE = (
    "The published spread is the standard deviation over the two held-out doses of a single seed, "
    "although the paper's caption calls it a standard error."
)

_BIOLORD_POOL = (
    "Trained on the cells to be edited as well: their codes are parameters of the model, so that "
    "no split keeps them out."
)


def _ratio_table(
    id: str,
    metric: str,
    where: str,
    columns: tuple[Column, ...],
    spread: Spread,
    without: frozenset[str] = frozenset(),
    note: str = "",
    digits: int = 3,
) -> TableSpec:
    return TableSpec(
        id=id,
        title=f"{{metric}} {where}",
        caption=" ".join(filter(None, (_RATIO, note))),
        metric=metric,
        spread=spread,
        rows=tuple(row for row in rows.BENCHMARK_ROWS if row.method not in without),
        columns=columns,
        published=f"{id}.csv",
        digits=digits,
    )


_KANG = "on the held-out stimulated subtypes of Kang et al., by cell group"
_CUI = "on the held-out cytokine responses of Cui et al."
_NAULT = "on the held-out TCDD doses of Nault et al."
_NO_NAULT = frozenset({"cbgm", "biolord_fm"})

_TABLES = (
    _ratio_table("table01", "rmmd", _KANG, KANG_GROUPS, "sd_runs", note=_TABLE1_NOTE),
    _ratio_table(
        "table02",
        "rmmd",
        "on four responses of Cui et al. and three cell types of Nault et al.",
        TABLE2_COLUMNS,
        "sd_runs",
        frozenset({"biolord_fm"}),
        "The published spread is the standard deviation over seeds (Cui) or doses (Nault).",
    ),
    _ratio_table("table17", "rfid", _KANG, KANG_GROUPS, "sem_seeds"),
    _ratio_table("table18", "rsd", _KANG, KANG_GROUPS, "sem_seeds"),
    _ratio_table("table19", "rfid", _CUI, CUI, "sem_seeds"),
    _ratio_table("table20", "rsd", _CUI, CUI, "sem_seeds"),
    _ratio_table("table21", "rmmd", _NAULT, NAULT, "sd_runs", _NO_NAULT, _NAULT_NOTE, digits=4),
    _ratio_table("table22", "rfid", _NAULT, NAULT, "sd_runs", _NO_NAULT, _NAULT_NOTE),
    _ratio_table("table23", "rsd", _NAULT, NAULT, "sd_runs", _NO_NAULT, _NAULT_NOTE),
    TableSpec(
        id="table11",
        title="Error of the counterfactual cells of the synthetic datasets, principal components",
        caption=(
            "Mean squared error between predicted and true counterfactual cells over cells and "
            "principal components. Factual and counterfactual cell share their "
            "counting noise, so that leaving the cell unedited is already close: compare with the "
            "row 'No edit'. The principal components are fitted on the training cells; whether "
            "these include the cells to be edited changes the level of all rows."
        ),
        metric="mse",
        spread="sd_runs",
        rows=(
            rows.SCCBGM,
            rows.SCCBGM_FM_EDIT,
            rows.SCCBGM_FM_DECODE,
            rows.VANILLA_FM_EDIT,
            rows.VANILLA_FM_DECODE,
            rows.CINEMA_OT,
            replace(rows.BIOLORD, note=_BIOLORD_POOL),
        ),
        columns=SYNTHETIC,
        controls=companions.YARDSTICKS,
        published="table11.csv",
        digits=4,
    ),
    TableSpec(
        id="table24",
        title="Subtype accuracy on the held-out stimulated subtypes of Kang et al.",
        caption=(
            "Share of edited cells whose own subtype is predicted by a nearest-neighbour "
            "classifier (k = 15)."
        ),
        metric="subtype_accuracy",
        spread="sem_seeds",
        rows=(
            rows.SCCBGM,
            rows.SCCBGM_FM_DECODE,
            rows.SCCBGM_FM_EDIT,
            rows.VANILLA_FM_DECODE,
            rows.VANILLA_FM_EDIT,
            rows.CVAE,
        ),
        columns=KANG_SUBTYPES,
        published="table24.csv",
        compare="difference",
    ),
    *ABLATION_TABLES,
)

CATALOGUE: Mapping[str, TableSpec] = MappingProxyType(
    {table.id: table for table in sorted(_TABLES, key=lambda table: table.id)}
)
"""The tables of the paper by id."""


def find(table_id: str) -> TableSpec:
    """The table behind an id (forms: see the module). Raises ValueError for an unknown one."""
    base, _, dataset = table_id.partition(_ON)
    table = _of_paper(base)
    if table is not None:
        return _on_dataset(table, dataset) if dataset else table
    if base.startswith("tasks_") and dataset:
        return _all_tasks(base.removeprefix("tasks_"), dataset)
    raise ValueError(
        f"unknown table {table_id!r}: expected one of {', '.join(CATALOGUE)}, one of them "
        f"followed by {_ON}DATASET, or tasks_METRIC{_ON}DATASET"
    )


def _of_paper(base: str) -> TableSpec | None:
    """A table of the paper or one beside it, None for an unknown id."""
    if base in CATALOGUE:
        return CATALOGUE[base]
    for suffix in companions.SCORES:
        table = _of_paper(base.removesuffix(f"_{suffix}")) if base.endswith(f"_{suffix}") else None
        if table is not None and table.metric == "mse":
            return companions.on_score(table, suffix)
    if base == f"table11_{companions.SEEN}":
        return companions.where_seen(CATALOGUE["table11"])
    return None


def available(dataset: str, metrics: Iterable[str]) -> list[str]:
    """Ids of the tables that one dataset alone fills: the paper's, and one of all tasks a metric.

    A dataset called `kang_<anything>` gets the tables of `kang` in its own name. Tables of
    architecture variants are left out: ask for them by id.
    """
    metrics = list(metrics)
    ids = []
    for table in CATALOGUE.values():
        of_variants = any(row.variant != "default" for row in table.rows)
        if table.metric not in metrics or of_variants:
            continue
        for column_dataset in table.datasets:
            if dataset == column_dataset:
                ids.append(table.id)
            elif len(table.datasets) == 1 and dataset.startswith(f"{column_dataset}_"):
                ids.append(f"{table.id}{_ON}{dataset}")
    return ids + [f"tasks_{metric}{_ON}{dataset}" for metric in metrics]


def _on_dataset(table: TableSpec, dataset: str) -> TableSpec:
    columns: tuple[Column, ...]
    if all(column.field == "dataset" for column in table.columns):
        columns = (Column(dataset, dataset, dataset, "dataset"),)
    else:
        columns = tuple(replace(c, dataset=dataset) for c in table.columns)
    return replace(
        table,
        pools=(dataset,) if table.pools else (),
        id=f"{table.id}{_ON}{dataset}",
        title=f"{table.title} [shape of {table.id}, dataset {dataset}]",
        columns=columns,
        dataset=dataset,
    )


def _all_tasks(metric: str, dataset: str) -> TableSpec:
    return TableSpec(
        id=f"tasks_{metric}{_ON}{dataset}",
        title=f"{{metric}} of every task of {dataset}",
        caption="{metric} by held-out task.",
        metric=metric,
        spread="sd_runs",
        rows=(),
        dataset=dataset,
        mean_title="Mean",
    )
