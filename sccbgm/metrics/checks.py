"""Checks of a method by questions of its own, which need no truth.

E_S(x) are the cells x edited to the state S by the fitted method, A the state they are in, B that
of the target. Differences are shares of the variance of the cells, so that 1 is as far off as
their mean: Σ_i ‖a_i − b_i‖² / Σ_i ‖x_i − x̄‖².
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sccbgm.metrics.samples import ROUNDING, Missing

DOSES = (0.25, 0.5, 0.75)
"""Parts of the way from A to B that are asked for beside both ends."""


@dataclass(frozen=True)
class Answers:
    """What a fit answered about the cells x (n_cells, n_dims).

    given: question -> (n_cells, n_dims) edited cells, or why there are none. The questions:
    "nothing", E with no concept set; "same", E_A(x); "edit", E_B(x); "back", E_A(E_B(x));
    "edit then other" and "other then edit", with a second edit of another concept; and
    "dose 0.25" and so on.
    """

    x: np.ndarray
    given: Mapping[str, np.ndarray | str]

    def to(self, question: str) -> np.ndarray:
        """The answer to a question. Raises Missing, with the reason, where there is none."""
        answer = self.given[question]
        if isinstance(answer, str):
            raise Missing(answer)
        return answer.astype(np.float64)


def identity(answers: Answers) -> float:
    """Does a cell that is set to what it is come back? E_A(x) against x."""
    return _apart(answers, answers.to("same"), answers.x.astype(np.float64))


def identity_rebuilt(answers: Answers) -> float:
    """Is setting a cell to what it is the same as setting nothing? E_A(x) against E(x)."""
    return _apart(answers, answers.to("same"), answers.to("nothing"))


def reversal(answers: Answers) -> float:
    """Does a cell that is edited and edited back come back? E_A(E_B(x)) against x."""
    return _apart(answers, answers.to("back"), answers.x.astype(np.float64))


def composition(answers: Answers) -> float:
    """Does the order of two edits matter? E_C(E_B(x)) against E_B(E_C(x))."""
    return _apart(answers, answers.to("edit then other"), answers.to("other then edit"))


def monotone(answers: Answers) -> float:
    """Share of steps from A to B in equal doses that do not take a cell back.

    A step s of cell i goes back where ⟨s, E_B(x_i) − E_A(x_i)⟩ is negative by more than rounding.
    Raises Missing where the edit moves no cell.
    """
    names = ["same", *(f"dose {dose:g}" for dose in DOSES), "edit"]
    path = np.stack([answers.to(name) for name in names])
    whole = path[-1] - path[0]
    length = np.einsum("id,id->i", whole, whole)
    moves = length > _rounding(path)
    if not moves.any():
        raise Missing("the edit moves no cell")
    along = np.einsum("sid,id->si", np.diff(path, axis=0), whole)
    return float((along >= -ROUNDING * length)[:, moves].mean())


def _apart(answers: Answers, a: np.ndarray, b: np.ndarray) -> float:
    x = answers.x.astype(np.float64)
    variance = float(((x - x.mean(axis=0)) ** 2).sum())
    if variance <= len(x) * _rounding(x):
        raise Missing("the cells are all alike")
    return float(((a - b) ** 2).sum()) / variance


def _rounding(x: np.ndarray) -> float:
    """Squared distance of cells up to which they are the same."""
    return float((ROUNDING * np.linalg.norm(x, axis=-1).max()) ** 2)
