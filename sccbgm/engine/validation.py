"""Cells that a stack is not trained on: their loss after each epoch, and when it is enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from sccbgm.engine.method import StackedMethod
from sccbgm.engine.store import Store
from sccbgm.engine.train import History, Trainer
from sccbgm.nn.draws import Draws, key_words
from sccbgm.protocol.method import Fit, Job
from sccbgm.protocol.task import Cells

STREAM = 0x3A11DA7E
"""Bits of a member's key that differ for the noise of its validation."""

LOSS = "validation"
"""Name of the loss of the held-out cells in a history."""


@dataclass(frozen=True)
class HeldOut:
    """Cells to validate with; they must be none of those that are trained on.

    patience: epochs without a lower loss after which a member is done and has the weights of its
    best epoch; None: every member trains to the end and keeps its last weights.
    """

    cells: Cells
    patience: int | None = None

    def fields(
        self, method: StackedMethod, jobs: Mapping[int, Job], stage1: Fit | None
    ) -> list[Mapping[str, np.ndarray]]:
        """The arrays of these cells, as `StackedMethod.fields` makes those of training cells."""
        nowhere = np.full(len(self.cells), "", dtype=str)
        found = []
        for index, job in jobs.items():
            data = replace(job.data, train=self.cells, train_groups=nowhere, train_context=nowhere)
            found.append(method.fields(replace(job, data=data), index, stage1))
        return found


class _Still(Draws):
    """Draws that drop nothing: noise as in training, networks as in prediction."""

    def dropout(self, h: Tensor, probability: float) -> Tensor:
        """h itself."""
        return h


class Validation:
    """Measures the held-out loss of every member, and keeps its best weights if it may stop early.

    A member stops by its own losses alone, so that it ends up as it would without neighbours.
    """

    def __init__(self, trainer: Trainer, store: Store, keys: Sequence[int], patience: int | None):
        self.trainer, self.store, self.patience = trainer, store, patience
        self.keys = key_words([key ^ STREAM for key in keys], trainer.step.device)
        members = len(keys)
        self.lowest = np.full(members, np.inf)
        self.waited = np.zeros(members, dtype=int)
        self.best = [p.detach().clone() for p in trainer.parameters] if patience else []

    @property
    def stopped(self) -> np.ndarray:
        """(M,) True for members that have waited for longer than their patience."""
        return self.waited >= (self.patience or np.inf)

    def note(self, history: History) -> bool:
        """Add the loss to the last epoch of a history. Returns whether all members have stopped.

        A member that had stopped before this epoch has no losses in it.
        """
        stopped, epoch = self.stopped, history.losses[-1]
        epoch[LOSS] = self._measure()
        for values in epoch.values():
            for member in np.flatnonzero(stopped):
                values[member] = float("nan")
        if self.patience:
            lower = np.array(epoch[LOSS]) < self.lowest
            self.lowest = np.where(lower, epoch[LOSS], self.lowest)
            self.waited = np.where(lower, 0, self.waited + 1)
            for kept, now in zip(self.best, self.trainer.parameters, strict=True):
                kept[lower] = now.detach()[lower]
        return bool(self.stopped.all())

    def restore(self) -> None:
        """Give every member the weights of its best epoch, if it may stop early."""
        if self.patience:
            for kept, now in zip(self.best, self.trainer.parameters, strict=True):
                now.data.copy_(kept)

    @torch.no_grad()
    def _measure(self) -> list[float]:
        """(M,) mean loss over the held-out cells, with the same noise after every epoch."""
        schedule, store = self.trainer.schedule, self.store
        last = torch.tensor(max(schedule.lengths) - 1, dtype=torch.int32)
        draws = _Still(self.keys, last.to(self.trainer.step))
        size, n = schedule.batch_size, int(store.sizes.max())
        total = torch.zeros(len(self.keys), device=self.keys.device)
        counted = torch.zeros_like(total)
        # A last batch of one cell is left out, as in training: it has no covariance
        for start in range(0, max(n - 1, 1), size):
            rows = torch.arange(start, start + size, device=self.keys.device)
            batch = store.gather(rows.clamp(max=n).expand(len(total), -1))
            cells = batch.weight.sum(1)
            total += self.trainer.loss(batch, draws)["loss"] * cells
            counted += cells
        return (total / counted).tolist()
