"""Facts that only the generator knows are asked of generated cells alone."""

from __future__ import annotations

from pathlib import Path

from sccbgm.benchmark.plan import expand
from sccbgm.config.run import load_config
from sccbgm.methods import registry
from sccbgm.tables import CATALOGUE


def test_a_method_for_generated_cells_is_left_out_of_other_datasets(root: Path) -> None:
    shards = expand(load_config(root / "config" / "config.yaml"))
    with_it = {shard.dataset for shard in shards if shard.method == "best_possible"}
    assert with_it == {"synthetic_1", "synthetic_2", "synthetic_3"}
    others = {shard.dataset for shard in shards if shard.method == "true_shift"}
    assert others == with_it | {"kang", "cui", "nault"}


def test_the_configurations_of_the_paper_run_what_their_tables_are_read_with(root: Path) -> None:
    for path in sorted((root / "config").glob("*.yaml")):
        if path.stem in ("config", "table11", "table12", "table15"):
            config = load_config(path).config
            needed = {
                c
                for table in config.tables
                if table in CATALOGUE
                for c in CATALOGUE[table].controls
            }
            assert needed
            assert needed <= set(config.methods), path.name
            assert all(registry.get(control).control for control in needed)
