"""Splits, bases and the cells of all types."""

from __future__ import annotations

import cells as files
import numpy as np
import pytest
from analysis_toys import clean, study
from sklearn.decomposition import PCA

from sccbgm.analyses import cells


def test_every_population_is_split_60_to_40() -> None:
    adata = clean("kang", times=10)
    role = cells.random_split(adata, "any", "kang", seed=1)
    of = adata.obs.assign(test=role == cells.TEST).groupby(["broad", "condition"], observed=True)
    shares = of["test"].mean()
    assert shares.between(0.35, 0.45).all()
    assert (role != cells.random_split(adata, "any", "kang", seed=2)).any()
    assert (role == cells.random_split(adata, "any", "kang", seed=1)).all()


def test_a_population_of_one_cell_cannot_be_split() -> None:
    adata = clean("kang", times=2)
    nk = np.flatnonzero(adata.obs["L2_stim"] == "NK cells_0_stim")
    keep = np.setdiff1d(np.arange(adata.n_obs), nk[1:])
    with pytest.raises(ValueError, match="NK cells, stim"):
        cells.random_split(adata[keep], "any", "kang", seed=1)


def test_leading_components_are_those_of_scikit_learn() -> None:
    adata = clean("kang", times=4)
    ours = cells.leading_components(adata, 5)
    theirs = PCA(5, svd_solver="full").fit_transform(adata.X.toarray().astype(float))
    turned = theirs * np.sign((ours * theirs).sum(0))
    np.testing.assert_allclose(ours, turned, atol=1e-4)


def test_dropped_types_are_there_again() -> None:
    raw = files.kang(times=3)
    everything = cells.every_type(raw, study("kang").dataset)
    assert set(everything.obs["broad"]) == {*raw.obs["cell"].unique()}
    assert "Megakaryocytes" in set(everything.obs["broad"])
    assert everything.n_obs == raw.n_obs


def test_a_file_without_the_dropped_type_is_as_good() -> None:
    raw = files.kang(times=3)
    raw = raw[raw.obs["cell"] != "Megakaryocytes"].copy()
    everything = cells.every_type(raw, study("kang").dataset)
    assert "Megakaryocytes" not in set(everything.obs["broad"])
