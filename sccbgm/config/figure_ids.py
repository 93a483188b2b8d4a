"""Which figures a run can ask for. Read at parse time: nothing here draws."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from sccbgm.config.analyses import ON, OUTPUTS, ids
from sccbgm.config.comparisons import forms, is_comparison
from sccbgm.config.dataset import DatasetConfig
from sccbgm.config.errors import accepted
from sccbgm.config.paper_figures import PAIRS, PAPER_FIGURES, PaperFigure
from sccbgm.config.sources import SyntheticSource
from sccbgm.metrics.registry import METRICS


@dataclass(frozen=True)
class MetricDots:
    """`metric_<table id>`: every run of a table as a dot, with controls and published values."""

    table: str


@dataclass(frozen=True)
class TaskUmap:
    """`umap_<task>__<dataset>`: real and edited cells of one task in one UMAP."""

    dataset: str
    task: str
    paper: PaperFigure | None = None


@dataclass(frozen=True)
class Boxes:
    """`boxes_<metric>_by_<noise or task>`: every run in box plots, a panel a dataset."""

    metric: str
    by: Literal["noise", "task"]
    paper: PaperFigure | None = None


@dataclass(frozen=True)
class Annotations:
    """`cells_<groups or concepts>__<dataset>`: generated cells by their annotations."""

    dataset: str
    kind: Literal["groups", "concepts"]
    paper: PaperFigure | None = None


METRICS_OF_PAIRS = ("rmmd", "rfid", "rsd")


@dataclass(frozen=True)
class Pairs:
    """Two sides on every task of a dataset: `METRICS_OF_PAIRS`, and whether they differ."""

    dataset: str
    paper: PaperFigure


Figure = MetricDots | TaskUmap | Boxes | Annotations | Pairs
"""`paper`: which figure of the paper it is, with the datasets of the run that it shows."""


def parse_figure(figure: str, datasets: Mapping[str, DatasetConfig]) -> Figure:
    """The figure that an id asks for. Raises ValueError for an unknown form, dataset or task."""
    if (base := figure.partition(ON)[0]) in PAPER_FIGURES:
        return _of_paper(figure, PAPER_FIGURES[base], datasets)
    kind, _, rest = figure.partition("_")
    if kind == "boxes":
        return _boxes(figure)
    if kind == "cells":
        return _annotations(figure, datasets)
    if kind == "metric":
        return MetricDots(rest)
    if kind == "umap":
        tasks = {f"{t}__{d}": TaskUmap(d, t) for d, c in datasets.items() for t in c.task_ids}
        if rest in tasks:
            return tasks[rest]
        raise ValueError(f"{figure}: {accepted(rest, tasks, 'task')}")
    raise ValueError(
        f"unknown figure {figure!r}; accepted: metric_TABLE with the id of a table, "
        "umap_TASK__DATASET, boxes_METRIC_by_noise, boxes_METRIC_by_task, cells_groups__DATASET, "
        f"cells_concepts__DATASET, {', '.join(forms('figure'))}, "
        f"{', '.join(sorted((*PAPER_FIGURES, *ids('figure'))))}, each of the last as it is or with "
        "__DATASET"
    )


def main_first(ids: Iterable[str]) -> list[str]:
    """The order in which figures are looked at; the first one is the main one.

    Every run of a table as dots, edited cells beside real ones, comparisons of methods, others.
    """

    def place(id: str) -> int:
        starts = ("metric_", "umap_")
        kinds = (*map(id.startswith, starts), is_comparison(id, "figure"), True)
        return kinds.index(True)

    return sorted(ids, key=place)


def words_of_paper(ids: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Id -> title and what is to be said, of the paper's figures and of the analyses' tables."""
    found = {}
    for id in ids:
        base = id.partition(ON)[0]
        if base in PAPER_FIGURES:
            found[id] = f"{PAPER_FIGURES[base].title}.", PAPER_FIGURES[base].caption
        elif base in OUTPUTS:
            found[id] = OUTPUTS[base].title, ""
    return found


def ids_drawn_as(kind: str) -> str:
    """Pattern of the ids of figures that are drawn alike: "boxes", "umap", "cells" or "pairs"."""
    numbered = [id for id, f in PAPER_FIGURES.items() if f.drawn_as.partition("_")[0] == kind]
    return f"{kind}_[a-z0-9_]+|({'|'.join(numbered)})({ON}[a-z0-9_]+)?"


def _of_paper(id: str, paper: PaperFigure, datasets: Mapping[str, DatasetConfig]) -> Figure:
    """A figure of the paper, on its datasets or on the one that the id names."""
    named = id.partition(ON)[2]
    wanted = (named,) if named else paper.datasets
    present = tuple(dataset for dataset in wanted if dataset in datasets)
    if not present:
        raise ValueError(
            f"{id}: {' and '.join(wanted)} is no dataset of this run ({', '.join(datasets)}); "
            f"write {id.partition(ON)[0]}{ON}DATASET for another one"
        )
    paper = replace(paper, datasets=present)
    if paper.drawn_as == PAIRS:
        return Pairs(present[0], paper)
    try:
        drawn = parse_figure(paper.drawn_as.format(dataset=present[0]), datasets)
    except ValueError as error:
        raise ValueError(f"{id}: {error}") from None
    assert not isinstance(drawn, MetricDots)
    return replace(drawn, paper=paper)


def _boxes(figure: str) -> Boxes:
    metric, _, by = figure.removeprefix("boxes_").rpartition("_by_")
    if metric not in METRICS:
        raise ValueError(f"{figure}: {accepted(metric, METRICS, 'metric')}")
    if by == "noise":
        return Boxes(metric, "noise")
    if by == "task":
        return Boxes(metric, "task")
    raise ValueError(f"{figure}: found {by!r}; expected noise or task")


def _annotations(figure: str, datasets: Mapping[str, DatasetConfig]) -> Annotations:
    kind, _, dataset = figure.removeprefix("cells_").partition("__")
    generated = [id for id, d in datasets.items() if isinstance(d.source, SyntheticSource)]
    if dataset not in generated:
        raise ValueError(f"{figure}: {accepted(dataset, generated, 'generated dataset')}")
    if kind == "groups":
        return Annotations(dataset, "groups")
    if kind == "concepts":
        return Annotations(dataset, "concepts")
    raise ValueError(f"{figure}: found {kind!r}; expected groups or concepts")
