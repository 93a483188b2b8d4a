"""Parts of the configuration that each kind of job depends on: parameters that run it again.

A title, a remark, or the order of metrics is in none of them. What is only printed with a number
joins it when the rows of a run are collected (`collect`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sccbgm.benchmark.plan import Shard, blocks
from sccbgm.config.dataset import DatasetConfig
from sccbgm.config.references import applies
from sccbgm.config.run import Benchmark
from sccbgm.config.sections import DerivedTasks, HeldOutTasks

DERIVING = ("column", "intervene", "each", "types", "conditions", "least")
"""Keys of derived tasks that determine which they are."""


def preprocess_settings(config: DatasetConfig) -> dict[str, Any]:
    """The settings that determine the clean cells besides the file that they come from.

    What is held out takes part only where held-out cells are kept out of the selection of genes.
    """
    sections = {"columns", "subtypes", "preprocess", "concepts", "expected"}
    settings, tasks = config.model_dump(mode="json", include=sections), config.tasks
    settings["denominators"] = tasks.denominators
    if not isinstance(tasks, HeldOutTasks):
        settings["interventions"] = list(config.task_ids)
    elif config.preprocess.selection_on == "train":
        settings["held_out"] = [tasks.everywhere, *sorted(tasks.held_out_labels)]
    return settings


def lookalike_settings(config: DatasetConfig) -> dict[str, Any]:
    """The settings that determine the cells of a look-alike."""
    kept = {"source", "columns", "subtypes", "preprocess", "concepts", "tasks", "expected"}
    settings = config.model_dump(mode="json", include=kept)
    if isinstance(config.tasks, DerivedTasks):
        del settings["tasks"]["held_out"]
    return settings


def derive_settings(config: DatasetConfig) -> dict[str, Any]:
    """The settings that determine which tasks are derived from a file."""
    settings = config.model_dump(mode="json", include={"columns", "tasks", "preprocess"})
    return {
        "columns": settings["columns"],
        "drop": settings["preprocess"]["drop"],
        **{key: settings["tasks"][key] for key in DERIVING},
    }


def sample_settings(config: DatasetConfig) -> dict[str, Any]:
    """The settings that determine which cells of a file are used."""
    kept = {"sample", "columns", "subtypes", "tasks"}
    settings = config.model_dump(mode="json", include=kept)
    return settings | {"drop": config.preprocess.model_dump(mode="json")["drop"]}


def block_settings(benchmark: Benchmark, dataset: str, block: str) -> dict[str, Any]:
    """The settings that determine a block's tasks and principal components besides clean cells."""
    config, ids = benchmark.datasets[dataset], blocks(benchmark, dataset)[block]
    tasks = config.tasks.model_dump(mode="json", exclude={"group", "n_tasks", "denominators"})
    if isinstance(config.tasks, HeldOutTasks):
        pairs = {pair.id: pair for pair in config.tasks.held_out}
        tasks["held_out"] = [pairs[id].model_dump(mode="json", exclude={"group"}) for id in ids]
    return {"ids": list(ids), "tasks": tasks, "n_pcs": config.n_pcs}


def shard_settings(benchmark: Benchmark, shard: Shard) -> dict[str, Any]:
    """The settings behind a shard's predictions, besides its files: hyperparameters by variant."""
    entry = benchmark.methods[shard.method]
    return {
        "seeds": list(shard.seeds),
        "tasks": list(shard.tasks),
        "variants": {v: entry.settings(shard.dataset, shard.preset, v) for v in shard.variants},
    }


def metrics_for(benchmark: Benchmark, dataset: str) -> list[str]:
    """The metrics of the run that a dataset can have, in their order."""
    config = benchmark.datasets[dataset]
    return [name for name in benchmark.config.metrics if applies(name, config)]


def evaluation_settings(config: DatasetConfig, metrics: Sequence[str]) -> dict[str, Any]:
    """The settings that determine the numbers of a shard besides its files."""
    return {"metrics": sorted(metrics), "reference": sorted(target_conditions(config))}


def target_conditions(config: DatasetConfig) -> frozenset[str]:
    """Conditions that some task edits to; their real cells are the reference of subtypes."""
    tasks = config.tasks
    if not isinstance(tasks, HeldOutTasks):
        return frozenset()
    return frozenset(target for pair in tasks.held_out for target in tasks.targets_of(pair))
