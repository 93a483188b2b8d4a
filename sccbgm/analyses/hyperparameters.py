"""Tables 6 to 8: the hyperparameters that run on a dataset, by their names in the paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sccbgm.benchmark.plan import presets
from sccbgm.config.run import Benchmark

if TYPE_CHECKING:
    import pandas as pd

NAMES: dict[str, str] = {
    "epochs": "epochs",
    "lr": "lr",
    "z_dim": "latent_dim",
    "beta": "beta",
    "concepts_hp": "lambda_concept",
    "lambda_orth": "lambda_orthogonality",
    "hidden_dim": "hidden_dim",
    "n_layers": "n_layers",
    "batch_size": "batch_size",
}
"""Column of the published tables -> field of our methods."""
COLUMNS = ["dataset", "method", "title", "preset", "variant", "metric", "value", "reduced"]
OF_FIRST_STAGE = {"z_dim", "beta", "concepts_hp", "lambda_orth"}
"""Columns that the published line of a two-stage method takes from its first stage."""


def hyperparameters(benchmark: Benchmark, dataset: str) -> pd.DataFrame:
    """A row a method, preset, variant and published column: the value, "" where it has none.

    Columns: dataset, method, preset, variant, metric (the column's name), value (text), field (our
    name), seeds and modes as lists joined with ";", reduced. Methods are those of the run that have
    hyperparameters. Source: paper, Tables 6 to 8.
    """
    import pandas as pd

    return pd.DataFrame(settings_in_use(benchmark, dataset), columns=COLUMNS)


def settings_in_use(benchmark: Benchmark, dataset: str) -> list[dict[str, Any]]:
    """The rows of `hyperparameters`."""
    rows: list[dict[str, Any]] = []
    config = benchmark.datasets[dataset]
    for method_id in benchmark.config.methods:
        entry = benchmark.methods[method_id]
        if not entry.fields:
            continue
        for preset in presets(benchmark, method_id):
            for variant in entry.variants:
                values = _values(benchmark, dataset, method_id, preset, variant)
                for column, value in values.items():
                    rows.append(
                        {
                            "dataset": dataset,
                            "method": method_id,
                            "title": entry.method.title,
                            "preset": preset,
                            "variant": variant,
                            "metric": column,
                            "value": value,
                            "reduced": config.reduced,
                        }
                    )
    return rows


def _values(
    benchmark: Benchmark, dataset: str, method_id: str, preset: str, variant: str
) -> dict[str, str]:
    entry = benchmark.methods[method_id]
    used = entry.settings(dataset, preset, variant)
    stage1 = entry.method.builds_on
    first: dict[str, Any] = {}
    if stage1 is not None:
        of_first = benchmark.methods[stage1]
        own = variant if variant in of_first.variants else "default"
        first = of_first.settings(dataset, preset, own)
    values = {"seeds": ";".join(map(str, benchmark.seeds(dataset)))}
    for column, name in NAMES.items():
        source = used if name in used or column not in OF_FIRST_STAGE else first
        values[column] = _text(source.get(name))
    values["modes"] = ";".join(entry.method.modes) if len(entry.method.modes) > 1 else ""
    return values


def _text(value: Any) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
