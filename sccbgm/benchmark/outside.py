"""Predictions that were made elsewhere, scored on the tasks of a run without being a part of it."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sccbgm.benchmark import versions
from sccbgm.benchmark.depends import metrics_for
from sccbgm.benchmark.evaluate import evaluate_shard
from sccbgm.benchmark.plan import Shard, expand
from sccbgm.benchmark.train import ShardFiles, train_shard
from sccbgm.config.method import MethodConfig, MethodEntry
from sccbgm.config.run import Benchmark
from sccbgm.methods import registry
from sccbgm.methods.elsewhere import of_file
from sccbgm.methods.predicted_cells import read_predicted

if TYPE_CHECKING:
    import pandas as pd

FLOOR, PREDICTED = "no_edit", "predicted"
PRESET = "recommended"


def score_file(study: Benchmark, dataset: str, path: Path) -> pd.DataFrame:
    """Tidy rows of the predictions in a file, and of unedited cells, on a study's tasks.

    Clean cells, tasks, components and distances of the dataset are those that the run has made.
    Raises ValueError, naming it, for a file that cannot be read.
    """
    import pandas as pd

    seeds = read_predicted(path).seeds or study.seeds(dataset)[:1]
    asked = _with_methods(study, dataset, path, seeds)
    metrics = metrics_for(asked, dataset)
    with tempfile.TemporaryDirectory() as folder:
        rows = [_score(asked, shard, metrics, Path(folder)) for shard in expand(asked)]
    return pd.concat(rows, ignore_index=True)


def summed_up(rows: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    """The predictions' values of `score_file`, and reason -> the tasks that have no value for it.

    A row a task and target and a column a metric; below them the means, and those of unedited
    cells over the same tasks.
    """
    import pandas as pd

    rows = rows.assign(asked=rows["task"].astype(str) + " -> " + rows["target"].astype(str))
    values = rows.pivot_table(index=["method", "asked"], columns="metric", values="value")
    method = values.index.get_level_values("method")
    order = list(dict.fromkeys(rows["metric"]))
    own, floor = (
        values[method == id].droplevel("method").reindex(columns=order) for id in (PREDICTED, FLOOR)
    )
    beside = floor.reindex(own.index).where(own.notna())
    means = pd.DataFrame({"mean": own.mean(), "mean of unedited cells": beside.mean()}).T
    without = rows[(rows["method"] == PREDICTED) & rows["value"].isna()]
    lost = without.groupby("reason", sort=False)["asked"].unique()
    shown = pd.concat([own, means]).rename_axis(index=None, columns=None)
    return shown, {str(reason): list(asked) for reason, asked in lost.items()}


def _with_methods(study: Benchmark, dataset: str, path: Path, seeds: Sequence[int]) -> Benchmark:
    """The study with the floor and the predictions as its only methods."""
    methods = {
        FLOOR: MethodEntry(registry.get(FLOOR), MethodConfig(), FLOOR),
        PREDICTED: MethodEntry(
            of_file(PREDICTED, path), MethodConfig(predictions=str(path)), str(path)
        ),
    }
    only = {"methods": tuple(methods), "presets": (PRESET,), "seeds": tuple(seeds)}
    config = study.datasets[dataset].model_copy(update={"seeds": None})
    return replace(
        study,
        config=study.config.model_copy(update=only),
        datasets={dataset: config},
        methods=methods,
    )


def _score(study: Benchmark, shard: Shard, metrics: Sequence[str], folder: Path) -> pd.DataFrame:
    tasks = study.results / "tasks" / shard.dataset
    made = folder / shard.path
    files = ShardFiles(
        data=study.results / "data" / f"{shard.dataset}.h5ad",
        tasks=tasks / f"{shard.block}.json",
        pca=tasks / f"{shard.block}_pca.h5ad",
        fit=made / "fit.pt",
        predictions=made / "predictions.h5ad",
        checkpoints=made / "checkpoints",
        code=versions.training(study, shard.method),
    )
    train_shard(study, shard, files, study.config.runtime.threads)
    return evaluate_shard(
        study.datasets[shard.dataset],
        shard,
        metrics,
        {
            "data": files.data,
            "tasks": files.tasks,
            "pca": files.pca,
            "predictions": files.predictions,
        },
        {PRESET: tasks / f"{shard.block}_denominators_{PRESET}.parquet"},
        versions.evaluation(),
        study.config.runtime.threads,
    )
