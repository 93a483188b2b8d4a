"""Of every kind of file that a run writes, a changed one is named by whoever reads it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
import yaml
from engine_toys import trainer
from mutants import spoilt
from workflow_runs import TINY_DATASET, TINY_RUN

from sccbgm.benchmark.collect import Unusable, read_rows
from sccbgm.benchmark.evaluate import evaluate_shard, read_denominators
from sccbgm.benchmark.jobs import load_stage1
from sccbgm.benchmark.plan import expand
from sccbgm.benchmark.status import read_record
from sccbgm.benchmark.train import ShardFiles, train_shard
from sccbgm.config.run import Benchmark, load_config
from sccbgm.data.loading import load_tasks
from sccbgm.data.pca import Bases, fit_bases
from sccbgm.data.preprocess import preprocess
from sccbgm.data.reading import read_cells
from sccbgm.data.sizes import read_warnings
from sccbgm.data.tasks import derive_tasks, read_tasks, write_tasks
from sccbgm.engine import checkpoint
from sccbgm.engine.train import History
from sccbgm.io.seals import sealed
from sccbgm.metrics import denominators
from sccbgm.protocol.method import Runtime
from sccbgm.synthetic import make_dataset
from sccbgm.tables.fits import read_fits

Readers = dict[str, tuple[Path, Callable[[], Any]]]
NAMES = (
    *("raw", "data", "tasks", "pca", "denominators", "fit", "checkpoint", "predictions", "rows"),
)


@pytest.fixture(scope="module")
def readers(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Readers:
    """A file of every kind, of a small run, with what reads it."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "datasets").mkdir()
    (folder / "datasets/tiny.yaml").write_text(yaml.safe_dump(TINY_DATASET))
    run = TINY_RUN | {"methods": ["cvae_fm"], "tables": [], "results": str(folder)}
    benchmark = load_config(run | {"folders": [str(folder), str(root / "config")]})
    path = {name: folder / f"{name}.h5ad" for name in ("raw", "data", "pca", "predictions")}
    path |= {name: folder / f"{name}.parquet" for name in ("denominators", "rows")}
    path |= {name: folder / f"{name}.pt" for name in ("fit", "checkpoint", "second")}
    path["tasks"] = folder / "tasks.json"
    _prepare(benchmark, path)
    [shard] = expand(benchmark)
    assert shard.stage1 is not None
    inputs = {name: path[name] for name in ("data", "tasks", "pca")}
    train_shard(
        benchmark, shard.stage1,
        ShardFiles(**inputs, fit=path["fit"], predictions=path["predictions"],
                   checkpoints=folder / "checkpoints", code="v"), 1,
    )  # fmt: skip
    files = inputs | {"predictions": path["predictions"]}

    def evaluate() -> pd.DataFrame:
        known = {"recommended": path["denominators"]}
        config = benchmark.datasets["tiny"]
        return evaluate_shard(config, shard.stage1, ["mse", "rmmd"], files, known, "w", 1)

    with sealed(path["rows"]) as beside:
        evaluate().to_parquet(beside, index=False)
    tasks = load_tasks(*inputs.values())
    state = trainer([0], [30]).state()
    checkpoint.write(path["checkpoint"], "a", state, History([{"loss": [1.0]}], {0: 3}, 2.0))
    read: dict[str, Callable[[], Any]] = {
        "raw": lambda: read_cells(path["raw"], made=True),
        "data": lambda: read_warnings(path["data"]),
        "tasks": lambda: read_tasks(path["tasks"]),
        "pca": lambda: Bases(path["pca"], ["intervention_0"])["intervention_0"],
        "denominators": lambda: read_denominators(path["denominators"]),
        "fit": lambda: load_stage1(benchmark, shard, path["fit"], tasks, [], Runtime()),
        "checkpoint": lambda: checkpoint.read(path["checkpoint"], "a", torch.device("cpu")),
        "predictions": lambda: read_record(path["predictions"]),
        "rows": lambda: read_rows(path["rows"], ["v", "w"]),
    }
    return {name: (path[name], read[name]) for name in NAMES}


def _prepare(benchmark: Benchmark, path: dict[str, Path]) -> None:
    """Cells, tasks, components and denominators."""
    config = benchmark.datasets["tiny"]
    with sealed(path["raw"]) as beside:
        make_dataset(config.source).write_h5ad(beside)
    clean = preprocess(read_cells(path["raw"], made=True), config)
    tasks = derive_tasks(clean, config)
    write_tasks(path["tasks"], tasks)
    with sealed(path["data"]) as beside:
        clean.write_h5ad(beside, compression="lzf")
    with sealed(path["pca"]) as beside:
        fit_bases(clean, tasks, config.n_pcs).write_h5ad(beside)
    loaded = load_tasks(path["data"], path["tasks"], path["pca"]).values()
    table = pd.concat([denominators(task, ["rmmd"], "recommended") for task in loaded])
    with sealed(path["denominators"]) as beside:
        table.to_parquet(beside, index=False)


@pytest.mark.parametrize("n", [100, pytest.param(2000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", NAMES)
def test_a_changed_file_is_named_and_never_read(readers: Readers, name: str, n: int) -> None:
    path, read = readers[name]
    read_fits([readers["predictions"][0]])
    read()
    good = path.read_bytes()
    try:
        for bad in spoilt(good, n):
            path.write_bytes(bad)
            with pytest.raises((OSError, Unusable), match=f"{path.name}: damaged: "):
                read()
    finally:
        path.write_bytes(good)
    read()


@pytest.mark.parametrize("name", ["data", "tasks", "pca"])
def test_tasks_are_not_made_of_a_changed_file(readers: Readers, name: str) -> None:
    paths = [readers[part][0] for part in ("data", "tasks", "pca")]
    path = readers[name][0]
    good = path.read_bytes()
    path.write_bytes(good[:-30] + b"x" + good[-29:])
    try:
        with pytest.raises(OSError, match=f"{path.name}: damaged: "):
            load_tasks(*paths)
    finally:
        path.write_bytes(good)
