"""Which figures a run can ask for. Read at parse time: nothing here draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sccbgm.data.config import DatasetConfig
from sccbgm.tables.catalogue import find as find_table

SUFFIXES = (".png", ".pdf")
"""Every figure is written as these files."""


@dataclass(frozen=True)
class MetricDots:
    """`metric_<table id>`: every run of a table as a dot, with controls and published values."""

    table: str


@dataclass(frozen=True)
class TaskUmap:
    """`umap_<task>__<dataset>`: real and edited cells of one task in one UMAP."""

    dataset: str
    task: str


def parse_figure(figure: str, datasets: Mapping[str, DatasetConfig]) -> MetricDots | TaskUmap:
    """What a figure's id asks for. Raises ValueError for an unknown form, table or task."""
    kind, _, rest = figure.partition("_")
    if kind == "metric":
        find_table(rest)
        return MetricDots(rest)
    if kind == "umap":
        tasks = {f"{t}__{d}": TaskUmap(d, t) for d, c in datasets.items() for t in c.task_ids}
        if rest in tasks:
            return tasks[rest]
        raise ValueError(f"unknown task in {figure!r}; accepted: {', '.join(tasks)}")
    raise ValueError(
        f"unknown figure {figure!r}; accepted: metric_TABLE with the id of a table, and "
        "umap_TASK__DATASET"
    )
