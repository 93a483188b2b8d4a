"""Fitted members: prediction, the conditions of a second stage, saving and loading."""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from sccbgm.engine import files
from sccbgm.engine.device import (
    Precision,
    computing,
    pick_device,
    precision_of,
    products,
    round_factors,
)
from sccbgm.engine.method import Question, StackedMethod
from sccbgm.nn.draws import key_words
from sccbgm.nn.members import check_rows, member_buffers
from sccbgm.protocol.faults import Refused, of_machine, reason
from sccbgm.protocol.method import Failure, Fit, Job, Predictions, Runtime
from sccbgm.protocol.task import Cells, Target

if TYPE_CHECKING:
    from sccbgm.engine.validation import HeldOut

logger = logging.getLogger(__name__)

CELLS_AT_ONCE = 4096
"""Rows of one pass when codes of many cells are computed."""


class StackedFit(Fit):
    """Trained members. stacks: (job numbers, network whose member i is job numbers[i]).

    trained: the jobs of the training, which may have had other edits than those that are answered.
    """

    def __init__(
        self, method: StackedMethod, jobs: Sequence[Job], stage1: Fit | None, runtime: Runtime
    ) -> None:
        self.method, self.jobs, self.stage1, self.runtime = method, jobs, stage1, runtime
        self.trained = jobs
        self.device = pick_device(runtime)
        self.stacks: list[tuple[list[int], nn.Module]] = []
        self.failures: dict[int, str] = {}
        self.n_condition = 0
        self.held_out: HeldOut | None = None

    def on(self, jobs: Sequence[Job], stage1: Fit | None = None) -> StackedFit:
        """The same weights for jobs with other intervened cells or other edits."""
        other = StackedFit(self.method, jobs, stage1 or self.stage1, self.runtime)
        other.stacks, other.failures, other.trained = self.stacks, self.failures, self.trained
        return other

    @torch.no_grad()
    def predict(self, mode: str) -> list[Predictions | Failure]:
        """Edited cells of every job, or why there are none."""
        answers: dict[int, Predictions | Failure] = {
            index: Failure(reason) for index, reason in self.failures.items()
        }
        with computing(self.runtime):
            for numbers, network in self.stacks:
                for members in _by_task(numbers, self.jobs):
                    group = [numbers[member] for member in members]
                    answers |= self._answer_or_fail(subset(network, members), group, mode)
        return [answers[index] for index in range(len(self.jobs))]

    def remarks(self, mode: str) -> list[Mapping[str, str]]:
        """Those of the first stage, which hold for what is built on it."""
        return super().remarks(mode) if self.stage1 is None else self.stage1.remarks(mode)

    def _answer_or_fail(
        self, network: nn.Module, group: list[int], mode: str
    ) -> Mapping[int, Predictions | Failure]:
        """Predictions of jobs that share a task; what that task lacks fails these jobs alone."""
        precision = precision_of(self.runtime, self.jobs[group[0]].member)
        try:
            with products(precision):
                return self._answer(network, group, mode)
        except Exception as error:
            if of_machine(error):
                raise
            logger.exception("%s: no prediction in mode %s", self.jobs[group[0]].member, mode)
            return {index: Failure(reason(error)) for index in group}

    def _answer(self, network: nn.Module, group: list[int], mode: str) -> dict[int, Predictions]:
        """Predictions of jobs that share a task."""
        answers: dict[int, Predictions] = {index: {} for index in group}
        for target in self.jobs[group[0]].data.task.targets:
            cells = self.method.predict_cells(network, self._question(group, target, mode))
            for index, predicted in zip(group, cells.cpu().numpy(), strict=True):
                answers[index][target.id] = predicted
        return answers

    def _question(self, group: list[int], target: Target, mode: str) -> Question:
        jobs = [self.jobs[index] for index in group]
        data = jobs[0].data
        condition, edited = (self._conditions(group, goal) for goal in (None, target))
        return Question(
            jobs=jobs, target=target, mode=mode,
            x=self._tensor(data.intervene.x)[None],
            concepts=self._tensor(data.intervene.concepts)[None],
            mask=torch.from_numpy(data.edit_mask(target)).to(self.device),
            values=self._tensor(data.edited(data.intervene.concepts, target)),
            condition=condition, edited=edited,
            keys=key_words([job.member.key("predict") for job in jobs], self.device),
        )  # fmt: skip

    def _conditions(self, group: list[int], target: Target | None) -> Tensor | None:
        cells = self.jobs[group[0]].data.intervene
        found = [
            self.method.own_condition(self.trained[i], cells, target, self.stage1, i) for i in group
        ]
        conditions = [condition for condition in found if condition is not None]
        return self._tensor(np.stack(conditions)) if conditions else None

    def _tensor(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(np.asarray(array, dtype=np.float32)).to(self.device)

    def waits(self, index: int) -> bool:
        """Whether the job has neither weights nor a failure yet."""
        trained = any(index in numbers for numbers, _ in self.stacks)
        return not trained and index not in self.failures

    def member(self, index: int) -> nn.Module:
        """The network of one job. Raises RuntimeError, with the reason, if its training failed."""
        if index in self.failures:
            raise RuntimeError(self.failures[index])
        numbers, network = next(stack for stack in self.stacks if index in stack[0])
        return subset(network, [numbers.index(index)])

    @torch.no_grad()
    def flow_condition(self, index: int, cells: Cells, target: Target | None = None) -> np.ndarray:
        """See `Fit.flow_condition`."""
        network, job = self.member(index), self.jobs[index]
        data = job.data
        mask = torch.from_numpy(data.edit_mask(target)).to(self.device)
        arrays = (cells.x, cells.concepts, data.edited(cells.concepts, target))
        parts = zip(*(self._tensor(a).split(CELLS_AT_ONCE) for a in arrays), strict=True)
        with products(precision_of(self.runtime, job.member)):
            codes = [
                self.method.flow_condition(network, x[None], concepts[None], mask, values)[0]
                for x, concepts, values in parts
            ]
        return torch.cat(codes).cpu().numpy()


def subset(network: nn.Module, members: Sequence[int]) -> nn.Module:
    """Some members of a network, without gradients: member i of the result is members[i]."""
    parts: dict[int, Any] = {
        id(p): nn.Parameter(p.detach()[list(members)], requires_grad=False)
        for p in network.parameters()
    }
    stacked = {id(b): b[list(members)] for _, b in member_buffers(network)}
    return copy.deepcopy(network, parts | stacked).eval()


def _by_task(numbers: Sequence[int], jobs: Sequence[Job]) -> Iterator[list[int]]:
    """Positions in `numbers` whose jobs share a task."""
    groups: dict[int, list[int]] = {}
    for position, index in enumerate(numbers):
        groups.setdefault(id(jobs[index].data), []).append(position)
    yield from groups.values()


def build(
    method: StackedMethod, jobs: Sequence[Job], n_condition: int, precision: Precision = "fp32"
) -> nn.Module:
    """The untrained network: each member from the generator of its own key.

    Raises ValueError where a parameter or a buffer has another number of rows than members.
    """
    seeds = [job.member.key("init") for job in jobs]
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    network = method.network(jobs, n_condition, generators)
    check_rows(network, len(jobs))
    round_factors(network, precision)
    return network


def save_fit(fit: StackedFit, path: Path) -> None:
    """Write weights and failures. What `path` holds when writing fails is not usable."""
    members = [str(job.member) for job in fit.jobs]
    stacks = [(numbers, network.state_dict()) for numbers, network in fit.stacks]
    saved = {
        "members": members,
        "n_condition": fit.n_condition,
        "stacks": stacks,
        "failures": fit.failures,
    }
    files.save(saved, path)


def load_fit(
    method: StackedMethod, jobs: Sequence[Job], path: Path, runtime: Runtime, stage1: Fit | None
) -> StackedFit:
    """Read what `save_fit` wrote.

    Raises `Refused` if it holds other members, OSError if the file is damaged.
    """
    saved = files.load(path, pick_device(runtime))
    names = [str(job.member) for job in jobs]
    if saved["members"] != names:
        raise Refused(f"{path}: holds {saved['members'][:2]}..., expected {names[:2]}...")
    fit = StackedFit(method, jobs, stage1, runtime)
    fit.failures, fit.n_condition = saved["failures"], saved["n_condition"]
    for numbers, weights in saved["stacks"]:
        try:
            add_stack(fit, numbers, weights)
        except RuntimeError as error:
            raise Refused(f"{path}: holds weights of other hyperparameters; {error}") from error
    return fit


def add_stack(fit: StackedFit, numbers: list[int], weights: Mapping[str, Tensor]) -> None:
    """Give jobs the weights of a stack. Raises RuntimeError for weights of other shapes."""
    members = [fit.jobs[index] for index in numbers]
    precision = precision_of(fit.runtime, members[0].member)
    network = build(fit.method, members, fit.n_condition, precision)
    network.load_state_dict(weights)
    fit.stacks.append((numbers, subset(network.to(fit.device), range(len(numbers)))))
