"""Which pairs are held out, and the layout of a synthetic AnnData."""

from __future__ import annotations

import anndata as ad
import numpy as np
import pytest
from scipy import stats

from sccbgm.config.sources import GeneratorSettings, SyntheticSource
from sccbgm.synthetic import affected_genes, expected_counts, log_rate, make_dataset
from sccbgm.synthetic.cells import draw_cells
from sccbgm.synthetic.interventions import choose_interventions
from sccbgm.synthetic.parameters import draw_parameters

SOURCE = SyntheticSource(kind="synthetic", n_cells=1200, n_genes=150, n_tasks=3, seed=42)


@pytest.fixture(scope="module")
def adata():
    return make_dataset(SOURCE)


def rows(adata, k, role):
    return np.flatnonzero(adata.obs[f"intervention_{k}"] == role)


def test_every_chosen_pair_passes_the_guard():
    for seed in range(30):
        settings = GeneratorSettings(n_cells=3000, n_genes=5, seed=seed)
        cells = draw_cells(settings, draw_parameters(settings))
        chosen = choose_interventions(cells, 3, 20, seed)
        assert len({(task.cell_type, task.concept) for task in chosen}) == 3
        for task in chosen:
            on = cells.concepts[:, task.concept] > 0
            of_type = cells.cell_type == task.cell_type
            assert min((on & of_type).sum(), (~on & of_type).sum(), (on & ~of_type).sum()) >= 20


def test_too_few_pairs_are_an_error_that_says_so():
    settings = GeneratorSettings(n_cells=100, n_genes=5, seed=1)
    cells = draw_cells(settings, draw_parameters(settings))
    with pytest.raises(ValueError, match=r"40 interventions wanted .* only \d+ pairs"):
        choose_interventions(cells, 40, 20, 1)


def test_roles_of_the_factual_cells(adata):
    factual = adata.obs.iloc[: SOURCE.n_cells]
    for k in range(SOURCE.n_tasks):
        pair = adata.uns["interventions"].loc[f"intervention_{k}"]
        of_type = (factual["cell_type"] == pair["cell_type"]).to_numpy()
        on = adata.obsm["concepts"][pair["concept"]].to_numpy()[: SOURCE.n_cells] == 1
        role = factual[f"intervention_{k}"].to_numpy()
        np.testing.assert_array_equal(role == "drop", of_type & on)
        modify = role == "modify"
        assert (of_type & ~on)[modify].all()
        assert modify.sum() == (of_type & ~on).sum() // 2
        assert not (role == "hold_out").any()


def test_counterfactual_rows(adata):
    for k in range(SOURCE.n_tasks):
        concept = adata.uns["interventions"].loc[f"intervention_{k}", "concept"]
        modify, hold_out = rows(adata, k, "modify"), rows(adata, k, "hold_out")
        np.testing.assert_array_equal(adata.obs["original_index"].iloc[hold_out], modify)
        before, after = (adata.obsm["concepts"].iloc[r] for r in (modify, hold_out))
        assert (after[concept] == 1).all()
        assert (before[concept] == 0).all()
        others = [name for name in before if name != concept]
        np.testing.assert_array_equal(before[others], after[others])
        elsewhere = adata.obs[f"intervention_{k}"].to_numpy()[SOURCE.n_cells :]
        assert set(np.delete(elsewhere, hold_out - SOURCE.n_cells)) <= {"drop"}
        unaffected = ~affected_genes(adata, concept)
        np.testing.assert_array_equal(
            adata.X[modify][:, unaffected], adata.X[hold_out][:, unaffected]
        )
        assert (adata.X[modify] != adata.X[hold_out]).any()


def test_names_and_types(adata):
    assert adata.X.dtype == np.int16
    assert list(adata.obs_names[[0, -1]]) == ["obs_0", f"obs_{adata.n_obs - 1}"]
    assert list(adata.var_names[:2]) == ["var_0", "var_1"]
    assert list(adata.obsm["concepts"]) == [f"concept_{k}" for k in range(5)]
    assert adata.obsm["concepts"].to_numpy().dtype == np.float32


def test_rates_are_rebuilt_after_writing_and_reading(adata, tmp_path):
    adata.write_h5ad(tmp_path / "cells.h5ad")
    read = ad.read_h5ad(tmp_path / "cells.h5ad", backed="r")
    chosen = np.concatenate([rows(adata, 0, "modify"), rows(adata, 0, "hold_out")])
    genes = np.arange(0, 150, 7)
    np.testing.assert_array_equal(log_rate(read, chosen), log_rate(adata, chosen))
    np.testing.assert_array_equal(
        log_rate(adata[:, genes], chosen), log_rate(adata, chosen)[:, genes]
    )
    scaled = adata.X[chosen] - expected_counts(adata, chosen)
    scaled /= np.sqrt(expected_counts(adata, chosen))
    assert abs(scaled.mean()) < 4 / np.sqrt(scaled.size / 2)
    assert scaled.var() == pytest.approx(1.0, abs=0.05)


def test_counts_are_poisson_given_the_rate(adata):
    chosen = np.arange(SOURCE.n_cells)
    rate = expected_counts(adata, chosen)
    low = (rate > 1.0) & (rate < 1.05)
    expected = stats.poisson.pmf(np.arange(8), rate[low][:, None]).sum(axis=0)
    found = np.bincount(np.minimum(adata.X[chosen][low], 7), minlength=8)
    expected[7] += low.sum() - expected.sum()
    assert stats.chisquare(found, expected).pvalue > 1e-3


def test_factual_and_counterfactual_rates_differ_by_the_effect_alone(adata):
    concept = adata.uns["interventions"].loc["intervention_1", "concept"]
    change = log_rate(adata, rows(adata, 1, "hold_out")) - log_rate(adata, rows(adata, 1, "modify"))
    effect = adata.varm["effects"][concept].to_numpy()
    np.testing.assert_allclose(change, np.broadcast_to(effect, change.shape), atol=1e-12)


def test_noise_free_rate_leaves_out_epsilon(adata):
    chosen = np.arange(1000)
    epsilon = log_rate(adata, chosen) - log_rate(adata, chosen, noise=False)
    assert epsilon.std() == pytest.approx(SOURCE.std_noise, rel=0.02)


def test_truth_of_other_cells_is_an_error():
    with pytest.raises(KeyError, match="synthetic"):
        log_rate(ad.AnnData(np.ones((3, 2)), varm={"effects": np.ones((2, 1))}), np.arange(2))


def test_the_same_source_gives_the_same_dataset(adata):
    again = make_dataset(SOURCE, threads=1)
    np.testing.assert_array_equal(again.X, adata.X)
    assert again.obs.equals(adata.obs)
