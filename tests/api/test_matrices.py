"""Where expression is and how it is stored: layers, .raw, counts, files, views, odd types."""

from __future__ import annotations

import anndata
import numpy as np
import pandas as pd
import pytest
from api_cells import ONE_EPOCH, cells
from scipy import sparse

from sccbgm import api

EDIT = {"stim": 1.0}


def fit(adata, **options):
    return api.fit(adata, rep=None, soft=["dose"], **(ONE_EPOCH | options))


@pytest.fixture(scope="module")
def counted():
    """Cells whose X are counts; layers["lognorm"] is what becomes of them."""
    adata = cells()
    adata.X = np.rint(20 * adata.X).astype(np.float32)
    library = adata.X.sum(1, keepdims=True)
    adata.layers["lognorm"] = np.log1p(adata.X / library * np.median(library))
    return adata


def test_counts_are_scaled_to_the_median_library_of_the_training_cells(counted):
    model = fit(counted, counts=True)
    assert model.space.source.target_sum == np.median(counted.X.sum(1))
    given = fit(counted, layer="lognorm")
    expected = given.intervene(counted, EDIT)
    np.testing.assert_allclose(model.intervene(counted, EDIT), expected, atol=1e-4)
    some = counted[:10]  # of which the median is another
    np.testing.assert_allclose(model.intervene(some, EDIT), expected[:10], atol=1e-4)
    answer = api.counterfactual(model, some, EDIT)
    np.testing.assert_allclose(answer.X, some.layers["lognorm"], rtol=1e-5)
    assert answer.uns["sccbgm"]["units"]["counterfactual"].startswith("log1p of counts scaled to ")


def test_a_saved_model_knows_its_matrix(counted, tmp_path):
    model = fit(counted, counts=True)
    model.save(tmp_path)
    again = api.load(tmp_path)
    assert again.space.source == model.space.source
    np.testing.assert_array_equal(again.intervene(counted, EDIT), model.intervene(counted, EDIT))


def test_raw_has_genes_of_its_own(counted):
    adata = counted[:, 3:].copy()
    adata.raw = counted
    model = fit(adata, layer=".raw", counts=True)
    assert len(model.space.genes) == 10
    np.testing.assert_allclose(
        model.intervene(adata, EDIT), fit(counted, counts=True).intervene(counted, EDIT), atol=1e-4
    )
    view = adata[adata.obs["type"] == "A"]
    assert api.counterfactual(model, view, EDIT).shape == (view.n_obs, 10)


def test_what_was_declared_is_what_must_be_there(counted):
    with pytest.raises(api.Fault, match="X: found integers.*or counts=True"):
        fit(counted)
    with pytest.raises(api.Fault, match=r"layers\['lognorm'\]: found values that are not whole"):
        fit(counted, layer="lognorm", counts=True)
    with pytest.raises(api.Fault, match="layer: unknown layer 'lognrm'; did you mean 'lognorm'"):
        fit(counted, layer="lognrm")
    with pytest.raises(api.Fault, match=r"\.raw: found nothing"):
        fit(counted, layer=".raw")
    with pytest.raises(api.Fault, match="X: found values that are not whole"):
        fit(counted, counts=True).intervene(cells(), EDIT)
    text = cells()
    text.layers["text"] = text.X.astype(str)
    with pytest.raises(api.Fault, match=r"layers\['text'\]: found values of type"):
        fit(text, layer="text")


KINDS = {
    "csr": sparse.csr_matrix,
    "csc": sparse.csc_matrix,
    "array": sparse.csr_array,
    "half": lambda x: x.astype(np.float16),
    "double": lambda x: x.astype(np.float64),
    "column by column": np.asfortranarray,
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_matrix_is_read(kind):
    adata = cells()
    model = fit(adata)
    expected = model.intervene(adata, EDIT)
    adata.X = KINDS[kind](adata.X)
    found = model.intervene(adata[:, ::-1], EDIT)
    np.testing.assert_allclose(found, expected, atol=0.02 if "half" in kind else 1e-4)
    assert fit(adata).space.n_dims == 9


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix, sparse.csc_matrix])
def test_a_file_need_not_be_read_before(form, tmp_path):
    adata = cells()
    adata.X = form(adata.X)
    adata.raw = adata
    model = fit(adata)
    expected = model.intervene(adata, EDIT)
    adata.write_h5ad(tmp_path / "cells.h5ad")
    backed = anndata.read_h5ad(tmp_path / "cells.h5ad", backed="r")
    rows = np.flatnonzero(backed.obs["type"] == "A")
    np.testing.assert_allclose(model.intervene(backed, EDIT), expected, atol=1e-5)
    np.testing.assert_allclose(model.intervene(backed[rows], EDIT), expected[rows], atol=1e-5)
    np.testing.assert_allclose(fit(backed).intervene(backed, EDIT), expected, atol=1e-4)
    assert fit(backed, layer=".raw").space.genes == model.space.genes
    backed.file.close()


def test_text_of_every_kind_is_a_label(tmp_path):
    adata = cells()
    adata.obs["null"] = adata.obs["type"].astype("string")
    adata.obs.loc[adata.obs_names[:50], "null"] = pd.NA
    adata.obs["unused"] = pd.Categorical(adata.obs["condition"], ["ctrl", "other", "stim"])
    adata.obs["flag"] = adata.obs["condition"] == "stim"
    api.setup_concepts(adata, binary=["flag"], categorical=["null", "unused"])
    table = adata.obsm["concepts"]
    assert list(table) == ["flag", "A", "B", "ctrl", "stim"]
    assert table["A"].isna().sum() == 50 and set(table["flag"]) == {0, 1}
    model = api.fit(adata, rep=None, **ONE_EPOCH)
    with anndata.settings.override(allow_write_nullable_strings=True):
        api.counterfactual(model, adata, {"null": "B"}).write_h5ad(tmp_path / "edited.h5ad")
    assert anndata.read_h5ad(tmp_path / "edited.h5ad").obs["null"].isna().sum() == 50


def test_all_faults_of_a_training_are_said_at_once():
    adata = cells()
    adata.X[0, 0] = np.nan
    adata.obsm["concepts"]["stim"] = 2.0
    with pytest.raises(api.Fault) as raised:
        api.fit(adata, rep=None, method="sccbgm", seed=-1, device="cuda:99", validation=3,
                epohcs=1)  # fmt: skip
    lines = str(raised.value).splitlines()
    assert len(lines) == 7
    for words in (
        "'epohcs'; did you mean 'epochs'", "seed: found -1", "device: found", "validation: found 3",
        "obsm['concepts']['stim']: found 2", "obsm['concepts']['dose']: found 0.", "X: found 1 ",
    ):  # fmt: skip
        assert sum(words in line for line in lines) == 1, words


def test_all_faults_of_an_edit_are_said_at_once():
    adata = cells()
    model = fit(adata)
    with pytest.raises(api.Fault) as raised:
        model.intervene(adata[:, :5], {"stim": 7, "dosis": 1, "dose": "high"}, mode="decode")
    assert len(str(raised.value).splitlines()) == 5
