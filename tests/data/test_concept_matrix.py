"""Concepts: ranges, doses with units, what is hard, what says nothing."""

import numpy as np
import pandas as pd
import pytest
from small import cells, cleaned, config

from sccbgm.data.contract import ContractError, check
from sccbgm.data.quantities import read_numbers

BROAD = {"kind": "one_hot", "column": "broad"}
DOSE = {"kind": "log_dose", "column": "dose", "name": "dose", "max": 10}


def dosed(drug, control=0.0, other=None):
    """Cells with obs["dose"]: `control` without the drug, `drug` with it, `other` in one cell."""
    adata = cells()
    values = [drug if label == "drug" else control for label in adata.obs["drug"]]
    if other is not None:
        values[0] = other
    adata.obs["dose"] = values
    return adata


def fault(adata, concepts=(BROAD, DOSE), **sections):
    with pytest.raises(ContractError) as error:
        check(adata, config(concepts=list(concepts), **sections))
    (found,) = error.value.faults
    return found


@pytest.mark.parametrize(
    ("drug", "control"),
    [
        (10.0, 0.0),
        (3, 0),
        ("3", "0"),
        ("1e-3", "0"),
        ("0.1uM", "0uM"),
        ("10 uM", "0 uM"),
        ("2.5 mg/kg", "0 mg/kg"),
        (np.float32(0.1), np.float32(0.0)),
    ],
)
def test_doses_are_read_whatever_they_are_written_as(drug, control, tmp_path):
    adata = dosed(drug, control)
    clean, tasks = cleaned(adata, config(concepts=[BROAD, DOSE]), tmp_path)
    number = float(str(drug).split(" ")[0].removesuffix("uM"))
    expected = np.log1p(number) / np.log1p(10)
    assert tasks[0].targets[0].edits == {"dose": pytest.approx(expected, abs=1e-6)}
    assert list(clean.uns["sccbgm"]["hard"]) == ["B", "NK", "T"]


@pytest.mark.parametrize(
    ("adata", "words"),
    [
        (dosed(100.0), "numbers above 10: 100.0 (24 cells)"),
        (dosed(-1.0), "negative numbers: -1.0 (24 cells)"),
        (dosed(np.nan), "24 cells without a number"),
        (dosed(3.0, 0.0, np.nan), "1 cells without a number"),
        (dosed(np.inf), "holds 'inf' (24 cells), which are not numbers"),
        (dosed("10 uM", "0"), "'0' (23 cells), '10 uM' (24 cells)"),
        (dosed("10 uM", "0 nM"), "expected the same unit, or none, in every cell"),
        (dosed("high", "0"), "holds 'high' (24 cells), which are not numbers"),
        (dosed("1,5", "0"), "holds '1,5' (24 cells), which are not numbers"),
        (dosed(True, False), "which are not numbers"),
    ],
)
def test_doses_that_cannot_be_used_are_named(adata, words):
    if words.startswith("'0'"):
        adata.obs.iloc[0, 2] = "10 uM"
        words = "'0' (23 cells), '10 uM' (25 cells)"
    found = fault(adata)
    assert found.startswith("concepts[1]: dose: obs['dose']: ")
    assert words in found


def test_doses_of_dropped_cells_do_not_matter():
    adata = dosed(3.0)
    adata.obs["type"] = np.where(np.arange(adata.n_obs) == 0, "junk", adata.obs["type"])
    adata.obs.iloc[0, 2] = -1.0
    check(adata, config(concepts=[BROAD, DOSE], preprocess={"drop": {"broad": ["junk"]}}))


def test_units_are_one_in_a_column_of_known_numbers():
    adata = dosed("30 ug/kg", "0 ug/kg")
    columns = {"condition": {"names": ["dose"], "numbers": [0, 30]}}
    tasks = {"intervene": "0.0", "targets": ["30.0"]}
    dose = DOSE | {"column": "condition", "max": 30}
    check(adata, config(columns=columns, tasks=tasks, concepts=[BROAD, dose]))


def test_numbers_and_their_unit():
    values, unit = read_numbers(pd.Series(["1e-3 mM", ".5mM", "2. mM", None]))
    np.testing.assert_array_equal(values, [1e-3, 0.5, 2.0, np.nan])
    assert unit == "mM"
    assert read_numbers(pd.Series([1, 2], dtype="Int64"))[1] == ""


def stored(**columns):
    adata = cells()
    table = pd.DataFrame(columns, index=adata.obs_names)
    adata.obsm["annotated"] = table
    return adata


STORED = {"kind": "stored", "key": "annotated"}
HALF = np.r_[np.zeros(24), np.ones(24)]
RAMP = np.linspace(0, 1, 48)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"a": HALF, "b": 2 * RAMP}, "'b': expected 0 or 1, or numbers between them, found 1."),
        ({"a": HALF, "b": -HALF}, "'b': expected 0 or 1, or numbers between them, found -1 to -1"),
        ({"a": np.where(HALF == 1, np.inf, 0)}, "'a': expected 0 or 1"),
        ({"a": np.where(HALF == 1, "yes", "no")}, "'a' holds ['no', 'yes'], which are not numbers"),
    ],
)
def test_stored_concepts_are_held_to_their_range(columns, words):
    found = fault(stored(**columns), [BROAD, STORED])
    assert found.startswith("concepts[1]: obsm['annotated']: ")
    assert words in found


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.zeros(48), "concepts: 'a' is 0 in every cell"),
        (np.full(48, 0.3), "concepts: 'a' is 0.3 in every cell"),
        (np.full(48, np.nan), "concepts: 'a' has no value in any cell"),
    ],
)
def test_a_concept_that_says_nothing_is_refused(values, words):
    assert fault(stored(a=values), [BROAD, STORED]).startswith(words)


def test_stored_concepts_with_two_values_are_soft_where_the_file_says_so(tmp_path):
    adata = stored(a=HALF, b=np.where(HALF == 1, 1.0, np.nan), c=RAMP)
    adata.obsm["annotated"].iloc[0, 1] = 0.0
    adata.obsm["annotated"]["d"] = HALF.astype(bool)
    binary = {"kind": "binary", "column": "condition", "one": "drug", "name": "drug"}
    concepts = [STORED | {"soft": ["a"]}, binary]
    settings = config(concepts=concepts, tasks={"edit": ["drug"]})
    clean, _ = cleaned(adata, settings, tmp_path)
    assert list(clean.uns["sccbgm"]["hard"]) == ["b", "d", "drug"]
    wrong = [STORED | {"soft": ["aa"]}, binary]
    assert fault(adata, wrong) == (
        "concepts[0].soft: no concept is 'aa'; did you mean 'a'? there are 'a', 'b', 'c', 'd'"
    )


def test_one_type_of_cells_says_nothing():
    with pytest.raises(ContractError, match="concepts: 'B' is 1 in every cell"):
        check(cells(types=("B",)), config())


def test_a_column_that_is_not_there():
    assert fault(cells()) == "concepts[1].column: no obs column 'dose'; there are 'drug', 'type'"


def test_the_one_of_a_binary_concept_must_occur():
    sex = {"kind": "binary", "column": "sex", "one": "f", "name": "female"}
    adata = cells()
    adata.obs["sex"] = np.where(np.arange(adata.n_obs) % 2, "female", "male")
    assert fault(adata, [BROAD, sex]) == (
        "concepts[1].one: no cell of obs['sex'] is 'f'; there are 'female', 'male'"
    )
