"""The input and the output of an analysis: a `Study`, and a `Result`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from sccbgm.analyses.guarded import Guarded, guarded
from sccbgm.analyses.plan import PRESET
from sccbgm.config.dataset import DatasetConfig
from sccbgm.config.method import MethodEntry
from sccbgm.protocol.member import Member
from sccbgm.protocol.method import Job, Runtime
from sccbgm.protocol.task import TaskData

if TYPE_CHECKING:
    from anndata import AnnData


@dataclass(frozen=True)
class Study:
    """One analysis of one dataset.

    seeds: of its splits and members. methods: those that it trains, with their hyperparameters.
    """

    dataset: DatasetConfig
    seeds: tuple[int, ...]
    methods: Mapping[str, MethodEntry]
    runtime: Runtime

    def job(self, method: str, data: TaskData, seed: int, **changed: Any) -> Job:
        """A member on this dataset; `changed` hyperparameters replace those of the run."""
        entry = self.methods[method]
        values = {**vars(entry.params(self.dataset.id, PRESET)), **changed}
        member = Member(self.dataset.id, data.task.id, method, seed, preset=PRESET)
        return Job(member, data, entry.method.Params(**values))

    def fit(self, jobs: Sequence[Job], stage1: Guarded | None = None) -> Guarded:
        """Members of one method, trained in as few stacks as their shapes allow.

        A method that raises is the reason of its members' empty cells.
        """
        method = self.methods[jobs[0].member.method].method
        return guarded(jobs, lambda first: method.fit(jobs, self.runtime, first), stage1)

    @property
    def reduced(self) -> str:
        """Why the numbers are no results at the paper's scale, "" if they are."""
        settings: dict[str, list[str]] = {}
        for entry in self.methods.values():
            text = ", ".join(f"{name} {value}" for name, value in entry.run_params.items())
            settings.setdefault(text, []).append(entry.method.title)
        said = [f"{', '.join(titles)}: {text}." for text, titles in settings.items() if text]
        return " ".join(filter(None, [self.dataset.reduced, *said]))


@dataclass(frozen=True)
class Result:
    """rows: tidy, one a number. cells: what the figures show of single cells, None for nothing."""

    rows: pd.DataFrame
    cells: AnnData | None = None


def tidy(rows: Sequence[Mapping[str, Any]], study: Study) -> pd.DataFrame:
    """Rows with the columns that all have: dataset, value, n_cells, reason, failed, reduced.

    failed: whether a fault, and not the data, is why there is no value. Raises ValueError where a
    row without a value has no reason.
    """
    table = pd.DataFrame(list(rows))
    if "reason" not in table:
        table["reason"] = ""
    table["reason"] = table["reason"].fillna("")
    unexplained = table["value"].isna() & (table["reason"] == "")
    if unexplained.any():
        raise ValueError(f"rows without a value and without a reason: {table[unexplained]}")
    table["failed"] = table["failed"].eq(True) if "failed" in table else False
    table.insert(0, "dataset", study.dataset.id)
    return table.assign(reduced=study.reduced)
