"""The concepts that are allowed: kinds, ranges, missing values, and edits of them."""

import numpy as np
import pandas as pd
import pytest
from api_cells import EFFECT, ONE_EPOCH, cells

from sccbgm import api


def fit(adata, soft=("dose",), **params):
    return api.fit(adata, rep=None, soft=soft, **(ONE_EPOCH | params))


@pytest.fixture(scope="module")
def model():
    return fit(cells(), soft={"dose": (0, 2)})


def test_a_dose_response_rises_with_the_dose():
    adata = cells(800)
    model = fit(adata, epochs=60)
    low = adata[adata.obs["dose"] == 0]
    base = model.intervene(low, {"dose": 0.0}) @ model.space.basis.components
    effects = [
        (model.intervene(low, {"dose": dose}) @ model.space.basis.components - base)[:, 1].mean()
        for dose in (0.25, 0.5, 1.0)
    ]
    assert effects == pytest.approx([0.25 * EFFECT, 0.5 * EFFECT, EFFECT], abs=0.4)
    assert effects == sorted(effects)


@pytest.mark.parametrize(
    "soft",
    [(), ["Dose"], ["stim", "dos"], "dose", {"dose": (1, 0)}, {"dose": 1.0},
     {"dose": (0, np.nan)}, {"dose": (0, 0.4)}],
)  # fmt: skip
def test_a_continuous_concept_is_never_taken_for_a_hard_one(soft):
    with pytest.raises(ValueError, match="dos"):
        fit(cells(), soft=soft)


def test_a_misspelt_name_is_answered_with_the_near_one():
    with pytest.raises(ValueError, match="did you mean 'dose'"):
        fit(cells(), soft=["dosis"])


def test_a_range_scales_the_values_and_the_edits():
    adata = cells()
    tenfold = cells()
    tenfold.obsm["concepts"]["dose"] *= 10
    a, b = fit(adata, soft=["dose"]), fit(tenfold, soft={"dose": (0, 10)})
    np.testing.assert_allclose(
        a.intervene(adata, {"dose": 0.5}), b.intervene(tenfold, {"dose": 5}), atol=1e-5
    )
    codes = a.encode(adata)["dose"], b.encode(tenfold)["dose"]
    np.testing.assert_allclose(10 * codes[0], codes[1], atol=1e-4)


def change(column, values):
    adata = cells()
    adata.obsm["concepts"][column] = values
    return adata


@pytest.mark.parametrize(
    ("column", "values", "found"),
    [
        ("stim", 2.0, "found 2; expected 0, 1"),
        ("stim", 0.0, "0.0 in all annotated cells"),
        ("stim", np.nan, "no annotated cell"),
        ("stim", np.inf, "infinite"),
        ("stim", "ctrl", "'ctrl'"),
        ("dose", -1.0, "found -1; expected values from 0 to 1"),
        ("dose", 5.0, "found 5; expected values from 0 to 1"),
    ],
)
def test_values_that_a_concept_cannot_have(column, values, found):
    with pytest.raises(ValueError, match=found) as raised:
        fit(change(column, values))
    assert f"obsm['concepts'][{column!r}]" in str(raised.value)


def test_an_array_names_no_concepts():
    adata = cells()
    adata.obsm["concepts"] = adata.obsm["concepts"].to_numpy()
    with pytest.raises(ValueError, match="ndarray of shape \\(400, 2\\).*expected a pandas"):
        fit(adata)
    with pytest.raises(ValueError, match="expected the key of a table in obsm"):
        api.fit(cells(), concepts=cells().obsm["concepts"].to_numpy(), rep=None)


def test_repeated_names_are_refused():
    adata = cells()
    adata.obsm["concepts"] = adata.obsm["concepts"].set_axis(["stim", "stim"], axis=1)
    with pytest.raises(ValueError, match="each once"):
        fit(adata)


@pytest.mark.parametrize(
    "edits",
    [{"stim": 1.5}, {"stim": -1}, {"stim": np.nan}, {"stim": "stim"}, {"stim": None},
     {"dose": 2.5}, {"dose": np.inf}, {"dosis": 1}, {}, "stim", {"stim": [1.0]}],
)  # fmt: skip
def test_an_edit_out_of_range_is_refused(model, edits):
    with pytest.raises(ValueError, match="edits: .*expected|edits: .*accepted"):
        model.intervene(cells(), edits)


def test_missing_annotations_take_no_part(model):
    adata = cells(800)
    rng = np.random.default_rng(1)
    adata.obsm["concepts"] = adata.obsm["concepts"].mask(rng.random((800, 2)) < 0.5)
    fitted = fit(adata, epochs=60)
    codes = fitted.encode(adata)["stim"]
    assert codes[adata.obs["condition"] == "stim"].mean() > 0.8
    assert codes[adata.obs["condition"] == "ctrl"].mean() < 0.2


def test_cells_need_no_annotations_to_be_edited(model):
    adata = cells()
    expected = model.intervene(adata, {"stim": 1})
    del adata.obsm["concepts"]
    np.testing.assert_array_equal(model.intervene(adata, {"stim": 1}), expected)


def test_a_method_that_reads_annotations_says_so():
    adata = cells()
    fitted = api.fit(adata, rep=None, soft=["dose"], method="vanilla_fm", epochs=1,
                     hidden_dim=16, n_layers=1)  # fmt: skip
    with pytest.raises(NotImplementedError, match="Vanilla-FM has no code"):
        fitted.encode(adata)
    del adata.obsm["concepts"]
    with pytest.raises(ValueError, match="400 of 400 cells without an annotation.*Vanilla-FM"):
        fitted.intervene(adata, {"stim": 1})
    adata = cells()
    adata.obsm["concepts"].iloc[:5, 0] = np.nan
    with pytest.raises(ValueError, match="5 of 400 cells without an annotation.*CVAE-FM"):
        api.fit(adata, rep=None, soft=["dose"], method="cvae_fm")


def test_what_a_method_cannot_be_asked_is_no_failure_of_it(caplog):
    adata = cells()
    model = api.fit(adata, rep=None, soft=["dose"], method="perturbedvae", epochs=1,
                    hidden_dim=16, perturbations=("stim",))  # fmt: skip
    assert model.intervene(adata, {"stim": 1}).shape == (400, 9)
    with pytest.raises(ValueError, match="\\['dose'\\].*which it can edit, are \\['stim'\\]"):
        model.intervene(adata, {"dose": 1})
    del adata.obsm["concepts"]
    with pytest.raises(ValueError, match="not annotated"):
        model.intervene(adata, {"stim": 1})
    assert not caplog.records


def test_columns_are_taken_by_name(model):
    adata = cells()
    expected = model.intervene(adata, {"stim": 1})
    adata.obsm["concepts"] = adata.obsm["concepts"][["dose", "stim"]]
    np.testing.assert_array_equal(model.intervene(adata, {"stim": 1}), expected)
    adata.obsm["concepts"] = adata.obsm["concepts"].rename(columns={"dose": "amount"})
    with pytest.raises(ValueError, match="'dose'.*amount"):
        model.intervene(adata, {"stim": 1})


def test_set_up_from_columns():
    adata = cells()
    adata.obs["type"] = adata.obs["type"].astype("category").cat.add_categories("unused")
    adata.obs.loc["cell0", "type"] = np.nan
    adata.obs["dose"] = adata.obs["dose"] * 10
    api.setup_concepts(adata, binary={"condition": "stim"}, categorical=["type"],
                       continuous=["dose"])  # fmt: skip
    table = adata.obsm["concepts"]
    assert list(table) == ["stim", "A", "B", "dose"]
    assert table.loc["cell0", ["A", "B"]].isna().all() and not table.iloc[1:].isna().any().any()
    pd.testing.assert_series_equal(
        table["stim"], (adata.obs["condition"] == "stim").astype(np.float32), check_names=False
    )
    model = fit(adata, soft=())
    assert [c.hard for c in model.concepts.items] == [True, True, True, False]
    np.testing.assert_array_equal(
        model.intervene(adata, {"type": "B"}), model.intervene(adata, {"A": 0, "B": 1})
    )
    with pytest.raises(ValueError, match="accepted: A, B"):
        model.intervene(adata, {"type": "C"})
    with pytest.raises(ValueError, match="from 0 to 10"):
        model.intervene(adata, {"dose": 11})


def test_set_up_survives_a_file(tmp_path):
    from anndata import read_h5ad

    adata = cells()
    api.setup_concepts(adata, binary={"condition": "stim"}, continuous={"dose": (0, 2)})
    adata.write_h5ad(tmp_path / "cells.h5ad")
    again = fit(read_h5ad(tmp_path / "cells.h5ad"), soft=())
    assert again.concepts == fit(adata, soft=()).concepts


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({"binary": {"condition": "Stim"}}, "did you mean 'stim'"),
        ({"binary": {"conditions": "stim"}}, "did you mean 'condition'"),
        ({"categorical": ["doses"]}, "did you mean 'dose'"),
        ({"categorical": "type"}, "expected a list"),
        ({"continuous": ["condition"]}, "'ctrl'.*are not numbers"),
        ({"binary": {"condition": "stim"}, "categorical": ["condition"]}, "more than once"),
        ({}, "no column"),
    ],
)
def test_set_up_names_what_is_wrong(arguments, found):
    with pytest.raises(ValueError, match=found):
        api.setup_concepts(cells(), **arguments)


@pytest.mark.parametrize("label", ["Stim", " stim", "ｓｔｉｍ", "nan", "N/A", " "])
def test_labels_that_look_alike_are_refused(label):
    adata = cells()
    adata.obs.iloc[0, 1] = label
    with pytest.raises(ValueError, match="'condition'.*(look the same|in place of a label)"):
        api.setup_concepts(adata, binary={"condition": "stim"})


def test_numbers_may_have_a_unit():
    adata = cells()
    numbers = adata.obs["dose"].copy()
    adata.obs["dose"] = [f"{dose:g} uM" for dose in numbers]
    api.setup_concepts(adata, continuous=["dose"])
    np.testing.assert_allclose(adata.obsm["concepts"]["dose"], numbers)


def test_kinds_of_another_table_are_refused():
    adata = cells()
    api.setup_concepts(adata, binary={"condition": "stim"}, continuous=["dose"])
    adata.obsm["concepts"]["more"] = adata.obsm["concepts"]["stim"]
    with pytest.raises(ValueError, match="run setup_concepts again"):
        fit(adata, soft=())


def test_the_code_of_a_conditional_model_is_named_in_its_order():
    adata = cells()
    fitted = api.fit(adata, rep=None, soft=["dose"], method="cvae", epochs=1, hidden_dim=16,
                     n_layers=1, latent_dim=3)  # fmt: skip
    codes = fitted.encode(adata)
    assert list(codes) == ["z_0", "z_1", "z_2", "stim", "dose"]
    np.testing.assert_array_equal(codes["stim"], adata.obsm["concepts"]["stim"])


def test_settings_that_make_no_training():
    for params in ({"epochs": 0}, {"epochs": -5}, {"epochs": 1.5}, {"lr": 0.0}, {"lr": "fast"}):
        with pytest.raises(ValueError, match=f"{next(iter(params))}.*found"):
            fit(cells(), **params)
    for seed in ([], [1, 1], "one", 1.5, True):
        with pytest.raises(ValueError, match="seed: found"):
            fit(cells(), seed=seed)
    with pytest.raises(TypeError, match="did you mean 'epochs'"):
        fit(cells(), epoch=1)
    assert fit(cells(), epochs=np.int64(1), lr=np.float64(1e-3), seed=np.int64(4)).seeds == (4,)
