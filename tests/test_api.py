"""Fit, edit, save and load on an AnnData."""

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from toy import EFFECT, toy_task

from sccbgm import api

SMALL = {"epochs": 30, "hidden_dim": 32, "n_layers": 2, "latent_dim": 8, "n_unknown": 8,
         "lr": 2e-3, "batch_size": 64}  # fmt: skip


@pytest.fixture(scope="module")
def adata() -> AnnData:
    data = toy_task(n=800, unseen=False)
    adata = AnnData(np.zeros((len(data.train), 1), np.float32))
    adata.obsm["X_pca"] = data.train.x
    names = list(data.concept_names)
    adata.obsm["concepts"] = pd.DataFrame(data.train.concepts, index=adata.obs_names, columns=names)
    return adata


@pytest.mark.parametrize("method", ["sccbgm", "sccbgm_fm"])
def test_fit_intervene_save_load(adata, method, tmp_path):
    model = api.fit(adata, method=method, **SMALL)
    control = adata[adata.obsm["concepts"]["stim"] == 0]
    edited = model.intervene(control, {"stim": 1.0})
    shift = (edited - control.obsm["X_pca"]).mean(0)
    assert 0.4 * EFFECT < shift[0] < 1.6 * EFFECT
    model.save(tmp_path / "model")
    again = api.load(tmp_path / "model")
    np.testing.assert_allclose(again.intervene(control, {"stim": 1.0}), edited, atol=1e-5)
    codes = model.encode(control)
    assert list(codes.columns[:3]) == ["A", "B", "stim"]
    assert codes["stim"].mean() < 0.2
    pd.testing.assert_frame_equal(codes, again.encode(control))


def test_faults_are_named(adata):
    model = api.fit(adata, **(SMALL | {"epochs": 1}))
    with pytest.raises(KeyError, match="no concepts"):
        model.intervene(adata, {"dose": 1.0})
    with pytest.raises(ValueError, match="expected one of"):
        model.intervene(adata, {"stim": 1.0}, mode="decode")
    with pytest.raises(KeyError, match="X_umap"):
        api.fit(adata, rep="X_umap")
    with pytest.raises(TypeError, match="width"):
        api.fit(adata, width=3)
    with pytest.raises(ValueError, match="own models"):
        api.fit(adata, method="no_edit")
