"""Tables and figures that compare methods: their ids, as a run asks for them.

Read whenever the workflow is parsed: imports no data.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from sccbgm.config.errors import accepted
from sccbgm.metrics.registry import METRICS

Kind = Literal["table", "figure"]
ALL = "all"
"""In place of a dataset: all of the run."""
ENSEMBLE = 2
"""Seeds of the smallest ensemble."""


@dataclass(frozen=True)
class Form:
    """A kind of comparison. words: what it shows, as its caption. of_metric: whether its id names
    a metric. ceilings: whether it needs the scores of real cells. costs: whether it needs what
    fitting cost. calibration: whether it needs seeds as ensembles, of a dataset with true
    counterfactuals. of_all: whether it can be of `ALL` datasets of a run. of_one: whether of one.
    """

    title: str
    words: str
    of_metric: bool = False
    ceilings: bool = False
    costs: bool = False
    calibration: bool = False
    of_all: bool = False
    of_one: bool = True


TABLES: Mapping[str, Form] = {
    "adversaries": Form(
        "How far adversaries fool metrics",
        "0 is no edit (of variance ratio and likeness of covariances: no variance), 1 is one half "
        "of the real target against the other, mean over the tasks; not clipped. An adversary near "
        "1 fools the metric.",
        ceilings=True,
    ),
    "rescaled": Form(
        "Scores between floor and ceiling",
        "0 is no edit, 1 one half of the real target against the other; neither is clipped.",
        of_metric=True,
        ceilings=True,
    ),
    "paired": Form(
        "Methods compared on the same questions",
        "The unit is the question (dataset, task, target), seeds are averaged within it. Intervals "
        "of 95 % by resampling questions, then seeds; p of a sign-flip test, adjusted for the "
        "comparisons of this table (Holm). Ranks are over the questions that all answered.",
        of_metric=True,
        of_all=True,
    ),
    "checks": Form(
        "What an edit leaves and what it changes",
        "Means over tasks and seeds. Identity, reversal and order of two edits are shares of the "
        "variance of the intervened cells: 0 is right, 1 as far off as their mean. Doing nothing "
        "is perfect in all but the old state and each cell's effect, where it scores exactly 1.",
    ),
    "calibration": Form(
        "Seeds as an ensemble",
        "Share of the expected counterfactuals' numbers within the interval of t, mean and "
        "standard deviation over seeds that would hold another seed's with that probability; rank "
        "correlation over cells of spread and error. Below the level, seeds agree on what is "
        "wrong. Means over tasks.",
        calibration=True,
    ),
    "leak": Form(
        "Scores where preparation sees no held-out cell",
        "Every method against itself on the same questions (task, target) and seeds: genes and "
        "library size from cells that no task holds out (selection_on: train) against those from "
        "all cells. Intervals of 95 % by resampling questions, then seeds; p of a sign-flip test, "
        "adjusted for the comparisons of this table (Holm).",
        of_metric=True,
        of_all=True,
        of_one=False,
    ),
}
FIGURES: Mapping[str, Form] = {
    "adversaries": TABLES["adversaries"],
    "checks": TABLES["checks"],
    "calibration": TABLES["calibration"],
    "ranks": Form(
        "Mean ranks",
        "Rank 1 is best, means over the questions that all answered. Bars join methods that differ "
        "by no more than the critical difference (Nemenyi, 5 %).",
        of_metric=True,
        of_all=True,
    ),
    "cost": Form(
        "Quality and cost",
        "Mean over tasks and seeds against the seconds of fitting and predicting one model, which "
        "shares a job with others; the area of a dot is the peak memory of the job. Lines are "
        "controls.",
        of_metric=True,
        costs=True,
    ),
    "conditions": Form(
        "Every question by what its task is like",
        "A dot is a question, mean over its seeds; lines are running medians.",
        of_metric=True,
        of_all=True,
    ),
}
FORMS: Mapping[Kind, Mapping[str, Form]] = {"table": TABLES, "figure": FIGURES}


@dataclass(frozen=True)
class Compared:
    """What an id asks for. metric: "" where it shows all of the run's."""

    id: str
    form: Form
    name: str
    metric: str
    dataset: str

    @property
    def title(self) -> str:
        """What is shown, by which metric, on which dataset."""
        by = f": {METRICS[self.metric].title}" if self.metric else ""
        return f"{self.form.title}{by} on {'all datasets' if self.of_all else self.dataset}"

    def shown(self, metrics: Iterable[str]) -> set[str]:
        """The metrics that it shows, of those of the run."""
        return {self.metric} if self.metric else {*metrics}

    @property
    def of_all(self) -> bool:
        """Whether it is of all datasets of the run."""
        return self.dataset == ALL


def forms(kind: Kind) -> list[str]:
    """The forms of the ids, for messages."""
    return [
        f"{name}{'_METRIC' * form.of_metric}__{'DATASET' if form.of_one else ALL}"
        for name, form in FORMS[kind].items()
    ]


def pattern(kind: Kind) -> str:
    """Regular expression of the ids."""
    return f"({'|'.join(FORMS[kind])})_[a-z0-9_]+"


def is_comparison(id: str, kind: Kind) -> bool:
    """Whether an id has the form of one."""
    return re.fullmatch(pattern(kind), id) is not None


def needs_ensembles(ids: Iterable[str]) -> bool:
    """Whether a table or figure among them needs seeds as ensembles."""
    names = [name for name, form in (*TABLES.items(), *FIGURES.items()) if form.calibration]
    return any(id.startswith(f"{name}__") for id in ids for name in names)


def needing_ceilings(
    tables: Iterable[str],
    figures: Iterable[str],
    datasets: Collection[str],
    metrics: Collection[str],
) -> dict[str, set[str]]:
    """Dataset -> the metrics that some table or figure shows between floor and ceiling."""
    found: dict[str, set[str]] = {}
    kinds: tuple[tuple[Kind, Iterable[str]], ...] = (("table", tables), ("figure", figures))
    for kind, ids in kinds:
        for id in (id for id in ids if is_comparison(id, kind)):
            asked = parse(id, kind, datasets, metrics)
            if asked.form.ceilings:
                found.setdefault(asked.dataset, set()).update(asked.shown(metrics))
    return found


def parse(id: str, kind: Kind, datasets: Collection[str], metrics: Collection[str]) -> Compared:
    """What an id such as `adversaries__demo` or `rescaled_rmmd__demo` asks for.

    datasets, metrics: those of the run. Raises ValueError for one that is not among them.
    """
    name = next(name for name in FORMS[kind] if re.match(f"{name}_", id))
    form = FORMS[kind][name]
    metric, _, dataset = id.removeprefix(name).removeprefix("_").partition("__")
    if not form.of_metric:
        metric, dataset = "", id.removeprefix(f"{name}__")
    known = [*(datasets if form.of_one else ()), *([ALL] if form.of_all else [])]
    if dataset not in known:
        raise ValueError(f"{id}: {accepted(dataset, known, 'dataset')}")
    if form.of_metric and metric not in metrics:
        raise ValueError(f"{id}: {accepted(metric, metrics, 'metric')}")
    return Compared(id, form, name, metric, dataset)


def words_of(
    ids: Iterable[str], datasets: Collection[str], metrics: Collection[str]
) -> dict[str, tuple[str, str]]:
    """Table id -> title and caption, of the ids that are comparisons."""
    return {a.id: (a.title, a.form.words) for a in tables_among(ids, datasets, metrics)}


def tables_among(
    ids: Iterable[str], datasets: Collection[str], metrics: Collection[str]
) -> list[Compared]:
    """What the ids of tables that are comparisons ask for."""
    return [parse(id, "table", datasets, metrics) for id in ids if is_comparison(id, "table")]
