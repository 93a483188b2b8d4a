"""The memory that jobs ask for follows from the configuration."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pytest
import yaml

from benchmarks import scale
from sccbgm.benchmark import needs
from sccbgm.benchmark.plan import expand
from sccbgm.config.run import Benchmark, load_config
from sccbgm.config.sections import Expected


@pytest.fixture
def run(root: Path) -> Any:
    def make(dataset: str, **changes: Any) -> Benchmark:
        base = {"datasets": [dataset], "methods": ["sccbgm", "biolord"], "shard": {"seeds": 4}}
        return load_config(base | changes, folder=root / "config")

    return make


def test_sizes_are_those_generated_stated_or_of_the_largest(run: Any) -> None:
    of = {name: run(name).datasets[name] for name in ("demo", "kang", "cui")}
    assert (needs.n_cells(of["demo"]), needs.n_genes(of["demo"])) == (3000, 500)
    assert (needs.n_cells(of["kang"]), needs.n_genes(of["kang"])) == (24_054, 28_231)
    assert (needs.n_cells(of["cui"]), needs.n_genes(of["cui"])) == (110_378, needs.GENES)


def test_sizes_of_a_file_are_read_from_it(root: Path, tmp_path: Path) -> None:
    anndata.AnnData(np.zeros((31, 7), np.float32)).write_h5ad(tmp_path / "cells.h5ad")
    (tmp_path / "datasets").mkdir()
    content = yaml.safe_load((root / "config/datasets/kang.yaml").read_text())
    content |= {"id": "mine", "source": {"kind": "file", "path": str(tmp_path / "cells.h5ad")}}
    del content["expected"]
    (tmp_path / "datasets/mine.yaml").write_text(yaml.safe_dump(content))
    config = load_config({"datasets": ["mine"], "methods": ["no_edit"]}, folder=tmp_path)
    mine = config.datasets["mine"]
    assert (needs.n_cells(mine), needs.n_genes(mine)) == (31, 7)


def test_a_training_asks_for_its_tasks_its_package_and_its_gpu(run: Any) -> None:
    benchmark = run("kang", methods=["sccbgm", "biolord", "no_edit"], runtime={"device": "cpu"})
    shards = {shard.method: shard for shard in expand(benchmark)}
    asked = {id: needs.training(benchmark, shard, gpu=False) for id, shard in shards.items()}
    dense, seen = 4 * 24_054 * 3000 / 1e6, 2 * 4 * 24_054 * 128 / 1e6
    plain, package = shards["sccbgm"], shards["biolord"]
    assert (len(plain.members), len(package.members)) == (14 * 4, 2 * 4)
    predicted = 2 * 0.02 * 4 * 24_054 * 128 / 1e6
    networks = 8 * 16 * 3 * 4 * 1024**2 / 1e6

    def expected(*held: float) -> Any:
        return pytest.approx(needs.SNAKEMAKE + needs.MARGIN * sum(held), abs=1)

    shared = needs.KEPT * dense
    assert asked["no_edit"] == expected(needs.LOADS, shared, seen, 56 * predicted)
    assert asked["sccbgm"] == expected(needs.TORCH, shared, 14 * seen, 56 * predicted, networks)
    held = (needs.PACKAGE, shared, 4 * dense, 2 * seen, 8 * predicted)
    assert asked["biolord"] == expected(*held)
    on_gpu = needs.training(benchmark, plain, gpu=True)
    assert on_gpu - asked["sccbgm"] == pytest.approx(needs.MARGIN * (needs.CUDA - networks), abs=1)


def test_requests_are_within_twice_the_peaks_that_were_measured(run: Any) -> None:
    """Peaks in MB of reduced Kang's cells, two tasks, two seeds, networks of width 256.

    Around a job are two Snakemakes of 175 MB.
    """
    peaks = {"no_edit": 251, "sccbgm": 498, "sccbgm_fm": 509, "vanilla_fm": 477, "biolord": 1048}
    benchmark = run(
        "kang",
        methods=list(peaks),
        seeds=[13, 42],
        shard={"tasks": 2, "seeds": 2},
        runtime={"device": "cpu"},
        params={"hidden_dim": 256, "n_layers": 2},
    )
    kang = benchmark.datasets["kang"]
    reduced = kang.model_copy(update={"expected": Expected(cells=5057, genes=15_000)})
    benchmark = dataclasses.replace(benchmark, datasets={"kang": reduced})
    for shard in expand(benchmark):
        peak = peaks[shard.method] + 350
        assert peak < needs.training(benchmark, shard, gpu=False) < 2 * peak, shard.method


@pytest.mark.parametrize("dataset", ["kang", "cui", "nault"])
def test_requests_hold_at_the_sizes_of_the_paper(run: Any, root: Path, dataset: str) -> None:
    """The peaks of `benchmarks/scale.py`, with the two Snakemakes around a job."""
    text = (root / "benchmarks/results/scale-epyc-2cores.json").read_text(encoding="utf-8")
    measured = [line for line in json.loads(text) if line["dataset"] == dataset]
    peaks = {line["stage"]: 1024 * line["peak_gb"] for line in measured if line["share"] == 1}
    benchmark = run(dataset, methods=list(scale.METHODS), seeds=[13], runtime={"device": "cpu"})
    shipped = benchmark.datasets[dataset]
    drawn = {"cells": scale.N_CELLS[dataset], "genes": scale.N_GENES[dataset]}
    cells = shipped.model_copy(update={"expected": shipped.expected.model_copy(update=drawn)})
    benchmark = dataclasses.replace(benchmark, datasets={dataset: cells})
    for stage in scale.STAGES[1:]:
        asked, peak = scale.asked_mb(stage, benchmark, dataset), peaks[stage.__name__] + 350
        assert peak < asked < 2 * peak, stage.__name__
