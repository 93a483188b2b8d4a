"""Fit, predict, score: tidy rows of one experiment, and their summary."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sccbgm.config.norman import METHOD, NormanConfig
from sccbgm.methods import registry
from sccbgm.metrics import perturbation
from sccbgm.norman.baselines import Baseline, Singles, baselines
from sccbgm.norman.prepare import double_task
from sccbgm.protocol.keys import generator
from sccbgm.protocol.member import Member
from sccbgm.protocol.method import Failure, Job, Predictions, Runtime
from sccbgm.protocol.task import Target, TaskData

if TYPE_CHECKING:
    from anndata import AnnData

logger = logging.getLogger(__name__)


Predict = Callable[[np.ndarray, Target], np.ndarray]
"""(row numbers among the intervened cells, target) -> predicted cells."""


@dataclass(frozen=True)
class RealCells:
    """The reference for predictions of a target: `Perturbed` without the predicted cells."""

    target: Target
    cells: np.ndarray
    control: np.ndarray
    markers: np.ndarray
    non_additivity: float


def real_cells(data: TaskData) -> list[RealCells]:
    """The targets of a task; non_additivity is || mean - (control + sum of single shifts) ||."""
    singles = Singles.of(data, data.train.x)
    controls = data.train.x[data.train_groups == "control"]
    found = []
    for target in data.task.targets:
        real = data.targets[target.id].x
        rest = real.mean(0) - singles.control - singles.shift(target)
        markers = perturbation.marker_genes(real, controls)
        found.append(RealCells(target, real, singles.control, markers, float(np.linalg.norm(rest))))
    return found


def experiment(adata: AnnData, config: NormanConfig, runtime: Runtime) -> pd.DataFrame:
    """Tidy rows of the baselines and of every run: one a method, mode, seed, target and metric."""
    data = double_task(adata, config)
    parts = [baseline_rows(data, config)]
    parts += [model_rows(data, config, name, runtime) for name in config.runs]
    return pd.concat(parts, ignore_index=True)


def baseline_rows(data: TaskData, config: NormanConfig) -> pd.DataFrame:
    """Scores of the baselines; a seed draws the control cells."""
    known, parts = real_cells(data), []
    for name, baseline in baselines(data).items():

        def predict(drawn: np.ndarray, target: Target, baseline: Baseline = baseline) -> np.ndarray:
            return baseline(data.intervene.x[drawn], target)

        for seed in config.seeds:
            scores = _scores(known, predict, len(data.intervene), config.id, seed)
            parts.append(scores.assign(method=name, mode=""))
    return _table(parts, config)


def model_rows(data: TaskData, config: NormanConfig, name: str, runtime: Runtime) -> pd.DataFrame:
    """Scores of one of the config's runs, all its seeds trained together, in every mode.

    Raises RuntimeError if a seed has no prediction.
    """
    run, method = config.runs[name], registry.get(METHOD)
    params = method.params(run.preset, **run.params)
    members = [
        Member(config.id, data.task.id, METHOD, seed, name, run.preset) for seed in config.seeds
    ]
    fit = method.fit([Job(member, data, params) for member in members], runtime)
    known, parts = real_cells(data), []
    for mode in method.modes:
        for member, cells in zip(members, fit.predict(mode), strict=True):
            if isinstance(cells, Failure):
                raise RuntimeError(f"{member}: {cells.reason}")

            def predict(drawn: np.ndarray, target: Target, p: Predictions = cells) -> np.ndarray:
                return p[target.id][drawn]

            scores = _scores(known, predict, len(data.intervene), config.id, member.seed)
            parts.append(scores.assign(method=f"{METHOD}_{name}", mode=mode))
        logger.info("%s, %s: scored %d seeds", name, mode, len(members))
    return _table(parts, config)


def _scores(
    known: Sequence[RealCells], predict: Predict, n_controls: int, dataset: str, seed: int
) -> pd.DataFrame:
    """A row a target and metric, from as many control cells as the target has real ones."""
    rows = []
    for real in known:
        n = len(real.cells)
        rng = generator("controls of a target", dataset, real.target.id, seed)
        drawn = rng.choice(n_controls, n, replace=n > n_controls)
        problem = perturbation.Perturbed(
            predict(drawn, real.target), real.cells, real.control, real.markers
        )
        for metric, value in perturbation.evaluate(problem).items():
            rows.append((real.target.id, real.target.group, n, real.non_additivity, metric, value))
    columns = ["target", "group", "n_target", "non_additivity", "metric", "value"]
    return pd.DataFrame(rows, columns=columns).assign(seed=seed)


def _table(parts: list[pd.DataFrame], config: NormanConfig) -> pd.DataFrame:
    table = pd.concat(parts, ignore_index=True).assign(dataset=config.id, reduced=config.reduced)
    missing = table["value"].isna()
    return table.assign(reason=np.where(missing, "the predicted mean is the control mean", ""))


def summary(table: pd.DataFrame, config: NormanConfig) -> pd.DataFrame:
    """Mean over targets, then mean and standard deviation over seeds.

    Subsets: "single" and "double" targets; "largest", the `largest` doubles with most cells;
    "non_additive", the quarter of the doubles (at least one) furthest from additivity.
    """
    keys = ["dataset", "method", "mode", "metric"]
    parts = []
    for subset, targets in _subsets(table, config).items():
        some = table[table["target"].isin(targets)]
        by_seed = some.groupby([*keys, "seed"], sort=False)["value"].mean()
        part = by_seed.groupby(keys, sort=False).agg(["mean", "std", "count"]).reset_index()
        parts.append(part.assign(subset=subset, n_targets=len(targets)))
    summary = pd.concat(parts, ignore_index=True).rename(columns={"count": "n_seeds"})
    return summary.assign(reduced=config.reduced)


def _subsets(table: pd.DataFrame, config: NormanConfig) -> dict[str, list[str]]:
    targets = table.drop_duplicates("target").set_index("target")
    groups = {str(group): list(part.index) for group, part in targets.groupby("group")}
    doubles = targets[targets["group"] == "double"]
    if config.largest is not None:
        groups["largest"] = list(doubles["n_target"].nlargest(config.largest).index)
    furthest = doubles["non_additivity"].nlargest(max(1, len(doubles) // 4))
    return groups | {"non_additive": list(furthest.index)}
