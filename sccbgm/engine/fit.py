"""Fitted members: prediction, the conditions of a second stage, saving and loading."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from sccbgm.engine.device import computing, pick_device
from sccbgm.engine.method import Question, StackedMethod
from sccbgm.nn.draws import key_words
from sccbgm.protocol.method import Failure, Fit, Job, Predictions, Runtime
from sccbgm.protocol.task import Cells, Target

CELLS_AT_ONCE = 4096
"""Rows of one pass when codes of many cells are computed."""


class StackedFit(Fit):
    """Trained members. stacks: (job numbers, network whose member i is job numbers[i])."""

    def __init__(
        self, method: StackedMethod, jobs: Sequence[Job], stage1: Fit | None, runtime: Runtime
    ) -> None:
        self.method, self.jobs, self.stage1, self.runtime = method, jobs, stage1, runtime
        self.device = pick_device(runtime)
        self.stacks: list[tuple[list[int], nn.Module]] = []
        self.failures: dict[int, str] = {}
        self.n_condition = 0

    def on(self, jobs: Sequence[Job], stage1: Fit | None) -> StackedFit:
        """The same weights for jobs with other intervened cells or other edits."""
        other = StackedFit(self.method, jobs, stage1, self.runtime)
        other.stacks, other.failures = self.stacks, self.failures
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
                    answers |= self._answer(subset(network, members), group, mode)
        return [answers[index] for index in range(len(self.jobs))]

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
        data = self.jobs[group[0]].data
        found = [
            self.method.conditions(self.jobs[i], data.intervene, target, self.stage1, i)
            for i in group
        ]
        conditions = [condition for condition in found if condition is not None]
        return self._tensor(np.stack(conditions)) if conditions else None

    def _tensor(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(np.asarray(array, dtype=np.float32)).to(self.device)

    def member(self, index: int) -> nn.Module:
        """The network of one job. Raises RuntimeError, with the reason, if its training failed."""
        if index in self.failures:
            raise RuntimeError(self.failures[index])
        numbers, network = next(stack for stack in self.stacks if index in stack[0])
        return subset(network, [numbers.index(index)])

    @torch.no_grad()
    def condition(self, index: int, cells: Cells, target: Target | None = None) -> np.ndarray:
        """See `Fit.condition`."""
        network, data = self.member(index), self.jobs[index].data
        mask = torch.from_numpy(data.edit_mask(target)).to(self.device)
        arrays = (cells.x, cells.concepts, data.edited(cells.concepts, target))
        parts = zip(*(self._tensor(a).split(CELLS_AT_ONCE) for a in arrays), strict=True)
        codes = [
            self.method.condition(network, x[None], concepts[None], mask, values)[0]
            for x, concepts, values in parts
        ]
        return torch.cat(codes).cpu().numpy()


def subset(network: nn.Module, members: Sequence[int]) -> nn.Module:
    """Some members of a network, without gradients: member i of the result is members[i]."""
    parts: dict[int, Any] = {
        id(p): nn.Parameter(p.detach()[list(members)], requires_grad=False)
        for p in network.parameters()
    }
    stacked = {id(b): b[list(members)] for name, b in network.named_buffers() if _stacks(name)}
    return copy.deepcopy(network, parts | stacked).eval()


def _stacks(buffer_name: str) -> bool:
    """Whether a buffer has a row a member; `hard` marks concepts, the same for all."""
    return buffer_name.split(".")[-1] != "hard"


def _by_task(numbers: Sequence[int], jobs: Sequence[Job]) -> Iterator[list[int]]:
    """Positions in `numbers` whose jobs share a task."""
    groups: dict[int, list[int]] = {}
    for position, index in enumerate(numbers):
        groups.setdefault(id(jobs[index].data), []).append(position)
    yield from groups.values()


def build(method: StackedMethod, jobs: Sequence[Job], n_condition: int) -> nn.Module:
    """The untrained network: each member from the generator of its own key."""
    seeds = [job.member.key("init") for job in jobs]
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    return method.network(jobs, n_condition, generators)


def save_fit(fit: StackedFit, path: Path) -> None:
    """Write weights and failures beside `path`, then rename."""
    members = [str(job.member) for job in fit.jobs]
    stacks = [(numbers, network.state_dict()) for numbers, network in fit.stacks]
    saved = {
        "members": members,
        "n_condition": fit.n_condition,
        "stacks": stacks,
        "failures": fit.failures,
    }
    partial = path.with_name(path.name + ".partial")
    torch.save(saved, partial)
    os.replace(partial, path)


def load_fit(
    method: StackedMethod, jobs: Sequence[Job], path: Path, runtime: Runtime, stage1: Fit | None
) -> StackedFit:
    """Read what `save_fit` wrote. Raises ValueError if it holds other members."""
    saved = torch.load(path, map_location=pick_device(runtime), weights_only=True)
    members = [str(job.member) for job in jobs]
    if saved["members"] != members:
        raise ValueError(f"{path}: holds {saved['members'][:2]}..., expected {members[:2]}...")
    fit = StackedFit(method, jobs, stage1, runtime)
    fit.failures, fit.n_condition = saved["failures"], saved["n_condition"]
    for numbers, weights in saved["stacks"]:
        network = build(method, [jobs[index] for index in numbers], fit.n_condition)
        network.load_state_dict(weights)
        fit.stacks.append((numbers, subset(network.to(fit.device), range(len(numbers)))))
    return fit
