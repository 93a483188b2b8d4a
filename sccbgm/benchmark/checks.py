"""The questions of `sccbgm.metrics.checks`, asked of the fits of a shard."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sccbgm.metrics.checks import DOSES, Answers
from sccbgm.metrics.measure import measure
from sccbgm.metrics.registry import METRICS
from sccbgm.protocol.faults import of_machine, reason
from sccbgm.protocol.keys import generator
from sccbgm.protocol.method import Failure, Fit, Job
from sccbgm.protocol.task import Cells, Edits, Target, TaskData

if TYPE_CHECKING:
    import pandas as pd

logger = logging.getLogger(__name__)

N_CELLS = 200
"""Intervened cells of a task that are asked about, at most."""

PLACE = ["task", "target", "mode", "variant", "seed"]
COLUMNS = [*PLACE, "metric", "value", "reason", "n_predicted"]

Answer = np.ndarray | str
"""Edited cells, or why there are none."""


@dataclass(frozen=True)
class Question:
    """Cells that are edited to some values."""

    cells: Cells
    edits: Edits


def check_fit(fit: Fit, modes: Sequence[str], metric_ids: Sequence[str]) -> pd.DataFrame:
    """A line (`COLUMNS`) a job, target, mode and metric that is asked.

    fit: one that edits any cells (`Method.edits_any`).
    """
    import pandas as pd

    targets = max((len(job.data.task.targets) for job in fit.jobs), default=0)
    lines = [
        line
        for mode in modes
        for number in range(targets)
        for line in _Interview(fit, mode, number).lines(metric_ids)
    ]
    return pd.DataFrame(lines, columns=COLUMNS)


class _Interview:
    """One target of every job of a fit in one mode; jobs with fewer targets are asked nothing."""

    def __init__(self, fit: Fit, mode: str, number: int) -> None:
        self.fit, self.mode = fit, mode
        self.targets: list[Target | None] = [
            job.data.task.targets[number] if number < len(job.data.task.targets) else None
            for job in fit.jobs
        ]
        few: dict[int, Cells] = {}  # members of one task share its cells, and so one stack
        self.cells = [few.setdefault(id(job.data), _few(job.data)) for job in fit.jobs]
        self.asked: dict[tuple[int, ...], TaskData] = {}

    def lines(self, metric_ids: Sequence[str]) -> Iterator[dict[str, Any]]:
        given = self.answers()
        for i, (job, target) in enumerate(zip(self.fit.jobs, self.targets, strict=True)):
            if target is None:
                continue
            member, cells = job.member, self.cells[i]
            place = [member.task, target.id, self.mode, member.variant, member.seed]
            answers = Answers(cells.x, {name: found[i] for name, found in given.items()})
            for id in metric_ids:
                value, said = measure(METRICS[id], answers)
                line = (*place, id, value, said, len(cells))
                yield dict(zip(COLUMNS, line, strict=True))

    def answers(self) -> dict[str, list[Answer]]:
        """Question -> the answers of all jobs."""
        n = len(self.fit.jobs)
        goals = [dict(target.edits) if target else {} for target in self.targets]
        before = [state_before(self.cells[i], self.fit.jobs[i].data, goals[i]) for i in range(n)]
        other = [
            second_edit(self.cells[i], self.fit.jobs[i].data, goals[i], before[i]) for i in range(n)
        ]
        found = {
            "nothing": self.ask(self.cells, [{}] * n),
            "same": self.ask(self.cells, before),
            "edit": self.ask(self.cells, goals),
        }
        for dose in DOSES:
            found[f"dose {dose:g}"] = self.ask(
                self.cells, [_between(*ends, dose) for ends in zip(before, goals, strict=True)]
            )
        found["back"] = self.ask(self.edited(found["edit"], goals), before)
        found["edit then other"] = self.ask(self.edited(found["edit"], goals), other)
        others = self.ask(self.cells, other)
        found["other then edit"] = self.ask(self.edited(others, other), goals)
        return found

    def ask(self, cells: Sequence[Cells | str], edits: Sequence[Edits | str]) -> list[Answer]:
        """The answer of every job about its cells and edits; a reason in place of one stays."""
        questions: list[Question | str] = [
            own if isinstance(own, str) else goal if isinstance(goal, str) else Question(own, goal)
            for own, goal in zip(cells, edits, strict=True)
        ]
        jobs = [self._asked(i, question) for i, question in enumerate(questions)]
        try:
            answers = list(self.fit.on(jobs).predict(self.mode))
        except Exception as error:
            if of_machine(error):
                raise
            logger.exception("%s could not be asked", self.fit.jobs[0].member)
            answers = [Failure(reason(error))] * len(jobs)
        return [self._read(i, questions[i], answer) for i, answer in enumerate(answers)]

    def _asked(self, i: int, question: Question | str) -> Job:
        """The job with this question as its one target, without a target where it has none."""
        job, target = self.fit.jobs[i], self.targets[i]
        if isinstance(question, str) or target is None:
            task = dataclasses.replace(job.data.task, targets=())
            return dataclasses.replace(job, data=dataclasses.replace(job.data, task=task))
        # The id of the real target: its draws are those of the prediction, in every question
        goal = dataclasses.replace(target, edits=question.edits)
        key = (id(job.data), id(question.cells), id(target), hash(tuple(question.edits.items())))
        if key not in self.asked:
            task = dataclasses.replace(job.data.task, targets=(goal,))
            self.asked[key] = dataclasses.replace(job.data, task=task, intervene=question.cells)
        return dataclasses.replace(job, data=self.asked[key])

    def _read(self, i: int, question: Question | str, answer: Any) -> Answer:
        target = self.targets[i]
        if target is None or isinstance(question, str):
            return question if isinstance(question, str) else "not asked"
        if isinstance(answer, Failure):
            return answer.reason
        cells = np.asarray(answer[target.id])
        return cells if np.isfinite(cells).all() else "some edited cells are not finite"

    def edited(self, answers: Sequence[Answer], edits: Sequence[Edits | str]) -> list[Cells | str]:
        """The answers as cells that have the concepts of the edit."""
        return [
            answer
            if isinstance(answer, str)
            else goal
            if isinstance(goal, str)
            else _after(self.fit.jobs[i].data, self.cells[i], answer, goal)
            for i, (answer, goal) in enumerate(zip(answers, edits, strict=True))
        ]


def _after(data: TaskData, cells: Cells, x: np.ndarray, edits: Edits) -> Cells:
    concepts = data.edited(cells.concepts, Target("", (), edits, ""))
    return Cells(x.astype(np.float32), concepts, cells.rows)


def _few(data: TaskData) -> Cells:
    cells = data.intervene
    if len(cells) <= N_CELLS:
        return cells
    rng = generator("checks", data.task.dataset, data.task.id)
    some = np.sort(rng.permutation(len(cells))[:N_CELLS])
    return Cells(cells.x[some], cells.concepts[some], cells.rows[some])


def state_before(cells: Cells, data: TaskData, edits: Edits) -> Edits | str:
    """The values that the edited concepts have in all cells, or why there are none."""
    before = {}
    for name in edits:
        values = np.unique(cells.concepts[:, data.concept_names.index(name)])
        if len(values) != 1 or np.isnan(values[0]):
            return f"the cells have no common value of {name} before the edit"
        before[name] = float(values[0])
    return before


def second_edit(cells: Cells, data: TaskData, edits: Edits, before: Edits | str) -> Edits | str:
    """An edit of other hard concepts, to the nearest values that training cells of this state have.

    Of the concepts of training cells before the first edit, those that differ in the fewest places
    from the commonest ones of `cells`, and of these the commonest.
    """
    if isinstance(before, str):
        return before
    names = [name for name, hard in zip(data.concept_names, data.hard, strict=True) if hard]
    columns = [data.concept_names.index(name) for name in names if name not in edits]
    mask = [data.concept_names.index(name) for name in edits]
    in_state = np.isclose(data.train.concepts[:, mask], list(before.values())).all(axis=1)
    own, known = cells.concepts[:, columns], data.train.concepts[in_state][:, columns]
    own, known = own[~np.isnan(own).any(axis=1)], known[~np.isnan(known).any(axis=1)]
    if not columns or not len(own) or not len(known):
        return "no other concept could be edited"
    rows, counts = np.unique(own, axis=0, return_counts=True)
    home = rows[counts.argmax()]
    rows, counts = np.unique(known, axis=0, return_counts=True)
    differ = (rows != home).sum(axis=1)
    if not differ.any():
        return "training cells in this state have no other concepts"
    differ = np.where(differ == 0, len(columns) + 1, differ)
    nearest = np.lexsort((-counts, differ))[0]
    changed = np.flatnonzero(rows[nearest] != home)
    return {data.concept_names[columns[j]]: float(rows[nearest, j]) for j in changed}


def _between(before: Edits | str, after: Edits | str, dose: float) -> Edits | str:
    if isinstance(before, str) or isinstance(after, str):
        return before if isinstance(before, str) else after
    return {name: value + dose * (after[name] - value) for name, value in before.items()}


def with_checks(
    rows: pd.DataFrame, checks: pd.DataFrame | None, metric_ids: Sequence[str], said: str
) -> pd.DataFrame:
    """Tidy rows with those of the metrics that are asked.

    checks: lines of `check_fit`; None where the fits answer nothing, for the reason `said`. A
    prediction that failed has its reason for these too.
    """
    import pandas as pd

    from sccbgm.metrics.score import NO_RATIO

    places = rows.drop_duplicates([*PLACE, "preset"])
    failed = places["n_predicted"] == 0
    places = places.assign(value=np.nan, reason=places["reason"].where(failed, said), **NO_RATIO)
    asked = pd.concat([places.assign(metric=id) for id in metric_ids], ignore_index=True)
    if checks is not None:
        by = [*PLACE, "metric"]
        asked = asked.astype(dict.fromkeys(PLACE[:-1], str)).set_index(by)
        asked.update(checks.set_index(by))
        asked = asked.reset_index()
    return pd.concat([rows, asked[rows.columns].astype(rows.dtypes)], ignore_index=True)
