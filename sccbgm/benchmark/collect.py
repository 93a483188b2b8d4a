"""The rows of all shards in one table, with what is printed beside them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sccbgm.benchmark.depends import metrics_for
from sccbgm.benchmark.evaluate import CODE
from sccbgm.benchmark.plan import Shard, scored_as
from sccbgm.config.dataset import DatasetConfig
from sccbgm.config.run import Benchmark
from sccbgm.config.sections import HeldOutTasks
from sccbgm.io.seals import verified
from sccbgm.metrics.score import NO_RATIO, with_diagnostics
from sccbgm.metrics.tidy import COLUMNS
from sccbgm.protocol.task import COUNTERFACTUAL

if TYPE_CHECKING:
    import pandas as pd

Versions = Mapping[str, Sequence[str]]
"""Method -> versions of the code that trains it and that computes its numbers (`CODE`)."""

CELLS = ["n_train", "n_intervene", "n_target"]

ORDER = ["_grid", "preset", "_target", "mode", "variant", "seed", "_metric"]
"""Rows are ordered by these; those with an underscore are places in the configuration."""


class Unusable(ValueError):
    """A file of rows that cannot stand in the table."""


def collect(
    benchmark: Benchmark,
    shards: Sequence[Shard],
    versions: Versions,
    lost: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """All tidy rows of a study, in the order of the configuration, however it is cut into shards.

    `group`, `reduced`, `settings` and `shard` are the configuration's. lost: path of a shard -> why
    it has no rows; given, the table holds what is there, and rows without a value, with the reason,
    for those and for what is unusable. Without it, raises Unusable naming every file that cannot
    be read, lacks a column or was made by another version of the code.
    """
    import pandas as pd

    parts, faults = [], []
    places = {grid: i for i, grid in enumerate(dict.fromkeys(map(_grid, shards)))}
    for shard in shards:
        reason = (lost or {}).get(shard.path)
        try:
            if reason is None:
                rows = read_rows(rows_file(benchmark.results, shard), versions[shard.method])
        except Unusable as error:
            faults.append(str(error))
            reason = str(error)
        if reason is not None:
            rows = _without_values(benchmark, shard, reason, versions[shard.method])
        parts.append(_labelled(benchmark, shard, rows).assign(_grid=places[_grid(shard)]))
    if faults and lost is None:
        raise Unusable("\n".join([*faults, "`sccbgm retry` with the same configuration redoes it"]))
    table = pd.concat(parts).sort_values(ORDER, kind="stable", ignore_index=True)
    table = table.drop(columns=[name for name in ORDER if name.startswith("_")])
    # Another shard of the same task knows its cells; where none does, no cells were prepared.
    known = table.groupby(["dataset", "task", "target"], sort=False)[CELLS].transform("max")
    return table.assign(
        **{name: table[name].fillna(known[name]).fillna(0) for name in CELLS}
    ).astype(dict.fromkeys(CELLS, "int64"))


def rows_file(results: Path, shard: Shard) -> Path:
    """Where the rows of a shard are."""
    return results / "metrics" / f"{shard.path}.parquet"


def read_rows(path: Path, versions: Sequence[str]) -> pd.DataFrame:
    """The rows of a shard.

    Raises Unusable where the file is damaged, lacks a column, or is of another version.
    """
    import pandas as pd

    try:
        rows = pd.read_parquet(verified(path))
    except OSError as error:
        raise Unusable(str(error)) from error
    if missing := [name for name in (*COLUMNS, *CODE) if name not in rows]:
        raise Unusable(f"{path}: no column {', '.join(missing)}: made by another version")
    for name, expected in zip(CODE, versions, strict=True):
        if other := sorted({*rows[name]} - {expected}):
            raise Unusable(f"{path}: {name}: found {', '.join(other)}, now {expected}")
    return rows


def collect_settings(benchmark: Benchmark, shards: Sequence[Shard]) -> str:
    """A hash of what the configuration adds to the rows of shards, and of their order."""
    groups = {id: _groups(config) for id, config in benchmark.datasets.items()}
    reduced = [config.reduced for config in benchmark.datasets.values()]
    own = [own_settings(benchmark, shard) for shard in shards]
    content = json.dumps([groups, reduced, own, benchmark.config.metrics])
    return hashlib.blake2b(content.encode(), digest_size=8).hexdigest()


def own_settings(benchmark: Benchmark, shard: Shard) -> str:
    """The hyperparameters that the run sets for all methods, "" if this one has none of them."""
    entry = benchmark.methods[shard.method]
    used = entry.settings(shard.dataset, shard.preset, shard.variants[0])
    other = {name: used[name] for name, value in entry.run_params.items() if used[name] != value}
    common = benchmark.config.params if entry.run_params else {}
    said = (
        _sentence("Own settings, where a method has them", common),
        _sentence(f"For {shard.method}", other),
    )
    return " ".join(filter(None, said))


def _sentence(what: str, settings: Mapping[str, Any]) -> str:
    values = ", ".join(f"{name} {value}" for name, value in settings.items())
    return f"{what}: {values}." if values else ""


def _grid(shard: Shard) -> tuple[str, str, str]:
    """What a shard is a part of."""
    return shard.dataset, shard.preset, shard.method


def _labelled(benchmark: Benchmark, shard: Shard, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows that the study asks for, with what the configuration says and their places in it.

    Another study of the run may have asked for other metrics and presets of the shard too.
    """
    config = benchmark.datasets[shard.dataset]
    targets = [(task, target) for task, found in _targets(config).items() for target in found]
    place = {pair: i for i, pair in enumerate(targets)}
    asked = with_diagnostics(metrics_for(benchmark, shard.dataset))
    presets = scored_as(benchmark, shard.method, shard.preset)
    rows = rows[rows["metric"].isin(asked) & rows["preset"].isin(presets)]
    return rows.assign(
        group=rows["task"].map(_groups(config)),
        reduced=config.reduced,
        settings=own_settings(benchmark, shard),
        shard=shard.path,
        _target=[place[pair] for pair in zip(rows["task"], rows["target"], strict=True)],
        _metric=rows["metric"].map({id: i for i, id in enumerate(asked)}),
    )


def _without_values(
    benchmark: Benchmark, shard: Shard, reason: str, versions: Sequence[str]
) -> pd.DataFrame:
    """The rows that a shard would have, without values."""
    import pandas as pd

    targets = _targets(benchmark.datasets[shard.dataset])
    rows = [
        {
            "dataset": shard.dataset,
            "task": member.task,
            "target": target,
            "method": shard.method,
            "mode": mode,
            "preset": preset,
            "variant": member.variant,
            "seed": member.seed,
            "metric": metric,
            "value": float("nan"),
            "reason": reason,
            "n_predicted": 0,
            **NO_RATIO,
        }
        for preset in scored_as(benchmark, shard.method, shard.preset)
        for member in shard.members
        for target in targets[member.task]
        for mode in benchmark.methods[shard.method].method.modes
        for metric in with_diagnostics(metrics_for(benchmark, shard.dataset))
    ]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.assign(**dict(zip(CODE, versions, strict=True)))


def _targets(config: DatasetConfig) -> dict[str, tuple[str, ...]]:
    """Task -> its targets, in the order of the dataset file, known without reading a cell."""
    tasks = config.tasks
    if isinstance(tasks, HeldOutTasks):
        return {pair.id: tasks.targets_of(pair) for pair in tasks.held_out}
    return dict.fromkeys(config.task_ids, (COUNTERFACTUAL,))


def _groups(config: DatasetConfig) -> dict[str, str]:
    """Task -> the column of the published tables that it belongs to."""
    tasks = config.tasks
    if isinstance(tasks, HeldOutTasks):
        return {pair.id: pair.group for pair in tasks.held_out}
    return dict.fromkeys(config.task_ids, tasks.group or config.id)
