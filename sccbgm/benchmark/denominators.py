"""The distances that ratios are formed with, of a block of tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from sccbgm.io.seals import sealed
from sccbgm.protocol.method import Preset
from sccbgm.protocol.task import TaskData


def write_denominators(
    tasks: Mapping[str, TaskData], metric_ids: Sequence[str], files: Mapping[Preset, str | Path]
) -> None:
    """A table of `sccbgm.metrics.denominators` a preset, its tasks one after the other."""
    import pandas as pd

    from sccbgm.metrics import denominators_by_preset

    found = [denominators_by_preset(data, metric_ids, list(files)) for data in tasks.values()]
    for preset, file in files.items():
        with sealed(file) as path:
            pd.concat([by_preset[preset] for by_preset in found]).to_parquet(path, index=False)
