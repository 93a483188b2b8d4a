"""A table as data: its rows, its columns, its spread, and where it was published."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Spread = Literal["sd_runs", "sem_runs", "sem_seeds"]
Field = Literal["group", "task", "target", "dataset"]
RowKey = tuple[str, str, str]
"""Method, mode, variant."""


def slug(text: str) -> str:
    """Lower case with every run of other characters than letters and digits as one underscore."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


@dataclass(frozen=True)
class Row:
    """A line of a table: one way to predict.

    label: the printed name, "" for the method's own. published: the (method, variant) of this line
    in the published csv file, None where the paper prints no such line. mirrors: the variants that
    have the settings of the published line, the closest first; none for the row's own variant.
    note: what is to be said of this method in this table. control: set when the table is built.
    """

    method: str
    mode: str = "edit"
    variant: str = "default"
    label: str = ""
    published: tuple[str, str] | None = None
    mirrors: tuple[str, ...] = ()
    note: str = ""
    control: bool = False

    @property
    def key(self) -> RowKey:
        """The key that selects this row's runs among the tidy rows: method, mode, variant."""
        return self.method, self.mode, self.variant


@dataclass(frozen=True)
class Column:
    """A column of a table: some runs of one dataset, pooled.

    id: the group of the published csv file. field: the tidy column that is matched ("dataset":
    everything of the dataset is pooled). names: accepted slugs of that field.
    """

    id: str
    title: str
    dataset: str
    field: Field = "group"
    names: tuple[str, ...] = ()

    @property
    def accepted(self) -> frozenset[str]:
        """Slugs of the field that belong to this column."""
        return frozenset((self.id, slug(self.title), *self.names))


@dataclass(frozen=True)
class TableSpec:
    """A table as data.

    title, caption: "{metric}" stands for the printed name of the metric.
    spread: what stands behind the plus-minus sign, the rule of the published table: "sd_runs" is
    the sample standard deviation (ddof 1) over all runs of a cell, "sem_runs" that over the square
    root of their number, "sem_seeds" the standard error over seeds of the per-seed average.
    columns: none for a table whose columns are the tasks of `dataset`, known only from the runs.
    mean_title: heading of a last column with the plain mean of the others, "" for none.
    compare: how this run is set against the published value, quotient or difference.
    controls: the controls that the table is read with; one that did not run has an empty line.
    pools: datasets that count as one, the dataset of `columns`, whatever their annotation noise.
    """

    id: str
    title: str
    caption: str
    metric: str
    spread: Spread
    rows: tuple[Row, ...]
    columns: tuple[Column, ...] = ()
    published: str = ""
    dataset: str = ""
    digits: int = 3
    mean_title: str = ""
    compare: Literal["ratio", "difference"] = "ratio"
    descending: bool = False
    controls: tuple[str, ...] = ()
    pools: tuple[str, ...] = ()

    @property
    def datasets(self) -> tuple[str, ...]:
        """The datasets that the table needs, in column order."""
        return tuple(dict.fromkeys(c.dataset for c in self.columns)) or (self.dataset,)
