"""The memory that jobs ask for follows from the configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pytest
import yaml

from sccbgm.benchmark import needs
from sccbgm.benchmark.plan import expand
from sccbgm.config.run import Benchmark, load_config


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
    benchmark = run("kang")
    plain, package = (
        next(shard for shard in expand(benchmark) if shard.method == method)
        for method in ("sccbgm", "biolord")
    )
    dense = 4 * 24_054 * 3000 / 1e6
    arrays = 2 * 4 * 24_054 * 128 / 1e6
    assert (len(plain.tasks), len(package.tasks)) == (14, 2)
    asked = needs.training(benchmark, plain, gpu=False)
    assert asked == pytest.approx(needs.BASE + 3 * dense + 14 * arrays, abs=1)
    assert needs.training(benchmark, plain, gpu=True) == asked + needs.CUDA
    more = needs.training(benchmark, package, gpu=False) - needs.BASE
    assert more == pytest.approx(7 * dense + 2 * arrays, abs=2)
