"""scCBGM as an object: from an AnnData to AnnData objects."""

import json
import subprocess
import sys

import numpy as np
import pytest
from api_cells import EFFECT, SMALL, cells, with_pca

import sccbgm
from sccbgm.api.answers import agreement


@pytest.fixture(scope="module")
def adata():
    adata = cells(800)
    adata.obs["dose"] *= 10
    sccbgm.setup_concepts(
        adata, binary={"condition": "stim"}, categorical=["type"], continuous={"dose": (0, 10)}
    )
    return adata


@pytest.fixture(scope="module")
def model(adata):
    return sccbgm.ScCBGM(adata, seeds=3).fit(progress=False, **SMALL | {"epochs": 60})


def test_an_edit_answers_with_genes_and_components(adata, model):
    control = adata[adata.obs["condition"] == "ctrl"]
    answer, without = model.intervene({"stim": 1}, control), model.reconstruct(control)
    change = (answer.layers["counterfactual"] - without.layers["reconstruction"]).mean(0)
    assert 0.5 * EFFECT < change[0] < 1.5 * EFFECT
    assert np.abs(change[1:]).max() < 0.1 * EFFECT
    assert answer.obs_names.equals(control.obs_names)
    assert answer.var_names.equals(control.var_names)
    np.testing.assert_array_equal(answer.X, control.X)
    members = model.model.members(control, {"stim": 1})
    np.testing.assert_allclose(answer.obsm["X_edited"], members.mean(0), atol=1e-6)
    np.testing.assert_allclose(answer.obsm["X_edited_sd"], members.std(0, ddof=1), atol=1e-6)
    genes = members @ model.model.space.basis.components
    np.testing.assert_allclose(answer.layers["counterfactual_sd"], genes.std(0, ddof=1), atol=1e-4)
    assert answer.obs["agreement"].median() > 0.9


def test_an_answer_says_where_it_is_from(adata, model, tmp_path):
    from anndata import read_h5ad

    answer = model.intervene({"type": "B", "dose": 5})
    answer.write_h5ad(tmp_path / "edited.h5ad")
    record = read_h5ad(tmp_path / "edited.h5ad").uns["sccbgm"]
    assert json.loads(record["edits"]) == {"type": "B", "dose": 5.0}
    assert record["model"] == model.model.hash
    assert record["method"] == "sccbgm" and list(record["seeds"]) == [0, 1, 2]
    assert record["mode"] == "edit" and set(record["units"]) == {"X_edited", "counterfactual"}


def test_agreement_is_the_mean_cosine_of_pairs():
    shifts = np.random.default_rng(0).normal(size=(4, 5, 3))
    unit = shifts / np.linalg.norm(shifts, axis=-1, keepdims=True)
    pairs = [(unit[a] * unit[b]).sum(-1) for a in range(4) for b in range(a)]
    np.testing.assert_allclose(agreement(shifts), np.mean(pairs, 0))
    shifts[0, 0] = 0
    assert np.isnan(agreement(shifts)[0]) and not np.isnan(agreement(shifts)[1:]).any()


def test_seeds_of_a_stack_are_those_trained_alone(adata, model):
    alone = sccbgm.fit(adata, rep=None, seed=2, **SMALL | {"epochs": 3})
    together = sccbgm.fit(adata, rep=None, seed=[0, 2], **SMALL | {"epochs": 3})
    np.testing.assert_allclose(
        together.members(adata, {"stim": 1})[1], alone.intervene(adata, {"stim": 1}), atol=1e-3
    )


def test_history_has_the_losses_of_every_epoch(model):
    table = model.history
    assert set(table.columns[:4]) == {"method", "seed", "epoch", "loss"}
    assert table.groupby("seed")["epoch"].apply(list).tolist() == [list(range(1, 61))] * 3
    by_epoch = table.groupby("epoch")["loss"].mean()
    assert by_epoch[60] < by_epoch[1] / 2


def test_a_flow_is_one_argument(adata, tmp_path):
    small = SMALL | {"epochs": 2}
    model = sccbgm.ScCBGM(adata, flow=True).fit(progress=False, **small)
    assert model.model.method.id == "sccbgm_fm"
    assert set(model.history["method"]) == {"sccbgm", "sccbgm_fm"}
    answer = model.intervene({"stim": 1}, adata[:7], mode="decode")
    assert answer.uns["sccbgm"]["mode"] == "decode"
    assert "agreement" not in answer.obs and "counterfactual_sd" not in answer.layers
    codes = model.encode(adata[:7])
    assert codes.index.equals(adata.obs_names[:7])
    model.save(tmp_path)
    again = sccbgm.ScCBGM.load(tmp_path)
    np.testing.assert_array_equal(
        again.intervene({"stim": 1}, adata[:7], mode="decode").obsm["X_edited"],
        answer.obsm["X_edited"],
    )
    with pytest.raises(ValueError, match="adata: found none"):
        again.intervene({"stim": 1})
    assert sccbgm.ScCBGM.load(tmp_path, adata).encode().shape[0] == adata.n_obs


def test_it_says_what_it_is(adata, model):
    fresh = sccbgm.ScCBGM(adata)
    assert "not fitted, on 800 cells" in repr(fresh)
    with pytest.raises(RuntimeError, match="fit"):
        fresh.intervene({"stim": 1})
    text = repr(model)
    for words in (model.model.hash, "seeds 0, 1, 2", "stim (0/1)", "dose (continuous)", "10 genes"):
        assert words in text


def test_a_bar_shows_the_epochs(adata, capsys):
    sccbgm.ScCBGM(adata, flow=True, seeds=2).fit(**SMALL | {"epochs": 2})
    shown = capsys.readouterr().err
    assert "sccbgm (2 seeds): 100%" in shown and "sccbgm_fm (2 seeds): 100%" in shown
    assert "2/2" in shown and "loss=" in shown


def test_components_alone_have_no_genes(adata):
    mine = with_pca(adata.copy())
    mine.obsm["X_other"] = mine.obsm["X_pca"][:, :3]
    model = sccbgm.ScCBGM(mine, rep="X_other").fit(progress=False, **SMALL | {"epochs": 1})
    answer = model.intervene({"stim": 1})
    assert answer.n_vars == 0 and not answer.layers
    np.testing.assert_array_equal(answer.obsm["X_other"], mine.obsm["X_other"])


def test_a_training_that_fails_says_which_seed(adata):
    with pytest.raises(RuntimeError, match="sccbgm, seed 0: the loss was not finite at step"):
        sccbgm.fit(adata, rep=None, **SMALL | {"lr": 1e20})


def test_importing_the_package_imports_no_torch():
    code = (
        "import sys, sccbgm; assert {'fit', 'load', 'Model', 'ScCBGM'} <= set(dir(sccbgm)); "
        "assert not {'torch', 'anndata', 'numpy'} & set(sys.modules); "
        "sccbgm.fit; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="no attribute 'fitt'"):
        sccbgm.fitt  # noqa: B018
