"""The contract of a method: what it declares, and how it is fitted and asked."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np

from sccbgm.protocol.member import Member
from sccbgm.protocol.task import Cells, Target, TaskData

Predictions = dict[str, np.ndarray]
"""Target id -> (n_intervene, n_pcs) predicted cells, rows in the order of the intervened cells."""


def hyperparameter(default: Any, doc: str, source: str, stackable: bool = False) -> Any:
    """A field of a method's `Params`: its default, what it is, and where the default comes from.

    Members of one stack may differ in a `stackable` parameter (a loss weight, a learning rate);
    the others fix the shapes, so members that differ in them are trained in separate stacks.
    """
    return field(default=default, metadata={"doc": doc, "source": source, "stackable": stackable})


@dataclass(frozen=True)
class Job:
    """A member together with the data and the hyperparameters that it is trained with."""

    member: Member
    data: TaskData
    params: Any


@dataclass(frozen=True)
class Runtime:
    """How to compute, which must not change what is computed beyond float tolerance.

    checkpoints: folder for intermediate states, None for none.
    report: called with a line of text about the progress.
    """

    device: str = "auto"
    precision: Literal["auto", "fp32", "tf32", "bf16"] = "auto"
    members_at_once: int | None = None
    checkpoints: Path | None = None
    checkpoint_minutes: float = 5.0
    threads: int = 1
    report: Callable[[str], None] = field(default=lambda line: None)


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

    def condition(self, index: int, cells: Cells, target: Target | None = None) -> np.ndarray:
        """What a second-stage flow is conditioned on: (n_cells, n_condition) of job `index`.

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
    environment: NAME of envs/NAME.yaml, if it needs a package that the workflow's own lacks.
    uses_gpu: whether a job of it asks for a GPU. colour: "#RRGGBB" in figures, None to be given
    one. presets: preset -> the parameters that it changes. Params: a frozen dataclass of
    `hyperparameter` fields.
    """

    id: ClassVar[str]
    title: ClassVar[str]
    citation: ClassVar[str]
    modes: ClassVar[tuple[str, ...]] = ("edit",)
    mode_titles: ClassVar[Mapping[str, str]] = {}
    input: ClassVar[Literal["pcs", "lognorm", "counts"]] = "pcs"
    builds_on: ClassVar[str | None] = None
    control: ClassVar[bool] = False
    environment: ClassVar[str | None] = None
    uses_gpu: ClassVar[bool] = False
    colour: ClassVar[str | None] = None
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    Params: ClassVar[type]

    @abstractmethod
    def fit(self, jobs: Sequence[Job], runtime: Runtime, stage1: Fit | None = None) -> Fit:
        """Fit all jobs. `stage1` is the fit of `builds_on` for the same tasks and seeds."""

    def save(self, fit: Fit, path: Path) -> None:  # noqa: B027 - most methods keep no weights
        """Write what `load` needs to predict again. Methods without weights write nothing."""

    def load(
        self, jobs: Sequence[Job], path: Path, runtime: Runtime, stage1: Fit | None = None
    ) -> Fit:
        """The fit that `save` wrote. Raises NotImplementedError where nothing is ever saved."""
        raise NotImplementedError(f"{self.id} keeps no weights")

    def params(self, preset: str = "recommended", **overrides: Any) -> Any:
        """Parameters of a preset with overrides. Raises TypeError for an unknown name."""
        return dataclasses.replace(self.Params(**self.presets.get(preset, {})), **overrides)

    def mode_title(self, mode: str) -> str:
        """The printed name of a mode: the method's title, with the mode where there are several."""
        several = f"{self.title} ({mode})" if len(self.modes) > 1 else self.title
        return self.mode_titles.get(mode, several)
