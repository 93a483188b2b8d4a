"""The reduced PBMC data, from counts to principal components."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from cells import shipped
from scipy.linalg import subspace_angles
from sklearn.decomposition import PCA

from sccbgm.data.pca import fit_bases
from sccbgm.data.preprocess import preprocess
from sccbgm.data.tasks import derive_tasks, split

pytestmark = pytest.mark.slow

N_CLUSTERS = shipped("kang_reduced").subtypes.clusters


@pytest.fixture(scope="module")
def raw(shared_data):
    path = shared_data / "kang_reduced.h5ad"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    return ad.read_h5ad(path)


@pytest.fixture(scope="module")
def clean(raw):
    return preprocess(raw, shipped("kang_reduced"))


def test_sizes_and_labels(raw, clean):
    assert clean.shape == (5057, 3000)
    sizes = pd.crosstab(clean.obs["subtype"], clean.obs["condition"])
    assert (sizes > 0).all(axis=None)
    for broad, n in N_CLUSTERS.items():
        found = sizes.loc[[f"{broad}_{i}" for i in range(n)]].sum(axis=1)
        assert list(found) == sorted(found, reverse=True)
        assert found.sum() == (raw.obs["cell_type"] == broad).sum()
    assert len(sizes) == 14


def test_a_second_run_gives_the_same_file(raw, clean):
    again = preprocess(raw, shipped("kang_reduced"))
    pd.testing.assert_frame_equal(again.obs, clean.obs)
    assert (again.X != clean.X).nnz == 0


def test_tasks_and_their_components(clean):
    tasks = derive_tasks(clean, shipped("kang_reduced"))
    assert [task.targets[0].edits for task in tasks] == [{"stim": 1.0}] * 7
    part = clean[:, :600].copy()  # scikit-learn's full decomposition takes long
    table = fit_bases(part, tasks, 128)
    for task in tasks[2:4]:
        train = part.X[split(part.obs, task).train].toarray().astype(np.float64)
        expected = PCA(128, svd_solver="full").fit(train)
        rows = table[table.obs["task"] == task.id]
        variances = rows.obs["variance"].to_numpy()[1:]
        np.testing.assert_allclose(variances, expected.explained_variance_, rtol=1e-9)
        for m in (1, 2, 5, 10, 20):
            angles = subspace_angles(rows.X[1 : m + 1].T, expected.components_[:m].T)
            assert angles.max() <= 1e-4
