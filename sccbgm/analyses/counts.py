"""Tables 4, 5 and 9: how many cells there are of what, and which of them are edited to what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sccbgm.analyses.study import Result, Study, tidy
from sccbgm.data.tasks import derive_tasks, split

if TYPE_CHECKING:
    from anndata import AnnData


def counts(cells: AnnData, study: Study) -> Result:
    """A row a subtype (or broad type, where there are none) and condition: cells kept.

    Columns: group, broad_group, condition, metric "n_cells", value, n_cells. A population without
    a cell is a row with 0. Source: paper, Tables 4 and 5 (one table under two numbers).
    """
    obs = cells.obs
    kind = "subtype" if "subtype" in obs else "broad"
    broad_of = dict(zip(obs[kind].astype(str), obs["broad"].astype(str), strict=True))
    table = obs.groupby([kind, "condition"], observed=False).size()
    rows = [
        {
            "group": str(group),
            "broad_group": broad_of[str(group)],
            "condition": str(condition),
            "metric": "n_cells",
            "value": float(n),
            "n_cells": int(n),
        }
        for (group, condition), n in table.items()
    ]
    return Result(tidy(rows, study))


def tasks(cells: AnnData, study: Study) -> Result:
    """A row a task and target of the benchmark: the cells edited and those that they should become.

    Columns: task, group, reference_state, target_state, edits ("stim = 1"), n_intervene, n_target,
    n_train, and metric "n_tasks" with value 1, whose sum over a group is the published number.
    Source: paper, Table 9.
    """
    rows: list[dict[str, Any]] = []
    for task in derive_tasks(cells, study.dataset):
        parts = split(cells.obs, task)
        for target in task.targets:
            at = parts.targets[target.id]
            rows.append(
                {
                    "task": task.id,
                    "group": target.group,
                    "reference_state": _state(cells, parts.intervene),
                    "target_state": _state(cells, at),
                    "edits": "; ".join(f"{k} = {v:.4g}" for k, v in target.edits.items()),
                    "n_intervene": len(parts.intervene),
                    "n_target": len(at),
                    "n_train": len(parts.train),
                    "metric": "n_tasks",
                    "value": 1.0,
                    "n_cells": len(parts.intervene) + len(at),
                }
            )
    return Result(tidy(rows, study))


def _state(cells: AnnData, rows: np.ndarray) -> str:
    """The condition of these cells."""
    return ", ".join(sorted(cells.obs["condition"].iloc[rows].astype(str).unique()))
