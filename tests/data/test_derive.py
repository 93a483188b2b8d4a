"""Tasks that are derived from the cells of a file."""

from __future__ import annotations

import json

import cells
import numpy as np
import pytest

from sccbgm.config.derived import with_derived
from sccbgm.config.errors import ConfigError
from sccbgm.config.scale import first_tasks
from sccbgm.data.contract import ContractError
from sccbgm.data.derive import derive_pairs, slug, write_derived
from sccbgm.data.preprocess import preprocess
from sccbgm.data.tasks import derive_tasks
from sccbgm.io.seals import damage

GRID = cells.shipped("cui_grid")


def without(obs, kind, sample, n):
    """All but n cells of a type with a cytokine."""
    of = ((obs["celltype"] == kind) & (obs["sample"] == sample)).to_numpy()
    return obs[~of | (np.cumsum(of) <= n)]


def test_pairs_with_enough_cells_on_both_sides_are_tasks():
    obs = cells.cui(times=12).obs
    assert len(derive_pairs(obs, GRID)) == 21 * 7
    obs = without(obs, "Treg", "IL15", 9)
    obs = without(obs, "NK_cell", "IL15", 10)
    obs = without(obs, "FRC", "PBS", 9)
    pairs = derive_pairs(obs, GRID).set_index("id")
    assert len(pairs) == 21 * 7 - 1 - 7
    assert "treg_il15" not in pairs.index and "frc_il15" not in pairs.index
    row = pairs.loc["nk_cell_il15"]
    assert (row["type"], row["targets"], row["group"]) == ("NK_cell", ("IL15",), "nk_cell")
    assert (row["n_intervene"], row["n_target"]) == (12, 10)


def test_the_listed_tasks_are_those_of_an_ordinary_dataset(tmp_path):
    file = cells.cui(times=12)
    assert with_derived(GRID, tmp_path) is GRID and GRID.task_ids == ()
    path = tmp_path / "derived/cui_grid.json"
    write_derived(path, derive_pairs(file.obs, GRID))
    assert not damage(path)
    assert json.loads(path.read_text())["cells"]["nk_cell_il15"] == [12, 12]
    known = first_tasks(with_derived(cells.changed(GRID, n_pcs=5), tmp_path), 3)
    assert known.task_ids == ("b_cell_ifna1", "basophil_ifna1", "frc_ifna1")
    clean = preprocess(file, known)
    tasks = derive_tasks(clean, known)
    assert [dict(task.targets[0].edits) for task in tasks] == [{"IFNa1": 1.0, "PBS": 0.0}] * 3


def test_another_number_of_tasks_than_in_the_paper_is_said(tmp_path):
    file = cells.cui(times=12)
    write_derived(tmp_path / "derived/cui_grid.json", derive_pairs(file.obs, GRID))
    known = with_derived(cells.changed(GRID, n_pcs=5), tmp_path)
    warnings = preprocess(file, known).uns["sccbgm"]["warnings"]
    assert "tasks: found 147, expected 1,479" in list(warnings)


def test_faults_say_what_is_wrong(tmp_path):
    with pytest.raises(ContractError, match="no type has 10 cells in 'PBS'"):
        derive_pairs(cells.cui(times=5).obs, GRID)
    alike = cells.cui(times=12, cytokines=("IL-15",)).obs
    both = derive_pairs(cells.cui(times=12, cytokines=("IL-15", "IL 15")).obs, GRID)
    of_b_cells = both["id"][(both["type"] == "B_cell") & both["id"].str.contains("il_15")]
    assert len(set(of_b_cells)) == 2, "labels whose ids would be the same have ids of their own"
    assert len(derive_pairs(alike, GRID)) == 21 * 8
    path = tmp_path / "derived/cui_grid.json"
    path.parent.mkdir()
    path.write_text("{}")
    with pytest.raises(ConfigError, match="no list of tasks"):
        with_derived(GRID, tmp_path)


def test_a_dataset_file_cannot_list_what_is_derived():
    listed = [{"id": "a", "type": "NK_cell", "targets": ["IL15"], "group": "nk"}]
    with pytest.raises(ValueError, match="found pairs; expected none"):
        cells.changed(GRID, tasks={"held_out": listed})
    with pytest.raises(ValueError, match="must join a type of the file and the condition"):
        cells.changed(GRID, tasks={"column": "broad"})


def test_slugs():
    assert [slug(x) for x in ("T_cell_gd", "TGF-beta-1", "IFNγ 2", "αβ")] == [
        "t_cell_gd",
        "tgf_beta_1",
        "ifn_2",
        "unnamed",
    ]
