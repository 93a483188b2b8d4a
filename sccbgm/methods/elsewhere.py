"""Predictions that were made elsewhere, in any language, as a method like any other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from sccbgm.methods.controls import NoParams
from sccbgm.methods.predicted_cells import PredictedCells, cells_of, read_predicted
from sccbgm.protocol.method import Failure, Fit, Job, Method, Predictions, Runtime


class Elsewhere(Method):
    """x' = what a file says: the predicted cells of every task that it has.

    Nothing is fitted here. A task that the file lacks, or has other cells of, has no prediction,
    for the reason that is given; predictions without a seed stand for every seed of the run.
    """

    Params = NoParams
    path: ClassVar[Path]

    def fit(self, jobs: Sequence[Job], runtime: Runtime, stage1: Fit | None = None) -> Fit:
        """Read the file."""
        return ElsewhereFit(read_predicted(self.path), jobs)


class ElsewhereFit(Fit):
    """The predictions of a file for some jobs."""

    def __init__(self, given: PredictedCells, jobs: Sequence[Job]) -> None:
        self.given, self.jobs = given, jobs

    def predict(self, mode: str) -> list[Predictions | Failure]:
        """The predicted cells of every job; a job without any fails alone."""
        return [self._predict(job) for job in self.jobs]

    def _predict(self, job: Job) -> Predictions | Failure:
        found: Predictions = {}
        reasons = []
        for target in job.data.task.targets:
            try:
                found[target.id] = cells_of(self.given, job.data, target.id, job.member.seed)
            except ValueError as error:
                reasons.append(str(error))
        return found or Failure("; ".join(dict.fromkeys(reasons)))


def of_file(id: str, path: Path, title: str | None = None, citation: str | None = None) -> Method:
    """The method whose predictions are in a file."""
    declared = {
        "id": id,
        "title": title or id,
        "citation": citation or f"predictions in {path.name}",
    }
    kind = type(f"Elsewhere_{id}", (Elsewhere,), {**declared, "path": path, "__module__": __name__})
    made: Method = kind()
    return made
