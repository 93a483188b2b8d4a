"""Counts of cells, tasks and misclassified cells."""

from __future__ import annotations

import cells as files
import numpy as np
import pytest
from analysis_toys import clean, study
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score

from sccbgm.analyses.counts import counts, tasks
from sccbgm.analyses.misclassification import error_rates, misclassification
from sccbgm.analyses.tsne import tsne


def test_counts_are_those_of_the_labels() -> None:
    adata = clean("kang", times=3)
    kept = adata[adata.obs["L2_stim"] != "NK cells_0_stim"]
    rows = counts(kept, study("kang")).rows.set_index(["group", "condition"])["value"]
    assert len(rows) == 28
    assert rows["NK cells_0", "stim"] == 0, "an empty population is a zero, not a missing row"
    assert (rows.drop(("NK cells_0", "stim")) == 3).all()


def test_tasks_have_a_row_a_target() -> None:
    rows = tasks(clean("nault", times=3), study("nault")).rows
    assert len(rows) == 14
    assert set(rows["target_state"]) == {"3.0", "10.0"} and set(rows["reference_state"]) == {"1.0"}
    assert (rows["n_intervene"] == 3).all() and (rows["n_target"] == 3).all()
    assert rows["edits"].str.startswith("dose = ").all()
    assert (rows["n_train"] == 3 * (99 - 2)).all()


def test_error_rates_are_one_minus_the_accuracy_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 120).astype(bool)
    x = rng.normal(0, 1, (120, 4)) + 0.7 * y[:, None]
    folds = StratifiedKFold(5, shuffle=True, random_state=3)
    accuracy = cross_val_score(LogisticRegression(max_iter=1000), x, y, cv=folds)
    rates = [fold["value"] for fold in error_rates(x, y, 3)]
    np.testing.assert_allclose(rates, 100 * (1 - accuracy))
    assert [fold["value"] for fold in error_rates(x + 100 * y[:, None], y, 3)] == [0.0] * 5


def test_all_pairs_of_types_are_told_apart() -> None:
    raw = files.kang(times=6)
    rows = misclassification(raw, study("kang")).rows
    pairs = rows.groupby(["group", "group2"])
    assert len(pairs) == 28 and (pairs.size() == 5).all()
    assert rows["value"].between(0, 100).all()
    sizes = rows.set_index(["group", "group2"])["n_cells"]
    assert (sizes["B cells", "NK cells"] == 6 * 2 * 3).all()


def test_a_type_of_few_cells_has_a_reason() -> None:
    raw = files.kang(times=2)
    rows = misclassification(raw, study("kang")).rows
    few = rows[rows["group2"] == "Megakaryocytes"]
    assert few["value"].isna().all() and few["reason"].eq("4 cells of one type, 5 needed").all()


def test_the_stored_plane_is_used_if_there_is_one() -> None:
    raw = files.kang(times=3)
    computed = tsne(raw, study("kang"))
    assert computed.cells.shape == (raw.n_obs, 2)
    assert set(computed.rows["embedding"]) == {"t-SNE of 50 principal components"}
    raw.obsm["X_tsne"] = np.random.default_rng(0).normal(size=(raw.n_obs, 2))
    stored = tsne(raw, study("kang"))
    np.testing.assert_allclose(stored.cells.X, raw.obsm["X_tsne"].astype(np.float32))
    assert stored.rows["value"].sum() == raw.n_obs


def test_rows_without_a_value_need_a_reason() -> None:
    from sccbgm.analyses.study import tidy

    with pytest.raises(ValueError, match="without a reason"):
        tidy([{"value": np.nan}], study("kang"))
