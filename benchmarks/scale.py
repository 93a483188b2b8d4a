"""Seconds and gigabytes of every stage that runs on a CPU, at parts of the real datasets' sizes.

Beside the peak stands what the workflow asks for.

    python -m benchmarks.scale --datasets kang --shares 0.25 0.5 1 --folder scale_files \
        --out benchmarks/results/scale-NAME.json

Cells are look-alikes of the datasets, kept in `--folder`. Each stage does what its jobs of the
workflow do, each in a process of its own; the peak is that of the largest. Cui's tasks are the
first of its grid of 17 cell types and 87 conditions, 1,479 in all.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import yaml

from benchmarks.machine import describe
from sccbgm.benchmark import needs
from sccbgm.benchmark.plan import Shard, blocks, expand
from sccbgm.config.dataset import DatasetConfig, load_dataset_config
from sccbgm.config.places import REPOSITORY
from sccbgm.config.run import Benchmark, load_config
from sccbgm.io.seals import sealed

N_CELLS = {"kang": 24_054, "cui": 110_378, "nault": 131_613}
N_GENES = {"kang": 8000, "cui": 8000, "nault": 3000}
"""Genes of the drawn files, of which 3,000 are kept."""
N_TYPES, N_TARGETS = 17, 87
Stage = Callable[..., None]
METHODS = ("no_edit", "mean_shift", "closest_group")
METRICS = ["rmmd", "rfid", "rsd", "subtype_accuracy"]


class Place:
    """The files of a dataset at one size and with some number of tasks."""

    def __init__(self, folder: Path, dataset: str, share: float, n_tasks: int) -> None:
        self.dataset, self.share, self.n_tasks = dataset, share, n_tasks
        self.folder = folder / f"{dataset}_{share:g}"
        self.raw, self.data = self.folder / "raw.h5ad", self.folder / "data.h5ad"
        self.of_tasks = self.folder / f"tasks_{n_tasks}"
        self.of_tasks.mkdir(parents=True, exist_ok=True)

    def dataset_file(self, n_tasks: int, source: dict[str, Any]) -> Path:
        """A dataset file on top of the shipped one, with the first tasks of the grid."""
        own: dict[str, Any] = {"id": "measured", "base": self.dataset, "source": source}
        own["expected"] = {"cells": self.n_cells, "genes": N_GENES[self.dataset]}
        if self.dataset == "cui":
            own["tasks"] = {"held_out": grid()[:n_tasks]}
        path = self.of_tasks / "datasets/measured.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(own), encoding="utf-8")
        return path

    @property
    def n_cells(self) -> int:
        """Cells of the drawn file."""
        return round(self.share * N_CELLS[self.dataset])

    @property
    def benchmark(self) -> Benchmark:
        """A run of the controls on these cells."""
        self.dataset_file(self.n_tasks, {"kind": "file", "path": str(self.raw)})
        run = {
            "folders": [str(self.of_tasks)],
            "results": str(self.of_tasks),
            "datasets": ["measured"],
            "methods": list(METHODS),
            "seeds": [13],
            "shard": {"tasks": 10_000},
            "runtime": {"device": "cpu", "threads": 1},
            "metrics": METRICS,
        }
        return load_config(run)

    def file(self, name: str) -> Path:
        """A file of the tasks."""
        return self.of_tasks / name


def shipped(dataset: str) -> DatasetConfig:
    """The dataset file of the repository."""
    return load_dataset_config(REPOSITORY / "config/datasets" / f"{dataset}.yaml")


def grid() -> list[dict[str, Any]]:
    """Cui's pairs of cell type and condition, types changing fastest."""
    groups = shipped("cui").columns.broad.groups or {}  # type: ignore[union-attr]
    types = [name for group in groups.values() for name in group][:N_TYPES]
    return [
        {"id": f"task{i}", "type": types[i % N_TYPES], "targets": [f"c{i // N_TYPES}"], "group": ""}
        for i in range(N_TYPES * N_TARGETS)
    ]


def draw(place: Place) -> None:
    """The file of cells."""
    from sccbgm.config.lookalike import as_lookalike
    from sccbgm.data.lookalike import make_lookalike

    if place.raw.exists():
        return
    source = {"kind": "lookalike", "n_cells": place.n_cells, "n_genes": N_GENES[place.dataset]}
    # The groups of a task have 30 cells or more, so fewer cells have fewer of Cui's tasks.
    path = place.dataset_file(round(place.share * N_TYPES * N_TARGETS), source)
    config = as_lookalike(load_dataset_config(path, [REPOSITORY / "config"]), str(path))
    make_lookalike(config).write_h5ad(place.raw)


def preprocess(place: Place) -> None:
    """As workflow_scripts/preprocess.py."""
    import anndata

    from sccbgm.data.preprocess import preprocess as clean

    cells = anndata.read_h5ad(place.raw)
    with sealed(place.data) as path:
        clean(cells, place.benchmark.datasets["measured"]).write_h5ad(path, compression="lzf")


def tasks(place: Place) -> None:
    """As workflow_scripts/tasks.py."""
    import anndata

    from sccbgm.data.pca import fit_bases
    from sccbgm.data.tasks import derive_tasks, write_tasks

    benchmark = place.benchmark
    config, (ids,) = benchmark.datasets["measured"], blocks(benchmark, "measured").values()
    cells = anndata.read_h5ad(place.data)
    derived = derive_tasks(cells, config, ids)
    write_tasks(place.file("tasks.json"), derived)
    with sealed(place.file("pca.h5ad")) as path:
        fit_bases(cells, derived, config.n_pcs).write_h5ad(path)


def denominators(place: Place) -> None:
    """As workflow_scripts/denominators.py."""
    from sccbgm.benchmark.denominators import write_denominators
    from sccbgm.data.loading import load_tasks

    found = load_tasks(place.data, place.file("tasks.json"), place.file("pca.h5ad"))
    ratios = [metric for metric in METRICS if metric.startswith("r")]
    presets = ("recommended", "reference")
    files = {preset: place.file(f"denominators_{preset}.parquet") for preset in presets}
    write_denominators(found, ratios, files)


def predict(place: Place, shard: Shard) -> None:
    """As workflow_scripts/train.py, of a control."""
    from sccbgm.benchmark.train import ShardFiles, train_shard

    files = ShardFiles(
        data=place.data,
        tasks=place.file("tasks.json"),
        pca=place.file("pca.h5ad"),
        fit=place.file(f"{shard.method}.pt"),
        predictions=place.file(f"{shard.method}.h5ad"),
        checkpoints=place.file(f"{shard.method}.checkpoints"),
        code="",
    )
    train_shard(place.benchmark, shard, files, 1)


def evaluate(place: Place, shard: Shard) -> None:
    """As workflow_scripts/evaluate.py."""
    from sccbgm.benchmark.evaluate import evaluate_shard

    files = {
        "data": place.data,
        "tasks": place.file("tasks.json"),
        "pca": place.file("pca.h5ad"),
        "predictions": place.file(f"{shard.method}.h5ad"),
    }
    known = {"recommended": place.file("denominators_recommended.parquet")}
    config = place.benchmark.datasets["measured"]
    rows = evaluate_shard(config, shard, METRICS, files, known, "", 1)
    rows.to_parquet(place.file(f"{shard.method}.parquet"))


STAGES = (draw, preprocess, tasks, denominators, predict, evaluate)
ASKED = {
    preprocess: needs.preprocessing,
    tasks: needs.components,
    denominators: needs.distances,
}


def jobs(stage: Stage, place: Place) -> list[tuple[Any, ...]]:
    """What each job of a stage is called with: one of the dataset, or one a shard."""
    if stage in (predict, evaluate):
        return [(place, shard) for shard in expand(place.benchmark)]
    return [(place,)]


def asked_mb(stage: Stage, benchmark: Benchmark, dataset: str) -> int:
    """The memory that the workflow asks for, the most of a stage's jobs; 0 for what is no job."""
    if stage is predict:
        return max(needs.training(benchmark, shard, gpu=False) for shard in expand(benchmark))
    if stage is evaluate:
        return max(needs.evaluation(benchmark, shard) for shard in expand(benchmark))
    return ASKED[stage](benchmark.datasets[dataset]) if stage in ASKED else 0


def measure(stage: Stage, place: Place) -> dict[str, Any]:
    """Seconds of the stage's jobs together, and of the largest its peak and what it asks for."""
    found = []
    for arguments in jobs(stage, place):
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            found.append(pool.apply(timed, (stage, *arguments)))
    return {
        "stage": stage.__name__,
        "seconds": round(sum(seconds for seconds, _, _ in found), 2),
        "cpu_seconds": round(sum(seconds for _, seconds, _ in found), 2),
        "peak_gb": round(max(peak for _, _, peak in found), 2),
        "asked_gb": round(asked_mb(stage, place.benchmark, "measured") / 1024, 2),
    }


def timed(stage: Stage, *arguments: Any) -> tuple[float, float, float]:
    """Seconds, processor seconds and peak GB of a job in this process."""
    begun, cpu = time.perf_counter(), time.process_time()
    stage(*arguments)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return time.perf_counter() - begun, time.process_time() - cpu, peak


def main() -> None:
    """Parse the command line, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--datasets", nargs="+", choices=N_CELLS, default=list(N_CELLS))
    parser.add_argument("--shares", nargs="+", type=float, default=[0.25, 0.5, 1])
    parser.add_argument("--tasks", nargs="+", type=int, default=[8], help="of Cui's grid")
    parser.add_argument("--stages", nargs="+", choices=[stage.__name__ for stage in STAGES])
    parser.add_argument("--folder", type=Path, required=True, help="where the files are kept")
    parser.add_argument("--out", type=Path, required=True, help="JSON file, added to")
    arguments = parser.parse_args()
    wanted = [stage for stage in STAGES if stage.__name__ in (arguments.stages or [stage.__name__])]
    for dataset in arguments.datasets:
        of_dataset = arguments.tasks if dataset == "cui" else [len(shipped(dataset).task_ids)]
        for share, n_tasks in product(arguments.shares, of_dataset):
            place = Place(arguments.folder, dataset, share, n_tasks)
            known = {"dataset": dataset, "share": share, "tasks": n_tasks}
            for stage in wanted:
                add(arguments.out, known | measure(stage, place))


def add(path: Path, result: dict[str, Any]) -> None:
    """Append a result, with the machine and the command."""
    command = " ".join([f"python -m benchmarks.{Path(sys.argv[0]).stem}", *sys.argv[1:]])
    line = result | {"command": command, "machine": describe(1)}
    sys.stderr.write(json.dumps(result) + "\n")
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    path.write_text(json.dumps([*kept, line], indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
