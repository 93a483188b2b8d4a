"""The file of a shard's predictions: edited cells, failures, and what the fit cost."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sccbgm.io.seals import sealed
from sccbgm.protocol.member import Member
from sccbgm.protocol.method import Failure, Job, Predictions


@dataclass
class PredictionTable:
    """Predicted cells of several members, collected a mode at a time.

    blocks: (member, target, mode, rows of the intervened cells, cells (n, n_dims)).
    failures: {task, target ("" for all), mode, seed, variant, reason}. remarks: the same, of
    predictions that are there.
    """

    blocks: list[tuple[Member, str, str, np.ndarray, np.ndarray]] = field(default_factory=list)
    failures: list[dict[str, Any]] = field(default_factory=list)
    remarks: list[dict[str, Any]] = field(default_factory=list)

    def add(self, job: Job, mode: str, answer: Predictions | Failure) -> None:
        """Add the answer of one job in one mode.

        A missing target, what is no array of real numbers, a wrong shape or a cell that is not
        finite in single precision is a failure of that target.
        """
        if isinstance(answer, Failure):
            self._fail(job.member, "", mode, answer.reason)
            return
        if not isinstance(answer, Mapping):
            found = type(answer).__name__
            self._fail(job.member, "", mode, f"answered with {found}, expected a dict of targets")
            return
        for target in job.data.task.targets:
            try:
                cells = _cells(answer, target.id, job.data.intervene.x.shape)
            except ValueError as error:
                self._fail(job.member, target.id, mode, str(error))
            else:
                rows = job.data.intervene.rows
                self.blocks.append((job.member, target.id, mode, rows, cells))

    def remark(self, job: Job, mode: str, said: Mapping[str, str]) -> None:
        """Add the remarks of a fit on its predictions for a job: target -> words."""
        for target, words in said.items():
            self.remarks.append(_place(job.member, target, mode, words))

    def fail(self, jobs: Sequence[Job], modes: Sequence[str], reason: str) -> None:
        """The same failure for every job and mode."""
        for mode in modes:
            for job in jobs:
                self._fail(job.member, "", mode, reason)

    def _fail(self, member: Member, target: str, mode: str, reason: str) -> None:
        self.failures.append(_place(member, target, mode, reason))

    def write(self, path: Path, fit: Mapping[str, Any]) -> None:
        """Write as AnnData, beside `path` and then renamed.

        X (rows, n_dims) float32, NaN beyond a task's own dimensions where others have more;
        obs: task, target, mode, seed, variant, row (row number in the dataset's AnnData) and
        n_dims, which `predicted_cells` reads; uns: `failures`, `remarks` and `fit` as JSON.
        """
        import anndata
        import pandas as pd

        width = max((block[-1].shape[1] for block in self.blocks), default=0)
        n_rows = sum(len(block[-1]) for block in self.blocks)
        cells = np.full((n_rows, width), np.nan, dtype=np.float32)
        parts, start = [], 0
        for member, target, mode, rows, values in self.blocks:
            cells[start : start + len(values), : values.shape[1]] = values
            start += len(values)
            parts.append(
                pd.DataFrame(
                    {
                        "task": member.task,
                        "target": target,
                        "mode": mode,
                        "seed": member.seed,
                        "variant": member.variant,
                        "row": rows,
                        "n_dims": values.shape[1],
                    }
                )
            )
        columns = ["task", "target", "mode", "seed", "variant", "row", "n_dims"]
        obs = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
        obs.index = obs.index.astype(str)
        for column in ("task", "target", "mode", "variant"):
            obs[column] = pd.Categorical(obs[column])
        adata = anndata.AnnData(cells, obs=obs.astype({"seed": int, "row": int, "n_dims": int}))
        adata.uns["failures"] = json.dumps(self.failures)
        adata.uns["remarks"] = json.dumps(self.remarks)
        adata.uns["fit"] = json.dumps(dict(fit))
        with sealed(path) as beside:
            adata.write_h5ad(beside, compression="lzf")


def _place(member: Member, target: str, mode: str, reason: str) -> dict[str, Any]:
    known = {"task": member.task, "target": target, "mode": mode, "seed": member.seed}
    return known | {"variant": member.variant, "reason": reason}


def _cells(answer: Predictions, target: str, shape: tuple[int, ...]) -> np.ndarray:
    """The predicted cells of a target. Raises ValueError, with the reason, if they are unusable."""
    if target not in answer:
        raise ValueError(f"no target {target!r} among the predicted {list(answer)}")
    try:
        given = np.asarray(answer[target])
        if np.iscomplexobj(given):
            raise TypeError("complex numbers")
        with np.errstate(over="ignore"):  # said below, as cells that are not finite
            cells = given.astype(np.float32)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"predicted something that is no array of numbers: {error}") from error
    if cells.shape != shape:
        raise ValueError(f"predicted an array of shape {cells.shape}, expected {shape}")
    if bad := int((~np.isfinite(cells)).any(axis=1).sum()):
        raise ValueError(f"{bad} of {len(cells)} predicted cells are not finite")
    return cells
