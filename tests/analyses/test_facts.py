"""Every number of the text that a run's configuration answers has its fact."""

from __future__ import annotations

from pathlib import Path

import pytest
from analysis_toys import clean

from sccbgm.analyses.facts import facts
from sccbgm.benchmark.studies import load_run
from sccbgm.config.reading import read_yaml
from sccbgm.config.run import Benchmark, load_config
from sccbgm.io.seals import sealed
from sccbgm.report.published import text_sources

OF_CELLS = ("n_cells", "n_genes_kept", "n_broad", "n_subtype", "n_cytokines", "doses", "n_pathways")


@pytest.fixture(scope="module")
def studies(root: Path) -> list[Benchmark]:
    """The studies of the paper."""
    path = root / "config" / "config.yaml"
    return list(load_run(read_yaml(path), str(path), root / "config").studies.values())


def test_every_fact_of_the_text_is_there(studies: list[Benchmark], paper: Path) -> None:
    wanted = {name for kind, name in text_sources(paper).values() if kind == "fact"}
    of_cells = {name for name in wanted if name.partition(".")[2] in OF_CELLS}
    of_cells -= {"synthetic_1.n_cells"}
    assert wanted - of_cells - set(facts(studies, {})) == {"cui_grid.n_tasks"}


def test_facts_by_hand(studies: list[Benchmark], tmp_path: Path) -> None:
    path = tmp_path / "kang.h5ad"
    cells = clean("kang", times=3)
    with sealed(path) as beside:
        cells.write_h5ad(beside)
    found = facts(studies, {"kang": path})
    assert found["nault.n_seeds"] == (1.0, "")
    assert found["noise.levels"] == ((1.0, 3.0), "")
    assert found["ablation.n_architectures"] == (8.0, "")
    assert found["kang.n_cells"] == (float(cells.n_obs), "")
    assert found["kang.n_broad"] == (7.0, "") and found["kang.n_subtype"] == (14.0, "")


def test_a_run_at_own_settings_is_no_fact_of_the_paper() -> None:
    run = {"datasets": ["kang"], "methods": ["sccbgm"], "tables": ["table01"]}
    assert facts([load_config(run)], {})["sccbgm.epochs"] == (200.0, "")
    own = load_config(run | {"params": {"epochs": 3}})
    assert facts([own], {})["sccbgm.epochs"] == (3.0, "set for the whole run: epochs 3")
