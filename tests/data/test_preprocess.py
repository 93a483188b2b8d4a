"""Preprocessing: formulas, labels, concepts and the record, on files in each dataset's schema."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from cells import changed, cui, interventions, interventions_config, kang, nault, shipped

from sccbgm.data.contract import ContractError
from sccbgm.data.genes import select_genes
from sccbgm.data.preprocess import preprocess, read_record


def test_normalisation_is_its_formula():
    adata = kang()
    clean = preprocess(adata, shipped("kang"))
    counts = adata[clean.obs_names].X.toarray()
    expected = np.log1p(1214 * counts / counts.sum(axis=1, keepdims=True))
    assert clean.X.dtype == np.float32
    np.testing.assert_allclose(clean.X.toarray(), expected, rtol=1e-5)
    assert describe_labels(clean) == (14 * 2, 7 * 2)


def describe_labels(clean):
    return clean.obs["L2_stim"].nunique(), clean.obs["L1_stim"].nunique()


def test_input_is_not_changed():
    adata = kang()
    before = adata.copy()
    preprocess(adata, shipped("kang"))
    assert (adata.X != before.X).nnz == 0
    pd.testing.assert_frame_equal(adata.obs, before.obs)


def test_kang_drops_megakaryocytes_and_has_eight_concepts():
    clean = preprocess(kang(), shipped("kang"))
    assert clean.n_obs == 14 * 2 * 4
    table = clean.obsm["concepts"]
    assert list(table) == [*shipped("kang").columns.broad.labels, "stim"]
    assert (table.iloc[:, :7].sum(axis=1) == 1).all()
    np.testing.assert_array_equal(table["stim"] == 1, clean.obs["condition"] == "stim")
    assert set(clean.obs) == {"broad", "subtype", "condition", "L1_stim", "L2_stim"}
    assert "Megakaryocytes" not in clean.obs["broad"].cat.categories
    assert clean.obsm["X_tsne"].shape == (clean.n_obs, 2)


def test_median_is_that_of_the_cells_that_are_kept():
    adata = kang()
    adata.X[np.flatnonzero(adata.obs["cell"] == "Megakaryocytes")] *= 1000
    clean = preprocess(adata, changed(shipped("kang"), preprocess={"target_sum": "median"}))
    totals = np.asarray(adata[clean.obs_names].X.sum(axis=1)).ravel()
    assert clean.uns["sccbgm"]["target_sum"] == np.median(totals)


def test_selection_on_train_sees_no_held_out_cell():
    config = changed(
        shipped("kang"),
        preprocess={"target_sum": "median", "selection_on": "train", "n_top_genes": 10},
    )
    adata = kang()
    held_out = adata.obs["L2_stim"].isin(config.tasks.held_out_labels).to_numpy()
    clean = preprocess(adata, config)
    rng = np.random.default_rng(1)
    adata.X[np.flatnonzero(held_out)] = rng.poisson(5, (held_out.sum(), adata.n_vars))
    other = preprocess(adata, config)
    assert clean.n_vars == 10
    assert list(clean.var_names) == list(other.var_names)
    assert clean.uns["sccbgm"]["target_sum"] == other.uns["sccbgm"]["target_sum"]


def test_mean_expression_takes_the_largest_means():
    means = np.array([1.0, 5.0, 2.0, 4.0])
    adata = AnnData(np.tile(means, (6, 1)))
    adata.X[3:] *= 100
    everything, first = np.ones(6, dtype=bool), np.arange(6) < 3
    chosen = select_genes(adata, 2, "mean_expression", everything)
    np.testing.assert_array_equal(chosen, [False, True, False, True])
    adata.X[3:, 0] = 1e6
    np.testing.assert_array_equal(select_genes(adata, 2, "mean_expression", first), chosen)


def test_highly_variable_genes_are_found():
    rng = np.random.default_rng(0)
    rates = np.full((300, 200), 20.0)
    varying = [3, 11, 17]
    rates[:150, varying], rates[150:, varying] = 8.0, 32.0  # same mean, larger dispersion
    expression = np.log1p(rng.poisson(rates).astype(float))
    chosen = select_genes(AnnData(expression), 3, "hvg", np.ones(300, dtype=bool))
    assert list(np.flatnonzero(chosen)) == varying


def test_cui_has_a_concept_for_each_cytokine_and_broad_type():
    clean = preprocess(cui(cytokines=("IL2", "IL4")), shipped("cui"))
    samples = sorted(clean.obs["condition"].unique())
    assert list(clean.obsm["concepts"]) == [*samples, *shipped("cui").columns.broad.groups]
    assert (clean.obs.loc[clean.obs["subtype"] == "ILC", "broad"] == "Innate_lymphoid_cell").all()
    assert (clean.obs["L2_stim"] == clean.obs["subtype"].astype(str) + "_"
            + clean.obs["condition"].astype(str)).all()  # fmt: skip


@pytest.mark.parametrize("dose_as", [str, float, np.float32])
def test_nault_doses(dose_as):
    adata = nault(dose_as=dose_as)
    clean = preprocess(adata, shipped("nault"))
    np.testing.assert_allclose(clean.X, adata.X, rtol=1e-6)  # taken as it is
    labels = clean.obs["condition"].cat.categories
    assert sorted(labels, key=float) == [
        "0.0",
        "0.01",
        "0.03",
        "0.1",
        "0.3",
        "1.0",
        "3.0",
        "10.0",
        "30.0",
    ]
    scaled = clean.obsm["concepts"].groupby(clean.obs["condition"], observed=True)["dose"].first()
    published = {"0.0": 0, "0.01": 0.0029, "0.3": 0.0764, "1.0": 0.2018, "10.0": 0.6983, "30.0": 1}
    for dose, value in published.items():
        assert scaled[dose] == pytest.approx(value, abs=5e-5)
    names = ["Cholangiocyte", "Hepatocyte", "Immune Cell", "Stromal Cell"]
    assert list(clean.obsm["concepts"]) == [*names, "dose"]
    assert list(read_record(clean)["hard"]) == names


def test_whole_number_text_doses_are_keyed_by_the_number():
    adata = nault()
    adata.obs["dose"] = adata.obs["dose"].astype(str).replace({"1.0": "1", "30.0": "30"})
    assert "T cell_1.0" in set(preprocess(adata, shipped("nault")).obs["L2_dose"])


def test_lognormalised_file_is_not_normalised_again(caplog):
    adata = kang()
    adata.X = np.log1p(500 * adata.X.toarray() / np.asarray(adata.X.sum(axis=1)))
    clean = preprocess(adata, shipped("kang"))
    np.testing.assert_allclose(clean.X, adata[clean.obs_names].X, rtol=1e-6)
    assert "not normalised again" in caplog.text
    record = read_record(clean)
    assert record["target_sum"] == pytest.approx(500)
    assert record["input"]["state"] == "lognorm"
    assert np.isnan(record["library_size"])


def test_the_record_says_what_x_was_taken_for():
    counts = read_record(preprocess(kang(), shipped("kang")))
    assert counts["input"] == {
        "where": "X",
        "state": "counts",
        "evidence": "every value is a whole number",
    }
    declared = read_record(preprocess(nault(), shipped("nault")))
    assert declared["input"]["evidence"] == "sums of expm1 are 100 in every cell, to 0.001"
    adata = nault()
    part = read_record(preprocess(adata[:, :30].copy(), shipped("nault")))
    assert part["input"]["evidence"].startswith("declared; ")


def test_conflicts_with_stored_labels_and_concepts_are_logged(caplog):
    adata = kang()
    adata.obs["L2_stim"] = "old"
    adata.obsm["concepts"] = pd.DataFrame(
        np.zeros((adata.n_obs, 8)),
        index=adata.obs_names,
        columns=[*(f"L1_{x}" for x in shipped("kang").columns.broad.labels), "stim"],
    )
    clean = preprocess(adata, shipped("kang"))
    assert "obs['L2_stim']: 112 stored labels differ" in caplog.text
    assert "concept 'NK cells' differs from the stored one" in caplog.text
    assert clean.obsm["concepts"]["stim"].sum() == clean.n_obs / 2
    adata.obsm["concepts"] = adata.obsm["concepts"].iloc[:, :5]
    preprocess(adata, shipped("kang"))
    assert "the stored concepts have 5 names, the rebuilt ones 8" in caplog.text


def test_interventions_keep_their_columns_and_concepts():
    adata = interventions()
    clean = preprocess(adata, interventions_config())
    pd.testing.assert_frame_equal(clean.obsm["concepts"], adata.obsm["concepts"])
    assert list(clean.obs["original_index"]) == list(adata.obs["original_index"])
    record = read_record(clean)
    assert (record["group_column"], record["context_column"]) == ("cell_type", "cell_type")


def test_survives_a_file_and_asserts_its_scale(tmp_path):
    clean = preprocess(kang(), shipped("kang"))
    clean.write_h5ad(tmp_path / "kang.h5ad")
    back = ad.read_h5ad(tmp_path / "kang.h5ad")
    assert read_record(back)["genes"] == "all"
    pd.testing.assert_frame_equal(back.obsm["concepts"], clean.obsm["concepts"])
    with pytest.raises(ValueError, match="found None, expected 'log1p'"):
        read_record(kang())


def test_repeated_concept_names_are_refused():
    concepts = [{"kind": "one_hot", "column": "broad"}] * 2
    with pytest.raises(ContractError, match="names used more than once"):
        preprocess(kang(), changed(shipped("kang"), concepts=concepts))
