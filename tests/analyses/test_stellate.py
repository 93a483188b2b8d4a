"""The case study of stellate cells on generated cells of its schema."""

from __future__ import annotations

from pathlib import Path

import cells
import numpy as np
import pandas as pd
import pytest
from analysis_toys import footprints, study
from scipy.stats import ranksums

from sccbgm.analyses.markers import marker_genes, mean_expression
from sccbgm.analyses.stellate import stellate
from sccbgm.data.preprocess import preprocess


def test_markers_are_ranked_by_their_rank_sums() -> None:
    rng = np.random.default_rng(0)
    treated = np.arange(60) < 25
    genes = rng.gamma(2, 1, (60, 12)) + np.where(treated[:, None], np.linspace(-1, 1, 12), 0)
    genes -= genes.min()
    names = tuple(f"g{j}" for j in range(12))
    found = marker_genes(genes, names, treated, n=4)
    statistic = pd.Series(
        [ranksums(genes[treated, j], genes[~treated, j]).statistic for j in range(12)], names
    )
    up, down = (found[found["direction"] == d] for d in ("up", "down"))
    assert list(up["gene"]) == list(statistic.nlargest(4).index)
    assert list(down["gene"]) == list(statistic.nsmallest(4).index)
    np.testing.assert_allclose(up["score"], statistic[list(up["gene"])], rtol=1e-5)


def test_no_gene_is_both_up_and_down() -> None:
    rng = np.random.default_rng(1)
    genes = rng.gamma(2, 1, (40, 6))
    found = marker_genes(genes, tuple("abcdef"), np.arange(40) < 20)
    assert found["gene"].is_unique and len(found) == 6


def test_the_mean_of_a_marker_is_over_the_cells_of_a_population() -> None:
    markers = pd.DataFrame({"gene": ["b", "a"], "direction": ["up", "down"], "rank": [1, 1]})
    low, high = np.arange(6.0).reshape(3, 2), np.ones((4, 2))
    rows = mean_expression(markers, ("a", "b"), {"low": low, "high": high})
    values = rows.set_index(["population", "gene"])["value"]
    assert values["low", "b"] == 3.0 and values["low", "a"] == 2.0 and values["high", "a"] == 1.0


@pytest.mark.slow
def test_the_case_study(tmp_path: Path) -> None:
    raw = cells.nault(times=14)
    stellate_cells = (raw.obs["cell_type__ontology_label"] == "hepatic stellate cell").to_numpy()
    responds = stellate_cells & raw.obs["dose"].isin(["10.0", "30.0"]).to_numpy()
    scaled = np.log1p(raw.obs["dose"].astype(float).to_numpy()) / np.log(31)
    raw.X[:, :8] += 2.0 * scaled[:, None]  # the dose acts alike in all types
    raw.X[responds, 5] += 1.0
    raw.X[:, 30] += 1.0
    raw.X[responds, 30] = 0.0
    file = footprints(tmp_path / "network.csv", list(raw.var_names))
    config = cells.shipped("nault")
    concepts = config.model_dump(mode="json")["concepts"]
    concepts.append({"kind": "pathways", "file": str(file)})
    config = cells.changed(config, concepts=concepts, n_pcs=10)
    adata = preprocess(raw, config)
    given = study(config, ("sccbgm", "sccbgm_fm"), epochs=60, solver_steps=10, lambda_concept=1.0)
    result = stellate(adata, given)
    rows, shown = result.rows, result.cells

    concepts = adata.obsm["concepts"]
    high = concepts[responds[adata.obs_names.map(raw.obs_names.get_loc)]]
    targets = rows[rows["metric"] == "pathway_target"].set_index("group")["value"]
    assert targets["dose"] == 1.0
    for pathway in ("TGFb", "VEGF"):
        assert targets[pathway] == pytest.approx(high[pathway].mean(), rel=1e-5)

    rmmd = rows[rows["metric"] == "rmmd"].set_index(["method", "edit"])["value"]
    assert set(rmmd.index.get_level_values("edit")) == {"joint", "dose", "pathways", "none"}
    assert rmmd.notna().all()
    for method in ("sccbgm", "sccbgm_fm"):
        assert rmmd[method, "dose"] < rmmd["no_edit", "none"], "towards the responders"

    means = rows[rows["metric"] == "marker_mean"]
    first = means[means["rank"] == 1].set_index(["direction", "population"])["gene"]
    assert first["up", "edited"] == "gene_5" and first["down", "edited"] == "gene_30"
    value = means.set_index(["gene", "population"])["value"]
    assert value["gene_5", "low_dose"] < value["gene_5", "edited"]
    assert shown.obs["population"].value_counts().to_dict() == {
        "high_dose": 28, "low_dose": 14, "edited": 14,
    }  # fmt: skip
    footprint = set(pd.read_csv(file).query("source != 'WNT'")["target"])
    overlap = rows[rows["metric"] == "marker_overlap"]["value"].item()
    assert overlap == len(footprint & set(means["gene"]))
