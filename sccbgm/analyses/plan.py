"""Settings behind the result of an analysis, besides cells. Read at parse time: no pandas here."""

from __future__ import annotations

from typing import Any

from sccbgm.analyses.hyperparameters import settings_in_use
from sccbgm.config.analyses import ANALYSES
from sccbgm.config.run import Benchmark

PRESET = "recommended"
"""Of everything that an analysis trains."""


def settings(benchmark: Benchmark, name: str, dataset: str) -> dict[str, Any]:
    """The settings that determine the result besides the cells, as plain values."""
    if ANALYSES[name].reads == "settings":
        return {"rows": settings_in_use(benchmark, dataset)}
    return {
        "dataset": benchmark.datasets[dataset].model_dump(
            mode="json", exclude={"title", "citation"}
        ),
        "seeds": list(benchmark.seeds(dataset)),
        "methods": {
            id: benchmark.methods[id].settings(dataset, PRESET) for id in ANALYSES[name].methods
        },
    }
