"""Tasks that are derived from a dataset's cells: read from the file that lists them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from sccbgm.config.dataset import DatasetConfig
from sccbgm.config.errors import ConfigError
from sccbgm.config.sections import DerivedTasks, Pair


def derived_file(results: str | Path, dataset: str) -> Path:
    """Where the list of a dataset's derived tasks is."""
    return Path(results, "derived", f"{dataset}.json")


def with_derived(config: DatasetConfig, results: str | Path) -> DatasetConfig:
    """The dataset with its derived tasks, where they are known; others as they are.

    Raises ConfigError for a file that is no list of tasks.
    """
    path = derived_file(results, config.id)
    if not isinstance(config.tasks, DerivedTasks) or not path.exists():
        return config
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))["tasks"]
        pairs = tuple(Pair.model_validate_json(json.dumps(pair)) for pair in listed)
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path}: no list of tasks ({error}); remove it") from None
    return config.model_copy(update={"tasks": config.tasks.model_copy(update={"held_out": pairs})})


def not_yet_derived(datasets: Iterable[DatasetConfig]) -> list[str]:
    """A line for each dataset whose tasks are not known yet."""
    return [
        f"{config.id}: its tasks are derived from its cells"
        + (f" ({config.expected.tasks:,} expected)" if config.expected.tasks else "")
        + ", and are planned when the workflow has looked at these"
        for config in datasets
        if isinstance(config.tasks, DerivedTasks) and not config.tasks.held_out
    ]
