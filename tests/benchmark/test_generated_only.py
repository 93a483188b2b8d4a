"""Facts that only the generator knows are asked of generated cells alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from sccbgm.benchmark.plan import expand
from sccbgm.config.run import load_config
from sccbgm.methods import registry
from sccbgm.tables import CATALOGUE


def test_a_method_for_generated_cells_is_left_out_of_other_datasets(root: Path) -> None:
    everything = {"datasets": ["synthetic_1", "kang"], "methods": ["best_possible", "true_shift"]}
    shards = expand(load_config(everything, folder=root / "config"))
    where = {shard.method: set() for shard in shards}
    for shard in shards:
        where[shard.method].add(shard.dataset)
    assert where == {"best_possible": {"synthetic_1"}, "true_shift": {"synthetic_1", "kang"}}


@pytest.mark.parametrize("name", ["synthetic", "concept_counts", "ablations_synthetic"])
def test_the_studies_of_the_paper_run_what_their_tables_are_read_with(
    root: Path, name: str
) -> None:
    config = load_config(root / f"config/studies/{name}.yaml").config
    tables = (CATALOGUE[table] for table in config.tables if table in CATALOGUE)
    needed = {control for table in tables for control in table.controls}
    assert needed
    assert needed <= set(config.methods)
    assert all(registry.get(control).control for control in needed)
