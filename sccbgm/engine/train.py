"""The training loop: all members of a stack, one step at a time, with no host in between."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, cast

import torch
from torch import Tensor, nn

from sccbgm.engine import checkpoint
from sccbgm.engine.adam import StackedAdam, clip
from sccbgm.engine.store import Store
from sccbgm.io.ending import deferred
from sccbgm.nn.batch import Batch
from sccbgm.nn.draws import Draws, key_words

LEARNING_RATE_DECAY = 0.997
"""Factor of the learning rate after each epoch of a member."""

CHECKPOINT_SHARE = 0.02
"""Of the time of a training that its checkpoints may take: a slow disk makes them rarer."""

WARM_UP_STEPS = 3
"""Eager steps before a CUDA graph is captured, so that libraries have set themselves up."""


ORDER_STREAM = 0x5DEECE66D
"""Bits of a member's key that differ for the orders of its cells.

Draws are numbered by key, step and call, and both an order and a loss begin at call 0 of a step:
of one key, the first numbers of an epoch would decide the order of its cells and their noise.
"""


class HasLoss(Protocol):
    """The interface that a module must have to be trained."""

    def loss(self, batch: Batch, draws: Draws) -> dict[str, Tensor]:
        """Terms of shape (M,), among them "loss", whose sum over members is minimised."""


@dataclass(frozen=True)
class Schedule:
    """How long each member trains, and how fast.

    sizes: training cells of each member. learning_rates: of each member in its first epoch.
    """

    sizes: Sequence[int]
    learning_rates: Sequence[float]
    n_epochs: int
    batch_size: int

    @property
    def epoch_lengths(self) -> list[int]:
        """Steps an epoch: the last partial batch is kept, unless it is a single cell.

        (The cross-covariance divides by the batch size less one.)
        """
        return [max(1, -(-n // self.batch_size) - (n % self.batch_size == 1)) for n in self.sizes]

    @property
    def lengths(self) -> list[int]:
        """Steps of the whole training of each member."""
        return [self.n_epochs * steps for steps in self.epoch_lengths]


@dataclass
class History:
    """The record of a training: per epoch of the longest member, the mean loss terms.

    losses[i]: {term: one value a member}; NaN for a member that took no step in that epoch.
    failed_step: member -> the step at which its loss was not finite.
    """

    losses: list[dict[str, list[float]]] = field(default_factory=list)
    failed_step: dict[int, int] = field(default_factory=dict)
    seconds: float = 0.0


class Trainer:
    """One stack in training. All that a step reads and writes stays on the device.

    network: the module to train, on the device. keys: 64-bit key of each member's draws.
    clip_norm: largest norm of a member's gradient, None for no limit.
    """

    def __init__(
        self,
        network: nn.Module,
        store: Store,
        schedule: Schedule,
        keys: Sequence[int],
        clip_norm: float | None = None,
    ) -> None:
        device = store.sizes.device
        self.network, self.store, self.schedule = network, store, schedule
        self.loss = cast(HasLoss, network).loss
        self.clip_norm = clip_norm
        self.parameters = [p for p in network.parameters() if p.requires_grad]
        self.adam = StackedAdam(self.parameters)
        self.keys = key_words(keys, device)
        self.order_keys = key_words([key ^ ORDER_STREAM for key in keys], device)
        members = len(keys)
        self.order = torch.zeros(members, max(schedule.sizes), dtype=torch.int64, device=device)
        self.column = torch.arange(schedule.batch_size, device=device)
        self.epoch_length = torch.tensor(schedule.epoch_lengths, device=device)
        self.length = torch.tensor(schedule.lengths, device=device)
        self.base_lr = torch.tensor(schedule.learning_rates, device=device)
        self.step = torch.zeros((), dtype=torch.int32, device=device)
        self.failed_step = torch.full((members,), -1, dtype=torch.int32, device=device)
        self.sums: dict[str, Tensor] = {}
        self.steps_summed = torch.zeros(members, device=device)
        self.host_step = 0
        self._graph: torch.cuda.CUDAGraph | None = None
        # A capture needs a stream other than the default; one for all steps shares their memory.
        self._stream = torch.cuda.Stream(device) if self.step.is_cuda else None
        self._warm = WARM_UP_STEPS

    def _gather(self) -> Batch:
        start = (self.step % self.epoch_length)[:, None] * self.schedule.batch_size
        column = start + self.column
        past = column >= self.order.shape[1]
        rows = self.order.gather(1, column.clamp(max=self.order.shape[1] - 1))
        return self.store.gather(torch.where(past, self.store.sizes[:, None], rows))

    def _update(self) -> None:
        """One step of every member, on the device alone: this is what a CUDA graph captures."""
        terms = self.loss(self._gather(), Draws(self.keys, self.step))
        gradients: Sequence[Tensor] = torch.autograd.grad(terms["loss"].sum(), self.parameters)
        with torch.no_grad():
            if self.clip_norm is not None:
                gradients = clip(gradients, self.clip_norm)
            active = (self.step < self.length) & (self.failed_step < 0)
            bad = active & ~torch.isfinite(terms["loss"])
            self.failed_step.copy_(torch.where(bad, self.step, self.failed_step))
            active = active & ~bad
            epoch = self.step // self.epoch_length
            lr = self.base_lr * LEARNING_RATE_DECAY ** epoch.float()
            self.adam.step(gradients, lr, self.step.float() + 1, (~active).float())
            if not self.sums:
                self.sums = {name: torch.zeros_like(value) for name, value in terms.items()}
            for name, value in terms.items():
                self.sums[name].add_(torch.where(active, value.detach(), 0.0))
            self.steps_summed.add_(active)
            self.step.add_(1)

    def _shuffle(self, step: int, members: list[int]) -> None:
        """A new order of the cells for members whose epoch begins at this step."""
        draws = Draws(self.order_keys[members], torch.tensor(step, dtype=torch.int32).to(self.step))
        self.order[members] = draws.order(self.store.sizes[members], self.order.shape[1])

    def advance(self, steps: int, ending: Callable[[], bool] = lambda: False) -> None:
        """Take that many steps, or as many as there are until `ending` says so."""
        for _ in range(steps):
            if ending():
                return
            due = [
                m
                for m, length in enumerate(self.schedule.epoch_lengths)
                if self.host_step % length == 0 and self.host_step < self.schedule.lengths[m]
            ]
            if due:
                self._shuffle(self.host_step, due)
            if self._stream is None:
                self._update()
            else:
                self._launch(self._stream)
            self.host_step += 1

    def _launch(self, stream: torch.cuda.Stream) -> None:
        """A step on the GPU: the first ones eagerly on `stream`, then as a graph captured there."""
        if self._graph is None and self.host_step >= self._warm:
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph, stream=stream):
                self._update()
            self._graph = graph
        if self._graph is not None:
            self._graph.replay()
            return
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            self._update()
        torch.cuda.current_stream().wait_stream(stream)

    def read_losses(self) -> dict[str, list[float]]:
        """Mean of each term since the last reading; the one place where the host waits."""
        means = {name: (total / self.steps_summed).tolist() for name, total in self.sums.items()}
        for total in (*self.sums.values(), self.steps_summed):
            total.zero_()
        return means

    def state(self) -> dict[str, object]:
        """All that the next step depends on; the draws have no state but the step."""
        return {
            "step": self.host_step,
            "parameters": [p.detach() for p in self.parameters],
            "adam": self.adam.state(),
            "failed_step": self.failed_step,
            "sums": self.sums,
            "steps_summed": self.steps_summed,
        }

    def restore(self, state: dict) -> None:
        """Continue from a saved state."""
        for mine, saved in zip(self.parameters, state["parameters"], strict=True):
            mine.data.copy_(saved)
        self.adam.restore(state["adam"])
        self.failed_step.copy_(state["failed_step"])
        self.sums = state["sums"]
        self.steps_summed.copy_(state["steps_summed"])
        self.step.fill_(state["step"])
        self.host_step = state["step"]
        self._warm = self.host_step + WARM_UP_STEPS
        for m, length in enumerate(self.schedule.epoch_lengths):
            begun = min(self.host_step, self.schedule.lengths[m] - 1) // length * length
            self._shuffle(begun, [m])


def train(
    trainer: Trainer,
    report: Callable[[str], None],
    path: Path | None = None,
    minutes: float = 5.0,
    on_epoch: Callable[[History], bool] = lambda history: False,
) -> History:
    """Train to the end, reporting every epoch of the longest member.

    on_epoch: called after each of them; returns whether the training is to end there.
    path: checkpoint, written at most every `minutes` and for `CHECKPOINT_SHARE` of the time, at the
    end, and when the process is asked to end (`io.ending`); read first if it is there, and removed
    by the caller when the results are safe. Raises `checkpoint.MismatchError` if it belongs to
    another training, `Ended` if the process was asked to end.
    """
    history, schedule = History(), trainer.schedule
    identity = checkpoint.fingerprint(trainer)
    if path is not None and path.exists():
        saved = checkpoint.read(path, identity, trainer.step.device)
        trainer.restore(saved["trainer"])
        history = History(**saved["history"])
        report(f"continuing from step {trainer.host_step} of {path.name}")
    epoch, total = max(schedule.epoch_lengths), max(schedule.lengths)
    begun = last_saved = time.monotonic()
    writing = 0.0
    first_step, seconds = trainer.host_step, history.seconds
    enough = False
    with deferred() as ending:
        while trainer.host_step < total and not enough:
            epoch_end = min(trainer.host_step // epoch * epoch + epoch, total)
            trainer.advance(epoch_end - trainer.host_step, ending)
            now = time.monotonic()
            history.seconds = seconds + now - begun
            if trainer.host_step == epoch_end:
                history.losses.append(trainer.read_losses())
                per_step = (now - begun) / (trainer.host_step - first_step)
                report(_progress(trainer, history, per_step))
                enough = on_epoch(history)
            wait = max(60 * minutes, writing / CHECKPOINT_SHARE)
            due = now - last_saved >= wait or trainer.host_step == total or ending()
            if path is not None and due:
                checkpoint.write(path, identity, trainer.state(), history)
                last_saved = time.monotonic()
                writing = last_saved - now
            if ending():
                break
    history.failed_step = {
        m: step for m, step in enumerate(trainer.failed_step.tolist()) if step >= 0
    }
    return history


def _progress(trainer: Trainer, history: History, seconds_a_step: float) -> str:
    total = max(trainer.schedule.lengths)
    losses = torch.tensor(history.losses[-1]["loss"])
    left = (total - trainer.host_step) * seconds_a_step
    members = len(trainer.schedule.sizes)
    return (
        f"epoch {len(history.losses)}/{trainer.schedule.n_epochs}, step {trainer.host_step}/{total}"
        f", mean loss {losses.nanmean():.5f}, {1e3 * seconds_a_step / members:.2f} ms a member-step"
        f", {left:.0f} s left"
    )
