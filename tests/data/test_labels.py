"""Labels: which are refused, which are found, which survive a file."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small import cells, cleaned, config

from sccbgm.data.concepts import get_concepts
from sccbgm.data.contract import ContractError, check
from sccbgm.data.labels import resolve
from sccbgm.data.text import as_text, key_of, label_faults, name_of


def faults(adata, **sections):
    with pytest.raises(ContractError) as error:
        check(adata, config(**sections))
    return error.value.faults


@pytest.mark.parametrize("other", ["B ", " B", "b", "B\u00a0", "\u200bB", "Ｂ"])
def test_labels_that_look_the_same_are_refused(other):
    adata = cells()
    adata.obs.iloc[:3, 0] = other
    (fault,) = faults(adata)
    assert fault.startswith("columns.broad: obs['type'] holds labels that look the same: ")
    assert "'B' (13 cells)" in fault
    assert f"{other!r} (3 cells)" in fault


@pytest.mark.parametrize("text", ["", "  ", "nan", "NaN", "None", "NA", "n/a", "<NA>", "null"])
def test_text_that_stands_for_nothing_is_refused(text):
    adata = cells()
    adata.obs.iloc[-4:, 1] = text
    (fault,) = faults(adata)
    assert f"obs['drug'] holds {text!r} (4 cells) in place of a label" in fault


@pytest.mark.parametrize("text", ["", "nan", "donor_1 "])
def test_columns_of_concepts_are_held_to_the_same(text):
    adata = cells()
    adata.obs["donor"] = np.where(np.arange(adata.n_obs) % 2, "donor_1", "donor_2")
    adata.obs.iloc[:5, 2] = text
    concepts = [*config().model_dump()["concepts"], {"kind": "one_hot", "column": "donor"}]
    (fault,) = faults(adata, concepts=concepts)
    assert fault.startswith("concepts[2]: obs['donor'] holds ")
    assert f"{text!r} (5 cells)" in fault


def test_dropped_cells_need_nothing_else(tmp_path):
    sections = {"preprocess": {"drop": {"condition": ["unknown", "nan"]}}}
    adata = cells(drugs=("control", "drug", "unknown"))
    away = (adata.obs["drug"] == "unknown").to_numpy()
    adata.obs["sex"] = np.where(away, None, np.where(np.arange(adata.n_obs) % 2, "f", "m"))
    adata.obs["type"] = np.where(away, None, adata.obs["type"])
    adata.obs.iloc[np.flatnonzero(away)[:2], 1] = "nan"
    adata.X = adata.X.toarray()
    adata.X[away] = np.nan
    concepts = [*config().model_dump()["concepts"], {"kind": "one_hot", "column": "sex"}]
    tasks = {"edit": ["drug"]}
    clean, _ = cleaned(adata, config(concepts=concepts, tasks=tasks, **sections), tmp_path)
    without = adata[~away].copy()
    expected, _ = cleaned(without, config(concepts=concepts, tasks=tasks), tmp_path)
    np.testing.assert_array_equal(clean.X, expected.X)
    pd.testing.assert_frame_equal(clean.obsm["concepts"], expected.obsm["concepts"])


def test_two_columns_that_drop_each_others_cells():
    adata = cells(types=("B", "T", "junk"), drugs=("control", "drug", "unknown"))
    adata.obs["type"] = adata.obs["type"].where(adata.obs["drug"] != "unknown", None)
    adata.obs["drug"] = adata.obs["drug"].where(adata.obs["type"] != "junk", None)
    sections = {"preprocess": {"drop": {"broad": ["junk"], "condition": ["unknown"]}}}
    adata.obs.loc[adata.obs["type"].isna(), "drug"] = "unknown"
    labels = resolve(adata.obs, config(**sections))
    assert labels.faults == []
    assert labels.keep.sum() == 32


@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        (
            {"preprocess": {"drop": {"broad": ["nk"]}}},
            "preprocess.drop.broad: no cell is 'nk'; did you mean 'NK'?",
        ),
        (
            {"preprocess": {"drop": {"broad": ["Mast"]}}},
            "preprocess.drop.broad: no cell is 'Mast'; there are 'B', 'NK', 'T'",
        ),
        (
            {"tasks": {"held_out": [{"id": "b", "type": "b", "group": "g"}]}},
            "tasks.held_out: b: no cells labelled 'b_control' in type_drug (intervene); did you "
            "mean 'B_control'",
        ),
        (
            {"tasks": {"targets": ["Drug"]}},
            "tasks.held_out: b: no cells labelled 'B_Drug' in type_drug (target Drug); did you "
            "mean 'B_drug'",
        ),
        (
            {"columns": {"condition": {"names": ["drug"], "labels": ["control", "drug", "dmso"]}}},
            "columns.condition.labels: no cell is 'dmso'; there are 'control', 'drug'",
        ),
    ],
)
def test_names_of_no_cell(sections, expected):
    if "columns" in sections:
        sections["columns"] |= {"broad": {"names": ["type"]}}
    assert any(fault.startswith(expected) for fault in faults(cells(), **sections))


def test_groups_of_no_cell():
    groups = {"lymphoid": ["B", "T", "NK"], "myeloid": ["DC"]}
    columns = {
        "broad": {"groups": groups},
        "subtype": {"names": ["type"]},
        "labels": {"type_drug": ["subtype", "condition"]},
    }
    assert "columns.broad.groups: no cell is 'DC'; there are 'B', 'NK', 'T'" in faults(
        cells(), columns=columns
    )


def test_dropped_labels_may_be_gone_where_the_rest_is_listed(caplog):
    columns = {"broad": {"names": ["type"], "labels": ["B", "T", "NK"]}}
    check(cells(), config(columns=columns, preprocess={"drop": {"broad": ["platelets"]}}))
    assert "preprocess.drop.broad: no cell is 'platelets'" in caplog.text
    (fault,) = faults(cells(), columns=columns, preprocess={"drop": {"broad": ["nk"]}})
    assert "no cell is 'nk'; did you mean 'NK'" in fault


def test_composed_labels_of_different_cells_never_meet():
    adata = cells(types=("B", "B_mem", "T"), drugs=("control", "drug", "mem_drug"))
    fault = faults(adata)[0]
    assert fault == (
        "columns.labels.type_drug: 'B_mem_drug' is both ('B', 'mem_drug') and ('B_mem', 'drug'); "
        "rename one of the labels"
    )


def test_a_task_is_held_out_by_its_pair_not_by_its_text():
    adata = cells(types=("B", "B_mem", "T"), drugs=("control", "drug"))
    tasks = {"targets": ["mem_drug"], "intervene": "control"}
    fault = faults(adata, tasks=tasks)[-1]
    assert fault == (
        "tasks.held_out: b: cells labelled 'B_mem_drug' are ('B_mem', 'drug'), not "
        "('B', 'mem_drug') (target mem_drug)"
    )


@pytest.mark.parametrize(
    "types",
    [
        ("B", "T/NK", "T"),
        ("B", ".", "T"),
        ("B", "..", "_index"),
        ("B", "CD4+/CD8-", "CD4+"),
        ("B", "5%", "a%2Fb"),
        ("B", "γδ T", "tab\there"),
    ],
)
def test_any_label_is_written_and_read_back(types, tmp_path):
    clean, tasks = cleaned(cells(types=types), config(), tmp_path)
    assert list(get_concepts(clean)) == [*sorted(types), "drug"]
    assert tasks[0].targets[0].edits == {"drug": 1.0}
    assert set(clean.obs["broad"]) == set(types)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(min_size=1), min_size=2, max_size=2, unique=True))
def test_keys_stand_for_one_name_each(names):
    first, second = map(key_of, names)
    assert first != second
    assert [name_of(first), name_of(second)] == names
    assert "/" not in first
    assert first not in (".", "_index")


def test_a_name_that_can_be_a_key_is_its_own():
    for name in ("CD14+ Monocytes", "T cell", "TGF-beta-1", "x_index", "a.b"):
        assert key_of(name) == name


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([True, False], dtype="boolean"),
        pd.Series([True, False]),
        pd.Series(["True", "False"], dtype="string"),
        pd.Series(["True", "False"], dtype="string[pyarrow]"),
        pd.Categorical(["True", "False"], categories=["x", "False", "True"]),
        pd.Series([True, "False"], dtype=object),
    ],
)
def test_text_of_any_type(values):
    text = as_text(pd.Series(values))
    assert list(text) == ["True", "False"]
    assert all(type(label) is str for label in text)
    assert label_faults(text) == []
    missing = as_text(pd.Series([None, "x"], dtype="string"))
    assert list(missing) == [None, "x"]
    assert label_faults(missing) == ["has 1 cells without a label"]


def test_columns_that_nothing_uses_stay_behind(tmp_path):
    adata = cells()
    adata.obs["mixed"] = [1, "a"] * (adata.n_obs // 2)
    adata.obs["things"] = [{"a": 1}] * adata.n_obs
    adata.obs["barcode"] = pd.array([f"bc{i}" for i in range(adata.n_obs)], dtype="string")
    adata.obs.index = adata.obs.index.astype("string")
    adata.var.index = adata.var.index.astype("string")
    adata.obs["type"] = adata.obs["type"].astype("string[pyarrow]")
    adata.obs["drug"] = pd.Categorical(adata.obs["drug"], categories=["x", "drug", "control"])
    clean, _ = cleaned(adata, config(), tmp_path)
    assert set(clean.obs) == {"broad", "condition", "type_drug"}
    assert list(clean.obs["condition"].cat.categories) == ["control", "drug"]
    plain, _ = cleaned(cells(), config(), tmp_path)
    np.testing.assert_array_equal(clean.X.toarray(), plain.X.toarray())
    assert list(clean.obs_names) == list(plain.obs_names)


def test_a_boolean_column_is_a_condition(tmp_path):
    adata = cells()
    adata.obs["drug"] = (adata.obs["drug"] == "drug").astype(bool)
    concepts = [{"kind": "binary", "column": "condition", "one": "True", "name": "drug"}]
    tasks = {"intervene": "False", "targets": ["True"]}
    clean, tasks = cleaned(adata, config(concepts=concepts, tasks=tasks), tmp_path)
    assert tasks[0].targets[0].edits == {"drug": 1.0}
    assert clean.obsm["concepts"]["drug"].mean() == 0.5
