"""From the predictions of a shard to its tidy rows: one a number."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sccbgm.benchmark.checks import with_checks
from sccbgm.benchmark.depends import target_conditions
from sccbgm.benchmark.plan import Shard
from sccbgm.config.dataset import DatasetConfig
from sccbgm.io.seals import verified
from sccbgm.metrics.registry import METRICS

if TYPE_CHECKING:
    import pandas as pd

    from sccbgm.metrics import CellLabels, Denominators

CODE = ("code_train", "code_eval")
"""Columns of the tidy table: versions of the code that made the predictions and the number."""

NOT_ASKED = "the method answers about its own cells and edits alone"


def evaluate_shard(
    config: DatasetConfig,
    shard: Shard,
    metrics: Sequence[str],
    files: Mapping[str, Path],
    denominators: Mapping[str, Path],
    code: str,
    threads: int,
) -> pd.DataFrame:
    """Tidy rows of a shard's predictions, by task, and what is printed with them left empty.

    config: of the shard's dataset. metrics: ids, all of which the dataset can have.
    files: data, tasks, pca, predictions, and checks of a shard that has them. denominators: a file
    a preset whose rules of evaluation score the shard (`scored_as`); each gives rows of its own.
    code: version of the code that computes the numbers. Raises OSError, naming the file and what
    to do, where a file is damaged.
    """
    import anndata
    import pandas as pd

    from sccbgm.data.loading import load_tasks
    from sccbgm.metrics import Origin, evaluate_predictions

    predictions = anndata.read_h5ad(verified(files["predictions"]))
    tasks = load_tasks(files["data"], files["tasks"], files["pca"], shard.tasks)
    labels = _labels(files["data"], config)
    asked = [id for id in metrics if METRICS[id].asked]
    metrics = [id for id in metrics if id not in asked]
    scored: list[tuple[Denominators, pd.DataFrame]] = []
    for preset, path in denominators.items():
        known = read_denominators(path)
        # Most rules choose the same populations: what was scored once is not scored again.
        same = next((rows for other, rows in scored if other == known), None)
        if same is None:
            origin = Origin(shard.method, preset)
            rows = evaluate_predictions(predictions, tasks, known, metrics, origin, labels, threads)
        else:
            rows = same.assign(preset=preset)
        scored.append((known, rows))
    rows = pd.concat([rows for _, rows in scored], ignore_index=True)
    if asked:
        checks = pd.read_parquet(verified(files["checks"])) if "checks" in files else None
        rows = with_checks(rows, checks, asked, NOT_ASKED)
    rows = with_remarks(rows, json.loads(predictions.uns["remarks"]))
    versions = (json.loads(predictions.uns["fit"])["code"], code)
    return rows.assign(**dict(zip(CODE, versions, strict=True)))


def read_denominators(path: Path) -> Denominators:
    """Distances to the populations of training cells. Raises OSError where the file is damaged."""
    import pandas as pd

    from sccbgm.metrics import Denominators

    return Denominators(pd.read_parquet(verified(path)))


def ceilings_of_block(
    config: DatasetConfig, files: Mapping[str, Path], metrics: Sequence[str]
) -> pd.DataFrame:
    """What real cells score as predictions of every task of a block (`sccbgm.metrics.ceiling`).

    files: data, tasks, pca, denominators.
    """
    import pandas as pd

    from sccbgm.data.loading import load_tasks
    from sccbgm.metrics.ceiling import ceilings

    tasks = load_tasks(files["data"], files["tasks"], files["pca"])
    known = read_denominators(files["denominators"])
    labels = _labels(files["data"], config)
    found = [ceilings(data, known, metrics, labels) for data in tasks.values()]
    return pd.concat(found, ignore_index=True)


def with_remarks(rows: pd.DataFrame, remarks: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows whose reason is also what the method said of the prediction, where there is a value."""
    reasons = rows["reason"].copy()
    for remark in remarks:
        its = rows["value"].notna()
        for column in ("task", "target", "mode", "seed", "variant"):
            its &= rows[column] == remark[column]
        before = reasons[its]
        reasons[its] = before.where(before == "", before + "; ") + remark["reason"]
    return rows.assign(reason=reasons)


def _labels(data: Path, config: DatasetConfig) -> CellLabels | None:
    """Subtypes of all cells, and as reference the real cells of the target conditions.

    None where the dataset has no subtypes.
    """
    import anndata

    from sccbgm.metrics import CellLabels

    obs = anndata.read_h5ad(data, backed="r").obs
    conditions = target_conditions(config)
    if not conditions or not {"subtype", "condition"} <= set(obs):
        return None
    reference = obs["condition"].astype(str).isin(conditions).to_numpy()
    return CellLabels(obs["subtype"].astype(str).to_numpy(), reference)
