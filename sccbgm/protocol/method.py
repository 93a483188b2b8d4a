"""The contract of a method: what it declares, and how it is fitted and asked."""

from __future__ import annotations

import dataclasses
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, get_args

import numpy as np

from sccbgm.protocol.member import Member
from sccbgm.protocol.task import Cells, Target, TaskData

Preset = Literal["recommended", "reference"]
"""Defects of the authors' reference code fixed, or mirrored."""
PRESETS: tuple[Preset, ...] = get_args(Preset)

Predictions = dict[str, np.ndarray]
"""Target id -> (n_intervene, n_pcs) predicted cells, rows in the order of the intervened cells."""


@dataclass(frozen=True)
class Range:
    """The numbers from `low` to `high`, both included unless `above_low`, `below_high`.

    >>> 0.0 in SHARE, 0.0 in POSITIVE, float("nan") in SHARE
    (True, False, False)
    """

    low: float
    high: float = math.inf
    above_low: bool = False
    below_high: bool = False

    def __contains__(self, number: object) -> bool:
        if not isinstance(number, int | float) or not math.isfinite(number):
            return False
        above = number > self.low if self.above_low else number >= self.low
        return above and (number < self.high if self.below_high else number <= self.high)

    def __str__(self) -> str:
        if self.high == math.inf:
            low = f"{self.low:g}"
            return f"a number above {low}" if self.above_low else f"{low} or more"
        ends = "(" if self.above_low else "[", ")" if self.below_high else "]"
        return f"a number in {ends[0]}{self.low:g}, {self.high:g}{ends[1]}"


COUNT = Range(1)
POSITIVE = Range(0, above_low=True)
WEIGHT = Range(0)
SHARE = Range(0, 1)


def hyperparameter(
    default: Any, doc: str, source: str, stackable: bool = False, within: Range | None = None
) -> Any:
    """A field of a method's `Params`: its default, what it is, and where the default comes from.

    Members of one stack may differ in a `stackable` parameter (a loss weight, a learning rate);
    the others fix the shapes, so members that differ in them are trained in separate stacks.
    within: the numbers that it can be, None for a parameter that is no number.
    """
    about = {"doc": doc, "source": source, "stackable": stackable, "within": within}
    return field(default=default, metadata=about)


def out_of_range(params: Any) -> dict[str, str]:
    """Name -> "found -5; expected 1 or more" of the hyperparameters that are out of range."""
    faults = {}
    for declared in dataclasses.fields(params):
        value, within = getattr(params, declared.name), declared.metadata.get("within")
        if within is not None and value is not None and value not in within:
            faults[declared.name] = f"found {value!r}; expected {within}"
    return faults


@dataclass(frozen=True)
class Job:
    """A member together with the data and the hyperparameters that it is trained with."""

    member: Member
    data: TaskData
    params: Any


@dataclass(frozen=True)
class Epoch:
    """The progress of members that are trained together: `number` of `total` epochs are done.

    losses: term -> its mean over that epoch, one value a member; NaN where it took no step.
    """

    members: tuple[Member, ...]
    number: int
    total: int
    losses: Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class Runtime:
    """How to compute, which must not change what is computed beyond float tolerance.

    jobs_a_gpu: how many jobs may compute on one GPU at a time.
    checkpoints: folder for intermediate states, None for none.
    report: called with a line of text about the progress.
    on_epoch: called after each epoch of members that the stacked engine trains.
    """

    device: str = "auto"
    precision: Literal["auto", "fp32", "tf32", "bf16"] = "auto"
    members_at_once: int | None = None
    jobs_a_gpu: int = 1
    checkpoints: Path | None = None
    checkpoint_minutes: float = 5.0
    threads: int = 1
    report: Callable[[str], None] = field(default=lambda line: None)
    on_epoch: Callable[[Epoch], None] = field(default=lambda epoch: None)


@dataclass(frozen=True)
class Failure:
    """Why a member has no prediction."""

    reason: str


class Fit(ABC):
    """Fitted members of one method, in the order of the jobs."""

    jobs: Sequence[Job]

    @abstractmethod
    def predict(self, mode: str) -> list[Predictions | Failure]:
        """Edit the intervened cells of every job to each of its targets."""

    def remarks(self, mode: str) -> list[Mapping[str, str]]:
        """Target id -> what must be said beside the numbers of that prediction, for every job.

        Such as a solver that did not converge; it reaches the tables with the number, as a
        failure's reason does without one. By default nothing is said.
        """
        return [{} for _ in self.jobs]

    def on(self, jobs: Sequence[Job], stage1: Fit | None = None) -> Fit:
        """The same fit for jobs with other intervened cells and other edits; job i is its job i.

        stage1: what it builds on there, by default what it was fitted on. Raises
        NotImplementedError where a fit answers for the cells of its own jobs alone.
        """
        raise NotImplementedError(f"{type(self).__name__} answers for its own cells alone")

    def flow_condition(self, index: int, cells: Cells, target: Target | None = None) -> np.ndarray:
        """The condition of a second-stage flow: (n_cells, n_condition) of job `index`.

        Without a target the cells' own codes and concepts, with one those after its edits.
        Raises RuntimeError, with the reason, if that job's own fit failed.
        """
        raise NotImplementedError(f"{type(self).__name__} cannot condition a flow")


class Method(ABC):
    """A way to answer a task.

    A subclass is one file: its class attributes are all that the rules, tables, figures and docs
    know of it.

    id: its name in configurations, files and results. title, citation: what is printed.
    modes: how a fit predicts. mode_titles: printed names of modes, where `mode_title` has no
    better one. input: what it reads of a cell. builds_on: id of its first stage.
    control: a yardstick, computed from the task's arrays alone: tables show it last.
    adversary: a control that is wrong on purpose: a metric that it does well by is fooled.
    sees_targets: whether it looks at the cells that it should predict, as no method may.
    edits_any: whether its fits edit other cells and to other values than their jobs' (`Fit.on`).
    generated_only: whether it needs what only the generator of synthetic cells knows; a run leaves
    it out of other datasets. environment: NAME of envs/NAME.yaml, if it needs a package that the
    workflow's own lacks. uses_gpu: whether a job of it asks for a GPU. members_a_job: about how
    many members one job has, for a method that trains them one after another. colour: "#RRGGBB" in
    figures, None to be given one; a control without one has no line there. presets: preset -> the
    parameters that it changes. Params: a frozen dataclass of `hyperparameter` fields.
    """

    id: ClassVar[str]
    title: ClassVar[str]
    citation: ClassVar[str]
    modes: ClassVar[tuple[str, ...]] = ("edit",)
    mode_titles: ClassVar[Mapping[str, str]] = {}
    input: ClassVar[Literal["pcs", "lognorm", "counts"]] = "pcs"
    builds_on: ClassVar[str | None] = None
    control: ClassVar[bool] = False
    adversary: ClassVar[bool] = False
    sees_targets: ClassVar[bool] = False
    edits_any: ClassVar[bool] = False
    generated_only: ClassVar[bool] = False
    environment: ClassVar[str | None] = None
    uses_gpu: ClassVar[bool] = False
    members_a_job: ClassVar[int | None] = None
    colour: ClassVar[str | None] = None
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    Params: ClassVar[type]

    @abstractmethod
    def fit(self, jobs: Sequence[Job], runtime: Runtime, stage1: Fit | None = None) -> Fit:
        """Fit all jobs. `stage1` is the fit of `builds_on` for the same tasks and seeds."""

    def save(self, fit: Fit, path: Path) -> None:  # noqa: B027 - most methods keep no weights
        """Write what `load` needs to predict again. Methods without weights write nothing.

        A run adds a checksum of 21 bytes behind the end of the file, which `load` finds there.
        """

    def load(
        self, jobs: Sequence[Job], path: Path, runtime: Runtime, stage1: Fit | None = None
    ) -> Fit:
        """The fit that `save` wrote. Raises NotImplementedError where nothing is ever saved."""
        raise NotImplementedError(f"{self.id} keeps no weights")

    def params(self, preset: str = "recommended", **overrides: Any) -> Any:
        """Parameters of a preset with overrides.

        Raises TypeError for an unknown name, ValueError for a number out of its range.
        """
        params = dataclasses.replace(self.Params(**self.presets.get(preset, {})), **overrides)
        if faults := out_of_range(params):
            said = "; ".join(f"{name}: {fault}" for name, fault in faults.items())
            raise ValueError(f"{self.id}: {said}")
        return params

    def mode_title(self, mode: str) -> str:
        """The printed name of a mode: the method's title, with the mode where there are several."""
        several = f"{self.title} ({mode})" if len(self.modes) > 1 else self.title
        return self.mode_titles.get(mode, several)
