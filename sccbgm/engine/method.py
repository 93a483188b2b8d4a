"""Base of the methods that the stacked engine trains: they say what the network is.

Imports no torch, so that a method's declaration can be read without it.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from sccbgm.protocol.method import (
    COUNT,
    POSITIVE,
    Fit,
    Job,
    Method,
    Range,
    Runtime,
    hyperparameter,
)
from sccbgm.protocol.task import Cells, Target

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from sccbgm.engine.validation import HeldOut


@dataclass(frozen=True)
class TrainingParams:
    """Hyperparameters that every trained network has."""

    epochs: int = hyperparameter(
        200, "passes over the training cells", "paper, Table 6", within=COUNT
    )
    lr: float = hyperparameter(
        3e-4,
        "Adam's learning rate in the first epoch; times 0.997 after each",
        "paper, Table 6",
        True,
        within=POSITIVE,
    )
    batch_size: int = hyperparameter(
        128, "cells a step, whose covariance one alone has not", "paper, Table 6", within=Range(2)
    )
    hidden_dim: int = hyperparameter(
        1024, "width of the hidden layers", "paper, Table 6", within=COUNT
    )
    n_layers: int = hyperparameter(
        4, "hidden blocks in each network", "paper, Table 6", within=COUNT
    )


class StackedMethod(Method):
    """A method whose members are trained together.

    The jobs of one stack have the same shapes and the same parameters but for stackable ones.
    `clip_norm` is the largest norm of a member's gradient, None for no limit.
    `needs_annotations`: an edit takes the edited cells' own concepts as input, all of them.
    """

    uses_gpu = True
    edits_any = True
    clip_norm: ClassVar[float | None] = None
    needs_annotations: ClassVar[bool] = False

    @abstractmethod
    def network(
        self, jobs: Sequence[Job], n_condition: int, generators: Sequence[Any]
    ) -> nn.Module:
        """A network of len(jobs) members with a `loss(batch, draws)`, member i from generator i.

        n_condition: width of the field "condition", 0 without one.
        """

    def fields(self, job: Job, index: int, stage1: Fit | None) -> Mapping[str, np.ndarray]:
        """The training arrays of one job, a row a cell: by default cells and concepts."""
        return {"x": job.data.train.x, "concepts": job.data.train.concepts}

    @abstractmethod
    def predict_cells(self, network: nn.Module, question: Question) -> Tensor:
        """(M, n, d) the edited cells, for members that share a task."""

    def own_condition(
        self, job: Job, cells: Cells, target: Target | None, stage1: Fit | None, index: int
    ) -> np.ndarray | None:
        """(n_cells, n_condition) what a job is conditioned on, before or after an edit.

        job: as it was trained. target: an edit of these cells, which may be none of its task's.
        """
        return None

    def flow_condition(
        self, network: nn.Module, x: Tensor, concepts: Tensor, mask: Tensor, values: Tensor
    ) -> Tensor:
        """(1, n, n_condition) what a flow on top of one member is conditioned on.

        x (1, n, d), concepts (1, n, K): the cells. mask (K,), values (n, K): the edit.
        """
        raise NotImplementedError(f"no flow builds on {self.id}")

    def code_names(self, concepts: Sequence[str], n_other: int) -> list[str]:
        """Names of the columns of `flow_condition`: the concepts, and `n_other` without meaning."""
        return [*concepts, *(f"unknown_{i}" for i in range(n_other))]

    def fit(
        self,
        jobs: Sequence[Job],
        runtime: Runtime,
        stage1: Fit | None = None,
        held_out: HeldOut | None = None,
    ) -> Fit:
        """Train all jobs, in as few stacks as shapes and memory allow."""
        from sccbgm.engine.stack import fit_stacks

        return fit_stacks(self, jobs, runtime, stage1, held_out)

    def save(self, fit: Fit, path: Path) -> None:
        """Weights and failures of all members, in one torch file."""
        from sccbgm.engine.fit import StackedFit, save_fit

        assert isinstance(fit, StackedFit)
        save_fit(fit, path)

    def load(
        self, jobs: Sequence[Job], path: Path, runtime: Runtime, stage1: Fit | None = None
    ) -> Fit:
        """The fit that `save` wrote for the same jobs."""
        from sccbgm.engine.fit import load_fit

        return load_fit(self, jobs, path, runtime, stage1)


@dataclass(frozen=True)
class Question:
    """One edit, asked of M members that share a task; tensors are on the network's device.

    x (1, n, d), concepts (1, n, K): the intervened cells. mask (K,), values (n, K): the edit.
    condition, edited: (M, n, n_condition) before and after the edit, None without a condition.
    keys: 64-bit key of each member's draws at prediction.
    """

    jobs: Sequence[Job]
    target: Target
    mode: str
    x: Tensor
    concepts: Tensor
    mask: Tensor
    values: Tensor
    condition: Tensor | None
    edited: Tensor | None
    keys: Tensor

    @property
    def params(self) -> Any:
        """The parameters that all jobs share (of the first job; stackable ones may differ)."""
        return self.jobs[0].params

    def draws(self) -> Any:
        """The members' random numbers for this mode and target: the same however they stack."""
        from sccbgm.nn.draws import prediction_draws

        return prediction_draws(self.keys, self.mode, self.target.id)


def loss_weights(jobs: Sequence[Job], **names: str) -> dict[str, torch.Tensor]:
    """(M,) tensors of stackable parameters: loss_weights(jobs, beta="beta")."""
    import torch

    return {
        name: torch.tensor([getattr(job.params, field) for job in jobs], dtype=torch.float32)
        for name, field in names.items()
    }


def annotated(concepts: np.ndarray, method_id: str) -> np.ndarray:
    """Concepts that a network takes as input. Raises RuntimeError if an annotation is missing."""
    missing = int(np.isnan(concepts).any(1).sum())
    if missing:
        raise RuntimeError(
            f"{method_id} takes the concepts as input, and {missing} of {len(concepts)} "
            "training cells lack an annotation"
        )
    return concepts
