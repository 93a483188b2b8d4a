"""From predictions to one table of numbers, and to what is said of the run as a whole."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sccbgm.config.dataset import DatasetConfig
from sccbgm.config.references import applies
from sccbgm.config.run import Benchmark
from sccbgm.config.sections import HeldOutTasks

if TYPE_CHECKING:
    import pandas as pd

    from sccbgm.benchmark.plan import Shard
    from sccbgm.metrics import CellLabels


def metrics_for(benchmark: Benchmark, dataset: str) -> list[str]:
    """The metrics of the run that a dataset can have, in their order."""
    config = benchmark.datasets[dataset]
    return [name for name in benchmark.config.metrics if applies(name, config)]


def evaluate_shard(
    benchmark: Benchmark, shard: Shard, files: Mapping[str, Path], threads: int
) -> pd.DataFrame:
    """Tidy rows of a shard's predictions.

    files: data, tasks, pca, denominators, predictions.
    """
    import anndata
    import pandas as pd

    from sccbgm.data.loading import load_tasks
    from sccbgm.metrics import Origin, evaluate_predictions

    config = benchmark.datasets[shard.dataset]
    return evaluate_predictions(
        anndata.read_h5ad(files["predictions"]),
        load_tasks(files["data"], files["tasks"], files["pca"], shard.tasks),
        pd.read_parquet(files["denominators"]),
        metrics_for(benchmark, shard.dataset),
        Origin(shard.method, shard.preset, why_reduced(benchmark, shard)),
        _labels(files["data"], config),
        threads,
    )


def why_reduced(benchmark: Benchmark, shard: Shard) -> str:
    """Why a shard's numbers are no results at the paper's scale, "" if they are."""
    entry = benchmark.methods[shard.method]
    used = entry.settings(shard.dataset, shard.preset, shard.variants[0])
    own = {name: used[name] for name, value in entry.run_params.items() if used[name] != value}
    said = (
        benchmark.datasets[shard.dataset].reduced,
        _sentence("Network and training set for this run", entry.run_params),
        _sentence(f"For {shard.method}", own),
    )
    return " ".join(filter(None, said))


def _sentence(what: str, settings: Mapping[str, Any]) -> str:
    values = ", ".join(f"{name} {value}" for name, value in settings.items())
    return f"{what}: {values}." if values else ""


def _labels(data: Path, config: DatasetConfig) -> CellLabels | None:
    """Subtypes of all cells, and as reference the real cells of the target conditions.

    None where the dataset has no subtypes.
    """
    import anndata

    from sccbgm.metrics import CellLabels

    tasks, obs = config.tasks, anndata.read_h5ad(data, backed="r").obs
    if not isinstance(tasks, HeldOutTasks) or not {"subtype", "condition"} <= set(obs):
        return None
    conditions = {target for pair in tasks.held_out for target in tasks.targets_of(pair)}
    reference = obs["condition"].astype(str).isin(conditions).to_numpy()
    return CellLabels(obs["subtype"].astype(str).to_numpy(), reference)


def collect(parts: Sequence[Path]) -> pd.DataFrame:
    """All tidy rows of a run."""
    import pandas as pd

    return pd.concat([pd.read_parquet(part) for part in parts], ignore_index=True)


def run_status(metrics: Path, predictions: Iterable[Path]) -> dict[str, Any]:
    """How many members ran, which failed and why, and which numbers are missing.

    failed: a row a (file, task, mode, variant, seed) with its reason; missing: numbers without a
    value although the member has predictions.
    """
    import h5py
    import pandas as pd

    failed: list[dict[str, Any]] = []
    n_members, seconds = 0, 0.0
    for path in predictions:
        with h5py.File(path) as file:
            uns = {name: json.loads(file["uns"][name].asstr()[()]) for name in ("failures", "fit")}
        failed += [{"file": str(path), **failure} for failure in uns["failures"]]
        n_members += uns["fit"]["n_members"]
        seconds += uns["fit"]["seconds"]
    table = pd.read_parquet(metrics)
    missing = table[table["value"].isna()]
    columns = ["dataset", "task", "target", "method", "mode", "variant", "seed", "metric", "reason"]
    return {
        "members": n_members,
        "seconds": round(seconds, 1),
        "numbers": len(table),
        "failed": failed,
        "missing": missing[columns].to_dict("records"),
    }


def verdict(status: Mapping[str, Any]) -> str:
    """Empty if no member failed, else what failed, a line a file and reason, and what to do."""
    faults: dict[tuple[str, str], int] = {}
    for failure in status["failed"]:
        key = failure["file"], failure["reason"]
        faults[key] = faults.get(key, 0) + 1
    if not faults:
        return ""
    lines = [f"{file}: {n} failed: {reason}" for (file, reason), n in faults.items()]
    return "\n".join(
        [
            f"{len(status['failed'])} predictions of {len({f for f, _ in faults})} jobs failed; "
            "their cells in the tables are empty. Everything else is done.",
            *lines,
            "To try again, remove these files and run the same command.",
        ]
    )
