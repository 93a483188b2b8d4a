"""Seeds as an ensemble: what their spread says of their error, on generated cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sccbgm.io.seals import verified
from sccbgm.metrics.calibration import LEVELS, coverage, spread_and_error
from sccbgm.metrics.samples import Missing
from sccbgm.protocol.predictions import predicted_cells
from sccbgm.protocol.task import COUNTERFACTUAL, TaskData

if TYPE_CHECKING:
    import pandas as pd

COVERAGE, CORRELATION = "coverage", "correlation"
PLACE = ["task", "mode", "variant"]
COLUMNS = [
    *("dataset", "method", "preset", *PLACE),
    *("n_seeds", "quantity", "level", "value", "reason"),
]


def calibrate(
    tasks: Mapping[str, TaskData], predictions: Mapping[tuple[str, str], Sequence[Path]]
) -> pd.DataFrame:
    """A line a method, mode, variant, task and quantity (`COLUMNS`).

    predictions: (method, preset) -> the files of its shards. quantity: "coverage" of the expected
    counterfactual at a `level`, or the "correlation" of spread and error. Raises OSError, naming
    the file, where one is damaged.
    """
    import pandas as pd

    truth = cache(lambda task: _truth(tasks[task]))
    lines = []
    for (method, preset), files in predictions.items():
        for (task, mode, variant), members in _ensembles(files).items():
            place = (tasks[task].task.dataset, method, preset, task, mode, variant, len(members))
            lines += [(*place, *found) for found in _quantities(members, partial(truth, task))]
    return pd.DataFrame(lines, columns=COLUMNS)


def _quantities(
    members: Sequence[np.ndarray], truth: Callable[[], np.ndarray]
) -> Iterator[tuple[str, float, float, str]]:
    """Quantity, level, value, and why there is none."""
    stack = np.stack(members)
    for level in (*LEVELS, np.nan):
        quantity = CORRELATION if np.isnan(level) else COVERAGE
        try:
            if quantity == CORRELATION:
                value = spread_and_error(stack, truth())
            else:
                value = coverage(stack, truth(), level)
            yield quantity, level, value, ""
        except Missing as missing:
            yield quantity, level, np.nan, str(missing)


def _ensembles(files: Sequence[Path]) -> dict[tuple[str, str, str], list[np.ndarray]]:
    """Task, mode and variant -> what each seed predicted, its cells in the order of their rows."""
    import anndata

    found: dict[tuple[str, str, str], dict[int, np.ndarray]] = {}
    for path in files:
        file = anndata.read_h5ad(verified(path))
        obs = file.obs.assign(place=np.arange(file.n_obs)).sort_values("row", kind="stable")
        for (task, mode, variant, seed), part in obs.groupby([*PLACE, "seed"], observed=True):
            cells = predicted_cells(file, part["place"].to_numpy())
            found.setdefault((task, mode, variant), {})[int(seed)] = cells
    return {key: [by_seed[s] for s in sorted(by_seed)] for key, by_seed in found.items()}


def _truth(data: TaskData) -> np.ndarray:
    """(n_intervene, n_dims) expected counterfactuals, the intervened cells in order of rows."""
    if data.truth is None or COUNTERFACTUAL not in data.targets:
        raise Missing("needs the true rates, which only generated cells have")
    expected = data.truth.expected(data.targets[COUNTERFACTUAL].rows)
    return expected[np.argsort(data.intervene.rows, kind="stable")]
