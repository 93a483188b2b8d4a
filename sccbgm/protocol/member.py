"""A member: one model to train, named by what determines it."""

from __future__ import annotations

from dataclasses import dataclass

from sccbgm.protocol.keys import derive_key


@dataclass(frozen=True, order=True)
class Member:
    """One model to train.

    `variant` names a set of hyperparameters that differs from the method's own ("default" for
    none), `preset` is "recommended" or "reference".
    """

    dataset: str
    task: str
    method: str
    seed: int
    variant: str = "default"
    preset: str = "recommended"

    def key(self, purpose: str) -> int:
        """The 64-bit key of this member's draws for one purpose ("init", "train", "predict"...).

        Preset and variant take no part, so that two settings of a method are compared on the
        same initial weights and minibatches wherever their shapes agree.
        """
        return derive_key(purpose, self.dataset, self.task, self.method, self.seed)

    def __str__(self) -> str:
        return (
            f"{self.dataset}/{self.task}/{self.preset}/{self.method}/{self.variant}/seed{self.seed}"
        )
