"""Held-out cells can be noise: what comes before the methods keeps them out, or is known not to."""

import anndata as ad
import numpy as np
import pytest
from cells import changed, kang, shipped
from scipy import sparse

from sccbgm.data.pca import fit_bases
from sccbgm.data.preprocess import preprocess
from sccbgm.data.tasks import derive_tasks, split

KANG = shipped("kang")
COUNTED = {"target_sum": "median", "n_top_genes": 15}


def spoilt(adata: ad.AnnData, rows: np.ndarray) -> ad.AnnData:
    """The cells with other counts in some rows: few genes, and ten times as many counts."""
    noisy, rng = adata.copy(), np.random.default_rng(5)
    counts = noisy.X.toarray()
    counts[rows] = rng.poisson(rng.permutation(np.repeat([0.1, 40.0], 20)), (len(rows), 40))
    counts[rows, 0] += 1
    noisy.X = sparse.csr_matrix(counts.astype(np.float32))
    return noisy


@pytest.fixture(scope="module")
def raw() -> ad.AnnData:
    return kang(times=6)


@pytest.fixture(scope="module")
def held_out(raw) -> np.ndarray:
    """Rows that any task holds out."""
    labels = sorted(KANG.tasks.held_out_labels)
    return np.flatnonzero(raw.obs["L2_stim"].isin(labels).to_numpy())


def test_the_published_protocol_does_see_them(raw, held_out):
    """What leaks by default, as in the authors' reference code: the report says so."""
    config = changed(KANG, preprocess=COUNTED)
    clean, noisy = (preprocess(cells, config) for cells in (raw, spoilt(raw, held_out)))
    assert clean.uns["sccbgm"]["target_sum"] != noisy.uns["sccbgm"]["target_sum"]
    assert clean.var_names.tolist() != noisy.var_names.tolist()
    library, genes = clean.uns["sccbgm"]["leaks"]
    without = preprocess(raw, changed(KANG, preprocess=COUNTED | {"selection_on": "train"}))
    assert f"{without.uns['sccbgm']['target_sum']:g} without the" in library
    others = 15 - clean.var_names.isin(without.var_names).sum()
    assert genes.endswith(f"{others} of 15 would be others")
    assert not len(without.uns["sccbgm"]["leaks"])


def test_principal_components_see_no_held_out_cell(raw):
    clean = preprocess(raw, KANG)
    tasks = derive_tasks(clean, KANG)[:2]
    noisy, rng = clean.copy(), np.random.default_rng(6)
    for task in tasks:
        rows = split(clean.obs, task)
        used = np.concatenate([rows.train, rows.intervene])
        away = np.setdiff1d(np.arange(clean.n_obs), used)
        values = noisy.X.toarray()
        values[away] = rng.exponential(5, (len(away), clean.n_vars))
        noisy.X = sparse.csr_matrix(values)
        before, after = (fit_bases(cells, [task], 5) for cells in (clean, noisy))
        np.testing.assert_allclose(before.X, after.X, atol=2e-4)
        noisy = clean.copy()
