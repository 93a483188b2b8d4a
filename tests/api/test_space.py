"""Which cells a model accepts: genes, components, loadings, scale, numbers of cells."""

import anndata
import numpy as np
import pandas as pd
import pytest
from api_cells import ONE_EPOCH, cells, with_pca
from scipy import sparse

from sccbgm import api

EDIT = {"stim": 1.0}


def fit(adata, rep, **params):
    return api.fit(adata, rep=rep, soft=["dose"], **(ONE_EPOCH | params))


def test_own_components_are_those_of_scikit_learn():
    from sklearn.decomposition import PCA

    adata = cells()
    model = fit(adata, None, n_pcs=3)
    expected = PCA(3).fit_transform(adata.X)
    found = model.space.components(adata)
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-3)
    adata.X = sparse.csr_matrix(adata.X)
    np.testing.assert_allclose(fit(adata, None, n_pcs=3).space.components(adata), found, atol=1e-4)


@pytest.mark.parametrize("rep", [None, "X_pca"])
def test_genes_are_taken_by_name(rep):
    adata = with_pca(cells())
    model = fit(adata, rep)
    expected = model.intervene(adata, EDIT)
    turned = adata[:, ::-1].copy()
    np.testing.assert_allclose(model.intervene(turned, EDIT), expected, atol=1e-4)
    answer = api.counterfactual(model, turned, EDIT)
    assert list(answer.var_names) == list(adata.var_names)
    np.testing.assert_allclose(answer.X, adata.X)


@pytest.mark.parametrize("rep", [None, "X_pca"])
def test_another_panel_of_the_same_width_is_refused(rep):
    adata = with_pca(cells())
    model = fit(adata, rep)
    other = adata.copy()
    other.var_names = [f"{name}2" for name in adata.var_names]
    with pytest.raises(ValueError, match="var_names: found no \\['a2?', "):
        model.intervene(other, EDIT)
    other.var_names = ["a", "a", *adata.var_names[2:]]
    with pytest.raises(ValueError, match="var_names: .*more than once"):
        model.intervene(other, EDIT)


def test_components_of_another_pca_are_refused():
    model = fit(with_pca(cells()), "X_pca")
    other = with_pca(cells(seed=1))
    with pytest.raises(ValueError, match="varm\\['PCs'\\].*other than the model's"):
        model.intervene(other, EDIT)
    del other.varm["PCs"]
    with pytest.raises(ValueError, match="obsm\\['X_pca'\\].*other than the model's"):
        model.intervene(other, EDIT)


def test_components_without_loadings_are_compared_with_their_genes():
    adata = with_pca(cells())
    model = fit(adata, "X_pca")
    joined = anndata.concat([adata[:100], adata[100:]])
    assert "PCs" not in joined.varm
    np.testing.assert_array_equal(model.intervene(joined, EDIT), model.intervene(adata, EDIT))


def test_without_loadings_the_genes_must_stand_in_their_order():
    adata = with_pca(cells())
    adata.obsm["X_other"] = adata.obsm["X_pca"][:, :3]
    model = fit(adata, "X_other")
    assert not model.space.decodes
    assert model.intervene(adata[:5], EDIT).shape == (5, 3)
    with pytest.raises(ValueError, match="another order"):
        model.intervene(adata[:, ::-1], EDIT)
    with pytest.raises(ValueError, match="found no \\['j'\\]"):
        model.intervene(adata[:, :9], EDIT)


def test_components_of_another_width_are_refused():
    adata = with_pca(cells())
    model = fit(adata, "X_pca")
    adata.obsm["X_pca"] = adata.obsm["X_pca"][:, :3]
    with pytest.raises(ValueError, match="found 3 columns; expected 4"):
        model.intervene(adata, EDIT)


def test_loadings_that_do_not_give_the_components_decode_nothing():
    adata = with_pca(cells())
    adata.obsm["X_turned"] = adata.obsm["X_pca"][:, ::-1].copy()
    assert not fit(adata, "X_turned").space.decodes
    assert fit(adata, "X_pca").space.decodes


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("rep", [None, "X_pca"])
def test_cells_that_are_not_numbers_are_refused(rep, value):
    adata, broken = with_pca(cells()), with_pca(cells())
    broken.X[3, 2] = broken.obsm["X_pca"][3, 2] = value
    where = "X" if rep is None else "obsm\\['X_pca'\\]"
    with pytest.raises(ValueError, match=f"{where}: found 1 value"):
        fit(broken, rep)
    with pytest.raises(ValueError, match=f"{where}: found 1 value"):
        fit(adata, rep).intervene(broken, EDIT)


def test_x_on_another_scale_is_refused():
    adata = cells()
    model = fit(adata, None)
    for scale, found in ((np.rint(adata.X), "integers"), (adata.X - 4, "negative values")):
        other = adata.copy()
        other.X = scale
        with pytest.raises(ValueError, match=f"X: found {found}"):
            model.intervene(other, EDIT)
    other.X = np.rint(adata.X)
    with pytest.raises(ValueError, match="expected log-normalised"):
        fit(other, None)
    with pytest.raises(ValueError, match="X: found nothing"):
        fit(anndata.AnnData(obs=adata.obs, var=adata.var), None)


def test_too_few_cells_are_refused():
    adata = cells()
    with pytest.raises(ValueError, match="found 3 cells; expected 20 or more"):
        fit(adata[:3], None)
    with pytest.raises(ValueError, match="found 0 cells; expected 1 or more"):
        fit(adata, None).intervene(adata[:0], EDIT)
    with pytest.raises(ValueError, match="n_pcs: found 0; expected a whole number"):
        fit(adata, None, n_pcs=0)


def test_a_key_that_is_not_there_is_named_with_those_that_are():
    adata = with_pca(cells())
    with pytest.raises(ValueError, match="rep: unknown obsm key 'X_pcs'; did you mean 'X_pca'"):
        fit(adata, "X_pcs")
    with pytest.raises(ValueError, match="concepts: unknown obsm key 'concept'; did you mean"):
        api.fit(adata, concepts="concept", rep=None)
    with pytest.raises(ValueError, match="device: found 'cuda:99'"):
        api.ScCBGM(adata, soft=["dose"], device="cuda:99").fit()
    model = fit(adata, "X_pca")
    del adata.obsm["X_pca"]
    with pytest.raises(ValueError, match="rep: unknown obsm key 'X_pca'"):
        model.intervene(adata, EDIT)


def test_components_may_be_a_table_or_sparse():
    adata = with_pca(cells())
    expected = fit(adata, "X_pca").intervene(adata, EDIT)
    values = adata.obsm["X_pca"]
    for kind in (pd.DataFrame(values, index=adata.obs_names), sparse.csr_matrix(values)):
        adata.obsm["X_pca"] = kind
        np.testing.assert_allclose(fit(adata, "X_pca").intervene(adata, EDIT), expected, atol=1e-5)


def test_what_is_no_anndata_is_named():
    with pytest.raises(ValueError, match="adata: found str; expected an AnnData"):
        fit("cells.h5ad", None)
    with pytest.raises(ValueError, match="adata: found dict; expected an AnnData"):
        fit(cells(), None).intervene({"cells": 1}, EDIT)
    with pytest.raises(ValueError, match="rep: found list"):
        fit(cells(), ["X_pca"])


@pytest.mark.parametrize("rep", [None, "X_pca"])
def test_cells_that_are_all_the_same_are_refused(rep):
    adata = with_pca(cells())
    adata.X[:] = adata.X[0]
    adata.obsm["X_pca"][:] = 1
    with pytest.raises(ValueError, match="same (values )?in all cells"):
        fit(adata, rep)


def test_a_backed_file_is_read(tmp_path):
    adata = cells()
    model = fit(adata, None)
    adata.write_h5ad(tmp_path / "cells.h5ad")
    backed = anndata.read_h5ad(tmp_path / "cells.h5ad", backed="r")
    np.testing.assert_array_equal(model.intervene(backed, EDIT), model.intervene(adata, EDIT))
    backed.file.close()


def test_the_scale_of_answers_is_that_of_the_training_cells():
    adata = with_pca(cells())
    adata.uns["log1p"] = {}
    model = fit(adata, "X_pca")
    assert model.space.scale == "log1p"
    scaled = adata.copy()
    scaled.X = (adata.X - adata.X.mean(0)) / adata.X.std(0)
    np.testing.assert_array_equal(model.intervene(scaled, EDIT), model.intervene(adata, EDIT))
    with pytest.raises(ValueError, match="X: found values other than those that obsm"):
        api.counterfactual(model, scaled, EDIT)
    assert fit(with_pca(scaled), "X_pca").space.scale == "as in X"
