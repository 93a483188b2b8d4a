"""What fails inside an analysis: a member, a classifier, a fold. The others go on.

As in a job of the benchmark, an exception is the reason of empty cells, and a fault of the machine
ends the job (`sccbgm.protocol.faults`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from sccbgm.protocol.faults import of_machine, reason
from sccbgm.protocol.method import Failure, Fit, Job, Predictions
from sccbgm.protocol.task import Cells, Target

logger = logging.getLogger(__name__)
N_FOLDS = 5


class Guarded(Fit):
    """A fit whose exceptions are the reasons of its members.

    fit: None where there is none, for the reason `why`.
    """

    def __init__(self, jobs: Sequence[Job], fit: Fit | None, why: str = "") -> None:
        self.jobs, self.fit, self.why = jobs, fit, why

    def predict(self, mode: str) -> list[Predictions | Failure]:
        """The answers of the fit, or a Failure for each member."""
        if self.fit is not None:
            try:
                return list(self.fit.predict(mode))
            except (Exception, SystemExit) as error:
                self.why = _said(error)
        return [Failure(self.why) for _ in self.jobs]

    def flow_condition(self, index: int, cells: Cells, target: Target | None = None) -> np.ndarray:
        """The condition of a second stage. Raises RuntimeError where there is no fit."""
        if self.fit is None:
            raise RuntimeError(self.why)
        return self.fit.flow_condition(index, cells, target)


def guarded(
    jobs: Sequence[Job], fit: Callable[[Fit | None], Fit], stage1: Guarded | None
) -> Guarded:
    """Fit the jobs with what the first stage has; see `Guarded`."""
    if stage1 is not None and stage1.fit is None:
        return Guarded(jobs, None, f"the first stage failed: {stage1.why}")
    try:
        return Guarded(jobs, fit(None if stage1 is None else stage1.fit))
    except (Exception, SystemExit) as error:
        return Guarded(jobs, None, _said(error))


def failed(why: str) -> dict[str, Any]:
    """The value of a row that has none, for a fault and not by its data."""
    return {"value": float("nan"), "reason": why, "failed": True}


def attempt(compute: Callable[[], float]) -> dict[str, Any]:
    """The value of a row, or why it has none."""
    try:
        return {"value": float(compute())}
    except (Exception, SystemExit) as error:
        return failed(_said(error))


def in_folds(
    x: np.ndarray, positive: np.ndarray, seed: int, score: Callable[[np.ndarray, np.ndarray], float]
) -> Iterator[dict[str, Any]]:
    """A score in each of 5 stratified folds, whose models are trained on the other four.

    x: (n_cells, n_dims). positive: (n_cells,) bool. score: of the row numbers of the four, and of
    the fold. Yields fold (from 1), and value or reason; one row of fold 0 where cells are too few.
    """
    from sklearn.model_selection import StratifiedKFold

    folds = StratifiedKFold(N_FOLDS, shuffle=True, random_state=seed)
    least = min(int(positive.sum()), int((~positive).sum()))
    if least < N_FOLDS:
        reason = f"{least} cells of one type, {N_FOLDS} needed"
        yield {"fold": 0, "value": float("nan"), "reason": reason}
        return
    for fold, (train, test) in enumerate(folds.split(x, positive), start=1):
        yield {"fold": fold} | attempt(partial(score, train, test))


def _said(error: BaseException) -> str:
    if of_machine(error):
        raise error
    logger.error("failed", exc_info=error)
    return reason(error)
