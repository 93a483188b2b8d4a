"""Tasks: roles of the cells, edits found in the data, JSON and back."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from cells import changed, cui, interventions, interventions_config, kang, nault, shipped

from sccbgm.data.contract import ContractError
from sccbgm.data.edits import derive_edits
from sccbgm.data.preprocess import preprocess
from sccbgm.data.tasks import derive_tasks, read_tasks, split, write_tasks
from sccbgm.io.files import written_whole


def derived(adata, config):
    clean = preprocess(adata, config)
    return clean, derive_tasks(clean, config)


def test_kang_sets_stim_to_one_in_fourteen_tasks():
    clean, tasks = derived(kang(), shipped("kang"))
    assert [task.id for task in tasks] == list(shipped("kang").task_ids)
    assert all(task.targets[0].edits == {"stim": 1.0} for task in tasks)
    rows = split(clean.obs, tasks[0])
    labels = clean.obs["L2_stim"].to_numpy(dtype=str)
    assert set(labels[rows.intervene]) == {"B cells_0_ctrl"}
    assert set(labels[rows.targets["stim"]]) == {"B cells_0_stim"}
    assert set(labels[rows.train]) == set(labels) - {"B cells_0_stim"}
    assert len(rows.train) == clean.n_obs - len(rows.targets["stim"])


def test_cui_changes_the_control_to_the_cytokine():
    _, tasks = derived(cui(), shipped("cui"))
    assert tasks[0].targets[0].edits == {"PBS": 0.0, "IL17E": 1.0}
    assert tasks[5].hold_out == ("Macrophage_M-CSF",)


def test_nault_holds_both_doses_out_of_one_training():
    clean, tasks = derived(nault(), shipped("nault"))
    task = tasks[0]
    assert task.hold_out == ("B cell_3.0", "B cell_10.0")
    assert [target.id for target in task.targets] == ["3.0", "10.0"]
    for target, dose in zip(task.targets, (3, 10), strict=True):
        assert set(target.edits) == {"dose"}
        assert target.edits["dose"] == pytest.approx(np.log(1 + dose) / np.log(31), rel=1e-6)
    assert not set(clean.obs["L2_dose"].iloc[split(clean.obs, task).train]) & set(task.hold_out)


def test_intervened_cells_leave_training_when_asked():
    config = changed(shipped("kang"), tasks={"intervene_in_train": False})
    clean, tasks = derived(kang(), config)
    rows = split(clean.obs, tasks[3])
    assert not set(rows.train) & set(rows.intervene)


@pytest.mark.parametrize("in_train", [False, True])
def test_interventions_are_pairs(in_train):
    tasks = {"intervene_in_train": in_train}
    config = changed(interventions_config(), tasks=tasks)
    clean, (first, second) = derived(interventions(), config)
    assert first.targets[0].edits == {"concept_0": 1.0}
    assert second.targets[0].edits == {"concept_1": 1.0}
    assert first.targets[0].group == "pairs"
    rows = split(clean.obs, second)
    ids = clean.obs["original_index"].to_numpy()
    np.testing.assert_array_equal(ids[rows.intervene], ids[rows.targets["counterfactual"]])
    roles = clean.obs["intervention_1"].to_numpy(dtype=str)
    assert set(roles[rows.train]) == ({"train", "modify"} if in_train else {"train"})


def test_round_trip(tmp_path):
    _, tasks = derived(nault(), shipped("nault"))
    write_tasks(tmp_path / "tasks.json", tasks)
    read = read_tasks(tmp_path / "tasks.json")
    ungrouped = [replace(t, targets=[replace(x, group="") for x in t.targets]) for t in tasks]
    assert [replace(t, targets=list(t.targets)) for t in read] == ungrouped, "only printed"
    stored = json.loads((tmp_path / "tasks.json").read_text())["tasks"]
    assert stored[0]["intervene"] == "B cell_1.0"


BEFORE = pd.DataFrame({"a": [0.0, 0.0], "b": [1.0, 1.0], "noise": [0.1, 0.2]})
AFTER = pd.DataFrame({"a": [1.0, 1.0], "b": [1.0, 1.0], "noise": [0.1, 0.2]})


def test_edits_go_from_intervene_to_target():
    names = ["a", "b"]
    assert derive_edits(BEFORE[names], AFTER[names]) == {"a": 1.0}
    assert derive_edits(AFTER[names], BEFORE[names]) == {"a": 0.0}


def test_concepts_may_vary_where_pairs_agree():
    assert derive_edits(BEFORE, AFTER, paired=True) == {"a": 1.0}
    with pytest.raises(ValueError, match="'noise' has 2 values among the intervened"):
        derive_edits(BEFORE, AFTER)
    with pytest.raises(ValueError, match="'noise'"):
        derive_edits(BEFORE, AFTER.iloc[::-1], paired=True)


def test_named_edits_take_the_mean_of_the_targets():
    edits = derive_edits(BEFORE, AFTER, names=("a", "noise"))
    assert edits == {"a": 1.0, "noise": pytest.approx(0.15)}
    with pytest.raises(ValueError, match="tasks.edit: no concept is 'nois'; did you mean 'noise'"):
        derive_edits(BEFORE, AFTER, names=("nois",))


def test_an_edit_that_changes_no_cell_is_refused(caplog):
    with pytest.raises(ValueError, match=r"setting {'b': 1.0} changes no intervened cell"):
        derive_edits(BEFORE, AFTER, names=("b",))
    assert derive_edits(BEFORE, AFTER, names=("a", "b")) == {"a": 1.0, "b": 1.0}
    assert "'b' is 1 in every intervened cell already" in caplog.text
    unknown = AFTER.assign(a=np.nan)
    with pytest.raises(ValueError, match="'a' is not annotated in the target cells"):
        derive_edits(BEFORE, unknown, names=("a",))


def test_tasks_of_few_cells_say_so(tmp_path):
    adata = kang(times=25)
    few = (adata.obs["L2_stim"] == "CD14+ Monocytes_1_ctrl").to_numpy()
    keep = ~few | (np.cumsum(few) <= 9)
    _, tasks = derived(adata[keep].copy(), shipped("kang"))
    remarks = {task.id: task.remarks for task in tasks if task.remarks}
    assert remarks == {"cd14_1": ("9 intervened cells, fewer than 20",)}
    write_tasks(tmp_path / "tasks.json", tasks)
    read = read_tasks(tmp_path / "tasks.json")
    assert [task.remarks for task in read] == [task.remarks for task in tasks]


def test_no_difference_is_an_error_of_every_task():
    config = changed(shipped("kang"), concepts=[{"kind": "one_hot", "column": "broad"}])
    with pytest.raises(ContractError) as error:
        derived(kang(), config)
    assert len(error.value.faults) == 14
    assert "b_cells_0: no concept differs" in error.value.faults[0]


def test_a_side_without_cells_is_named():
    clean, tasks = derived(kang(), shipped("kang"))
    part = clean[clean.obs["L2_stim"] != "B cells_0_ctrl"]
    with pytest.raises(
        ValueError, match=r"b_cells_0: no cells for 'intervene' in obs\['L2_stim'\]"
    ):
        split(part.obs, tasks[0])


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), written_whole(path) as beside:
        beside.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
