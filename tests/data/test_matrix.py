"""The kind that a matrix is taken for: every value counts, and nothing is guessed."""

import numpy as np
import pandas as pd
import pytest
import scanpy as sc
from anndata import AnnData
from scipy import sparse

from sccbgm.data.matrix import content_of, find_input

RNG = np.random.default_rng(0)
COUNTS = RNG.poisson(1.5, (60, 30)).astype(np.float32)
LOGS = np.log1p(1e4 * COUNTS / COUNTS.sum(axis=1, keepdims=True))
CORRECTED = np.maximum(COUNTS - RNG.uniform(0, 0.4, COUNTS.shape), 0).astype(np.float32)
FORMS = [np.asarray, sparse.csr_matrix, sparse.csc_matrix]


def find(x, expected="counts", keep=None, **layers):
    adata = AnnData(x, layers=layers)
    return find_input(adata, expected, np.ones(len(adata), dtype=bool) if keep is None else keep)


def message(x, expected="counts"):
    with pytest.raises(ValueError) as error:
        find(x, expected)
    return str(error.value)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.float16, np.float32, np.float64, bool])
def test_whole_numbers_are_counts(form, dtype):
    if dtype is np.float16 and form is not np.asarray:
        pytest.skip("SciPy has no sparse matrices of half precision")
    assert find(form(COUNTS.astype(dtype))).state == "counts"


@pytest.mark.parametrize("form", FORMS)
def test_equal_sums_are_log_normalised_values(form, caplog):
    found = find(form(LOGS.astype(np.float32)))
    assert (found.state, found.where) == ("lognorm", "X")
    assert found.expm1_sum == pytest.approx(1e4, rel=1e-5)
    assert found.evidence == "sums of expm1 are 10000 in every cell, to 0.001"
    assert "not normalised again" in caplog.text


def test_what_scanpy_normalises_is_recognised():
    adata = AnnData(sparse.csr_matrix(COUNTS * RNG.integers(1, 200, (60, 1)).astype(np.float32)))
    sc.pp.normalize_total(adata)
    sc.pp.log1p(adata)
    assert find(adata.X).state == "lognorm"


@pytest.mark.parametrize("form", FORMS)
def test_corrected_counts_are_refused_with_what_to_do(form):
    text = message(form(CORRECTED))
    assert "X holds values that are not whole numbers" in text
    assert "put the raw counts in X or layers['counts']" in text
    assert find(CORRECTED, counts=COUNTS).where == "layers['counts']"


def test_logs_of_some_of_the_genes_must_be_declared():
    part = LOGS[:, :20]
    assert "preprocess.input: lognorm" in message(part)
    declared = find(part, "lognorm")
    assert declared.state == "lognorm"
    assert declared.evidence.startswith("declared; values that are not whole numbers")


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (1e6 * COUNTS / COUNTS.sum(axis=1, keepdims=True), "with the same sum in every cell"),
        (COUNTS * 100.5, "too large for logarithms of counts"),
    ],
)
def test_what_cannot_be_logarithms_cannot_be_declared_either(x, words):
    assert words in message(x, "lognorm")
    assert words in message(x)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("value", "words"),
    [
        (-50.0, "negative values (smallest -50)"),
        (np.nan, "values that are not finite"),
        (np.inf, "values that are not finite"),
    ],
)
def test_one_value_among_many_cells_is_found(form, value, words):
    x = np.tile(COUNTS, (100, 1))
    x[5999, 29] = value
    assert words in message(form(x))
    keep = np.arange(6000) != 5999
    assert find(form(x), keep=keep).matrix.shape == (5999, 30)


def test_one_cell_is_no_evidence():
    assert "sums of expm1 between" in message(LOGS[:1])


def test_nothing_and_things_that_are_no_numbers():
    assert "no value other than zero" in message(np.zeros((3, 2)))
    assert "up to 1.09951e+12, too large for counts" in message(np.full((3, 2), 2.0**40))
    assert "values of type object, not numbers" in content_of(np.array([["a"]], dtype=object)).words


def test_counts_are_looked_for_in_layers_and_raw():
    counts = COUNTS[:, :3]
    names = pd.DataFrame(index=["a", "b", "c"])
    adata, keep = AnnData(np.log1p(counts / 3), var=names), np.ones(60, dtype=bool)
    raw = AnnData(counts, var=names)
    adata.raw = raw
    part = adata[:, ["c", "a"]].copy()
    found = find_input(part, "counts", keep)
    assert (found.state, found.where) == ("counts", ".raw")
    np.testing.assert_array_equal(found.matrix, counts[:, [2, 0]])
    adata.layers["counts"] = counts + 1
    np.testing.assert_array_equal(find_input(adata, "counts", keep).matrix, counts + 1)
    assert find_input(raw, "lognorm", keep).state == "counts"


def test_repeated_entries_of_a_sparse_matrix_are_added_up():
    halves = sparse.csr_matrix(
        (np.full(4, 0.5), np.array([0, 0, 1, 1]), np.array([0, 2, 4])), shape=(2, 2)
    )
    found = find(halves)
    assert found.state == "counts"
    np.testing.assert_array_equal(found.matrix.toarray(), np.eye(2))
    assert halves.nnz == 4
