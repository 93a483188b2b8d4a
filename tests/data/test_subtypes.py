"""Subtypes by clustering: planted ones are found, in both conditions, alike on every run."""

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from cells import changed, shipped

from sccbgm.data.contract import ContractError
from sccbgm.data.preprocess import preprocess
from sccbgm.data.subtypes import _by_size, find_subtypes

CONFIG = changed(
    shipped("kang_reduced"),
    columns={"broad": {"names": ["cell_type"]}},
    subtypes={"clusters": {"A": 3, "B": 1}, "n_pcs": 10},
    preprocess={"drop": {}, "n_top_genes": None},
    tasks={"held_out": [{"id": "a_0", "type": "A_0", "group": "a"}]},
)


def planted(sizes=(120, 80, 40), seed=0):
    """Counts of broad types A, with groups of these sizes, and B; a stimulus shifts some genes."""
    rng = np.random.default_rng(seed)
    groups = np.concatenate([np.repeat(np.arange(len(sizes)), sizes), np.full(60, 9)])
    stim = np.arange(len(groups)) % 2
    log_mean = np.full((len(groups), 40), 1.0)
    for group in np.unique(groups):
        log_mean[groups == group] += rng.normal(0, 0.9, 40)
    log_mean[stim == 1, :8] += 0.7
    obs = pd.DataFrame(
        {
            "cell_type": np.where(groups == 9, "B", "A"),
            "condition": np.where(stim == 1, "stim", "ctrl"),
            "truth": groups.astype(str),
        },
        index=[f"cell_{i}" for i in range(len(groups))],
    )
    return AnnData(rng.poisson(np.exp(log_mean)).astype(np.float32), obs=obs)


def test_planted_groups_are_found_in_order_of_size():
    cells = planted()
    clean = preprocess(cells, CONFIG)
    table = pd.crosstab(cells.obs["truth"], clean.obs["subtype"])
    expected = {"0": "A_0", "1": "A_1", "2": "A_2", "9": "B_0"}
    for truth, subtype in expected.items():
        assert table.loc[truth, subtype] >= 0.95 * table.loc[truth].sum()
    assert (pd.crosstab(clean.obs["subtype"], clean.obs["condition"]) > 0).all(axis=None)
    assert (clean.obs["L2_stim"] == clean.obs["subtype"].astype(str) + "_"
            + clean.obs["condition"].astype(str)).all()  # fmt: skip


def test_same_input_same_labels():
    first, second = (preprocess(planted(), CONFIG).obs["subtype"] for _ in range(2))
    pd.testing.assert_series_equal(first, second)


def test_a_cluster_of_one_condition_only_is_refused():
    adata = planted()
    adata.obs.loc[adata.obs["truth"] == "2", "condition"] = "stim"
    config = changed(CONFIG, preprocess={"target_sum": 200.0})
    adata.X[(adata.obs["truth"] == "2").to_numpy()] *= np.repeat([1, 30], 20)  # far from all others
    with pytest.raises(ContractError, match=r"'A': no resolution in .* gives 3 clusters"):
        preprocess(adata, config)


def test_more_clusters_than_there_are():
    clean = preprocess(planted(), CONFIG)
    many = changed(CONFIG, subtypes={"clusters": {"A": 119}})
    with pytest.raises(ContractError, match=r"gives 119 clusters .* found: \[\d"):
        find_subtypes(clean, many)


def test_numbered_by_decreasing_size():
    np.testing.assert_array_equal(_by_size(np.array([2, 0, 1, 1, 2, 2])), [0, 2, 1, 1, 0, 0])
