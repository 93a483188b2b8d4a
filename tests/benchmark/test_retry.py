"""Files removed to be made again: of failed members, damaged ones, and what is made of them."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import pytest
import torch

from sccbgm.benchmark import versions
from sccbgm.benchmark.plan import expand
from sccbgm.benchmark.retry import to_redo
from sccbgm.benchmark.studies import Run
from sccbgm.config.run import Benchmark, load_config
from sccbgm.io.seals import seal


@pytest.fixture
def benchmark(root: Path, tmp_path: Path) -> Benchmark:
    run = {"results": str(tmp_path), "datasets": ["demo"], "methods": ["cvae", "vae"]}
    return load_config(run | {"seeds": [1]}, folder=root / "config")


def write(benchmark: Benchmark, **failures: list[dict[str, str]]) -> dict[str, list[Path]]:
    """Weights and predictions of every shard, with its method's failures; by method."""
    found = {}
    for shard in expand(benchmark):
        fit = benchmark.results / f"fits/{shard.path}.pt"
        predictions = benchmark.results / f"predictions/{shard.path}.h5ad"
        for path in (fit, predictions):
            path.parent.mkdir(parents=True, exist_ok=True)
        torch.save({"w": torch.zeros(9)}, fit)
        made = {"n_members": 2, "seconds": 1.0, "code": versions.training(benchmark, shard.method)}
        with h5py.File(predictions, "w") as file:
            file["uns/failures"] = json.dumps(failures.get(shard.method, []))
            file["uns/fit"] = json.dumps(made)
        seal(fit)
        seal(predictions)
        found[shard.method] = [fit, predictions]
    (benchmark.results / "status.json").touch()
    return found


def test_nothing_where_nothing_failed(benchmark: Benchmark) -> None:
    assert to_redo(Run({"": benchmark})) == {}, "no run yet"
    write(benchmark)
    assert to_redo(Run({"": benchmark})) == {}


def test_a_failed_member_takes_its_shard_and_the_summary(benchmark: Benchmark) -> None:
    files = write(benchmark, vae=[{"reason": "the loss is not finite"}])
    removed = to_redo(Run({"": benchmark}))
    assert set(removed) == {*files["vae"], benchmark.results / "status.json"}
    assert removed[files["vae"][0]] == "1 failed: the loss is not finite"


@pytest.mark.parametrize("which", [0, 1])
def test_damaged_weights_or_predictions_take_their_shard(benchmark: Benchmark, which: int) -> None:
    files = write(benchmark)
    path = files["cvae"][which]
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert set(to_redo(Run({"": benchmark}))) == {*files["cvae"], benchmark.results / "status.json"}


def test_predictions_of_other_code_are_made_again(
    benchmark: Benchmark, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = write(benchmark)
    real = versions.training
    monkeypatch.setattr(versions, "training", lambda b, id: "other" if id == "vae" else real(b, id))
    assert set(files["vae"]) < set(to_redo(Run({"": benchmark})))
    assert not set(files["cvae"]) & set(to_redo(Run({"": benchmark})))


def test_damaged_inputs_and_checkpoints_are_removed_alone(benchmark: Benchmark) -> None:
    write(benchmark)
    damaged = ["data/demo.h5ad", "tasks/demo/block0_pca.h5ad", "checkpoints/a/b/x.pt"]
    damaged.append("tasks/demo/block0_denominators_recommended.parquet")
    for name in damaged:
        path = benchmark.results / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half a file")
    expected = {benchmark.results / name for name in (*damaged, "status.json")}
    assert set(to_redo(Run({"": benchmark}))) == expected
