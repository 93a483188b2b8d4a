"""One number of a run, computed again from its row: trained, predicted and scored elsewhere."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sccbgm.benchmark import versions
from sccbgm.benchmark.check_job import CheckFiles, check_shard
from sccbgm.benchmark.evaluate import CODE, evaluate_shard
from sccbgm.benchmark.plan import Shard
from sccbgm.benchmark.studies import Run
from sccbgm.benchmark.train import ShardFiles, train_shard
from sccbgm.config.errors import ConfigError, accepted
from sccbgm.config.run import Benchmark
from sccbgm.io.seals import sealed, verified
from sccbgm.metrics.registry import METRICS
from sccbgm.protocol.rows import NAME

if TYPE_CHECKING:
    import pandas as pd

TOLERANCE = 1e-3
"""Relative difference up to which a number counts as equal: a member that is trained alone sums
its products in another order than in its stack, and training amplifies the last digit."""


@dataclass(frozen=True)
class Reproduced:
    """A number that was written and the same computed again, NaN where there is none.

    remarks: what of the code or of the reason differs from what the row was made with.
    """

    name: str
    written: float
    found: float
    remarks: tuple[str, ...] = ()

    @property
    def difference(self) -> float:
        """Relative to the larger of both, 0 where neither has a value, infinite where one has."""
        values = self.written, self.found
        if any(map(math.isnan, values)):
            return 0.0 if all(map(math.isnan, values)) else math.inf
        largest = max(map(abs, values))
        return abs(self.written - self.found) / largest if largest else 0.0

    @property
    def equal(self) -> bool:
        """Whether the number is the same, up to `TOLERANCE`."""
        return self.difference <= TOLERANCE


def reproduce(run: Run, name: str, threads: int = 1) -> Reproduced:
    """Compute a number of a run again, from its prepared cells, in a temporary folder.

    name: see `sccbgm.protocol.rows`. Its member alone is trained,
    with the first stage where it has one, and its one number computed. Raises ConfigError for a
    row that there is not, OSError naming a file that is missing or damaged.
    """
    study, row = find_row(run, name)
    shard = run.scored[study.study][row["shard"]]
    one = _alone(shard, str(row["task"]), int(row["seed"]), str(row["variant"]))
    with tempfile.TemporaryDirectory(prefix="sccbgm-") as folder:
        found = _compute(run, study, one, row, Path(folder), threads)
    same = (found["target"] == row["target"]) & (found["mode"] == row["mode"])
    again = found[same & (found["metric"] == row["metric"])].iloc[0]
    return Reproduced(
        name, float(row["value"]), float(again["value"]), tuple(_remarks(study, row, again))
    )


def find_row(run: Run, name: str) -> tuple[Benchmark, pd.Series]:
    """The study and the tidy row of that name. Raises ConfigError, naming what there is."""
    import pandas as pd

    id, given, rest = name.rpartition(":") if "" not in run.studies else ("", "", name)
    if id not in run.studies:
        known = [f"{study}:" for study in run.studies]
        raise ConfigError(f"{name}: {accepted(id + given, known, 'study')}")
    rows = pd.read_parquet(verified(run.rows_file(id)))
    parts = rest.split("/")
    for column, part in zip(NAME, parts, strict=False):
        there = rows[column].astype(str)
        if part not in set(there):
            raise ConfigError(f"{name}: {accepted(part, sorted(set(there)), column)}")
        rows = rows[there == part]
    if len(parts) != len(NAME):
        raise ConfigError(f"{name}: found {len(parts)} parts, expected {'/'.join(NAME)}")
    return run.studies[id], rows.iloc[0]


def _alone(shard: Shard, task: str, seed: int, variant: str) -> Shard:
    """The shard with one member, and its first stage with the one that it continues from."""
    first = shard.stage1
    if first is not None:
        first = _alone(first, task, seed, variant if variant in first.variants else "default")
    return replace(shard, tasks=(task,), seeds=(seed,), variants=(variant,), stage1=first)


def _compute(
    run: Run, study: Benchmark, one: Shard, row: pd.Series, folder: Path, threads: int
) -> pd.DataFrame:
    """Tidy rows of one member's predictions by the row's metric."""
    data = run.results / "data" / f"{one.dataset}.h5ad"
    block = run.results / "tasks" / one.dataset / one.block
    tasks, pca = Path(f"{block}.json"), Path(f"{block}_pca.h5ad")
    stages = [stage for stage in (one.stage1, one) if stage is not None]
    weights: Path | None = None
    for number, stage in enumerate(stages):
        place = folder / str(number)
        stage1, weights = weights, place / "fit.pt"
        files = ShardFiles(
            data=data,
            tasks=tasks,
            pca=pca,
            stage1=stage1,
            fit=weights,
            predictions=place / "predictions.h5ad",
            checkpoints=place / "checkpoints",
            code=versions.training(study, stage.method),
        )
        train_shard(study, stage, files, threads)
    metric = str(row["metric"])
    read = {"data": data, "tasks": tasks, "pca": pca, "predictions": files.predictions}
    if METRICS[metric].asked and study.methods[one.method].method.edits_any:
        read["checks"] = folder / "checks.parquet"
        asked = CheckFiles(data, tasks, pca, files.fit, files.stage1)
        with sealed(read["checks"]) as path:
            check_shard(study, one, asked, [metric], threads).to_parquet(path, index=False)
    denominators = {str(row["preset"]): Path(f"{block}_denominators_{row['preset']}.parquet")}
    config, code = study.datasets[one.dataset], versions.evaluation()
    return evaluate_shard(config, one, [metric], read, denominators, code, threads)


def _remarks(study: Benchmark, row: pd.Series, again: pd.Series) -> Iterator[str]:
    now = versions.training(study, str(row["method"])), versions.evaluation()
    what = ("code that trains", "code that scores")
    for name, said, version in zip(CODE, what, now, strict=True):
        if row[name] != version:
            yield f"the {said} is another: {row[name]} then, {version} now"
    if row["reason"] != again["reason"]:
        yield f"said of it then: {row['reason'] or 'nothing'}; now: {again['reason'] or 'nothing'}"
