"""Principal components of every task against scikit-learn's full decomposition."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from cells import interventions, interventions_config
from scipy import sparse
from scipy.linalg import subspace_angles
from sklearn.decomposition import PCA

from sccbgm.data.pca import Bases, Basis, fit_bases
from sccbgm.data.preprocess import preprocess
from sccbgm.data.tasks import derive_tasks
from sccbgm.io.seals import seal
from sccbgm.protocol.task import Target, Task


def grouped_cells(n_genes=60, sizes=(90, 40, 30, 4), seed=0, dense=False):
    """Cells of groups "0", "1"... on a low-dimensional structure with a decaying spectrum."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(sizes)), sizes).astype(str)
    scales = 3.0 * 0.7 ** np.arange(n_genes)
    factors = rng.normal(size=(len(labels), n_genes)) * scales
    factors[:, 0] += labels.astype(int)
    x = np.maximum(factors @ rng.normal(size=(n_genes, n_genes)) + 1, 0).astype(np.float32)
    obs = pd.DataFrame({"label": labels}, index=[f"c{i}" for i in range(len(labels))])
    return AnnData(x if dense else sparse.csr_matrix(x), obs=obs)


def holding_out(label, intervene="0"):
    target = Target("t", (label,), {"a": 1.0}, "g")
    return Task("toy", f"task_{label}", "label", intervene, (label,), (target,))


def assert_same_basis(adata, table, task, k):
    """Equal means, variances, leading subspaces and reconstruction errors."""
    rows = table[table.obs["task"] == task.id]
    x = adata.X.toarray() if sparse.issparse(adata.X) else adata.X
    train = x[(adata.obs["label"] != task.hold_out[0]).to_numpy()].astype(np.float64)
    expected = PCA(k, svd_solver="full").fit(train)
    basis = Basis(rows.X[0], rows.X[1:])
    np.testing.assert_allclose(basis.mean, expected.mean_, atol=1e-6)
    variances = rows.obs["variance"].to_numpy()[1:]
    np.testing.assert_allclose(variances, expected.explained_variance_, rtol=1e-8)
    gaps = -np.diff(variances)
    for m in np.flatnonzero(gaps > 1e-3 * variances[0]) + 1:
        angles = subspace_angles(basis.components[:m].T, expected.components_[:m].T)
        assert angles.max() <= 1e-4
    error = ((basis.inverse(basis.transform(train)) - train) ** 2).mean()
    back = expected.inverse_transform(expected.transform(train))
    assert error == pytest.approx(((back - train) ** 2).mean(), rel=1e-5)


@pytest.mark.parametrize("dense", [False, True])
def test_every_task_equals_its_own_decomposition(dense):
    adata = grouped_cells(dense=dense)
    tasks = [holding_out(label) for label in "123"] + [holding_out("0", "1")]
    table = fit_bases(adata, tasks, 8)
    for task in tasks:
        assert_same_basis(adata, table, task, 8)


def error_of_variances(adata, table, task, k):
    """Largest error of a task's k variances, as a share of the largest variance."""
    train = adata.X[(adata.obs["label"] != task.hold_out[0]).to_numpy()].astype(np.float64)
    values = np.linalg.eigvalsh(np.cov(train, rowvar=False))
    found = table.obs.loc[table.obs["task"] == task.id, "variance"].to_numpy()[1:]
    assert len(found) == k
    return np.abs(found - values[::-1][:k]).max() / values[-1]


@pytest.mark.parametrize(
    ("n_genes", "sizes", "k"),
    [
        (90, (300, 60, 40), 40),  # more cells than genes: what remains of a Gram matrix
        (90, (60, 200, 150), 40),  # more cells held out than remain
        (90, (60, 30, 1), 60),  # as many training cells as genes in one task, fewer in another
        (400, (50, 20, 12), 128),  # fewer cells than genes and than components
        (400, (150, 90, 60), 50),
    ],
)
def test_variances_equal_the_full_decomposition(n_genes, sizes, k):
    adata = grouped_cells(n_genes, sizes, dense=True)
    tasks = [holding_out("1"), holding_out("2")]
    table = fit_bases(adata, tasks, k)
    for task in tasks:
        n = sum(sizes) - sizes[int(task.hold_out[0])]
        assert error_of_variances(adata, table, task, min(k, n_genes - 1, n - 1)) < 1e-13
        w = table.X[((table.obs["task"] == task.id) & (table.obs["component"] > 0)).to_numpy()]
        np.testing.assert_allclose(w @ w.T, np.eye(len(w)), atol=1e-5)


def test_few_cells_have_the_components_of_the_full_decomposition():
    adata = grouped_cells(n_genes=300, sizes=(60, 30, 20))
    tasks = [holding_out("1"), holding_out("2")]
    table = fit_bases(adata, tasks, 12)
    for task in tasks:
        assert_same_basis(adata, table, task, 12)


def test_copies_of_cells_keep_orthonormal_components():
    adata = grouped_cells(n_genes=50, sizes=(12, 8), dense=True)
    adata.X[1:12] = adata.X[0]
    adata.X[2] = adata.X[19]  # two different cells, so one direction
    table = fit_bases(adata, [holding_out("1")], 5)
    variances = table.obs["variance"].to_numpy()[1:]
    assert variances[0] > 0
    np.testing.assert_allclose(variances[1:], 0, atol=1e-12 * variances[0])
    np.testing.assert_allclose(table.X[1:] @ table.X[1:].T, np.eye(5), atol=1e-5)


def test_too_little_for_a_component():
    with pytest.raises(ValueError, match="task_1: 1 training cells with 20 genes"):
        fit_bases(grouped_cells(20, (1, 5)), [holding_out("1")], 3)


def test_most_cells_held_out():
    adata = grouped_cells(n_genes=20, sizes=(30, 200, 150))
    tasks = [holding_out("1"), holding_out("2")]
    table = fit_bases(adata, tasks, 5)
    for task in tasks:
        assert_same_basis(adata, table, task, 5)


@pytest.mark.parametrize(("sizes", "expected"), [((5, 3), 4), ((90, 10), 19)])
def test_no_more_components_than_there_are(sizes, expected):
    table = fit_bases(grouped_cells(20, sizes), [holding_out("1")], 128)
    assert table.obs["component"].max() == expected
    assert np.isfinite(table.X).all()
    w = table.X[1:]
    np.testing.assert_allclose(w @ w.T, np.eye(expected), atol=1e-5)


def test_signs_are_fixed():
    table = fit_bases(grouped_cells(), [holding_out("1"), holding_out("2")], 6)
    components = table.X[table.obs["component"].to_numpy() > 0]
    largest = np.abs(components).argmax(axis=1)
    assert (components[np.arange(len(components)), largest] > 0).all()


def test_rows_are_named_and_read_back(tmp_path):
    tasks = [holding_out("1"), holding_out("2")]
    table = fit_bases(grouped_cells(), tasks, 3)
    assert list(table.obs_names[:5]) == [
        *("task_1/mean", "task_1/PC1", "task_1/PC2", "task_1/PC3"),
        "task_2/mean",
    ]
    table.write_h5ad(tmp_path / "pca.h5ad")
    seal(tmp_path / "pca.h5ad")
    bases = Bases(tmp_path / "pca.h5ad", ["task_2"])
    np.testing.assert_array_equal(bases["task_2"].components, table.X[5:])
    with pytest.raises(KeyError, match="task_9"):
        Bases(tmp_path / "pca.h5ad", ["task_9"])


def test_without_components_the_file_says_so(tmp_path):
    fit_bases(grouped_cells(), [holding_out("1")], None).write_h5ad(tmp_path / "pca.h5ad")
    seal(tmp_path / "pca.h5ad")
    assert ad.read_h5ad(tmp_path / "pca.h5ad").n_obs == 0
    assert dict(Bases(tmp_path / "pca.h5ad", ["task_1"])) == {"task_1": None}


def test_counterfactual_cells_take_no_part():
    config = interventions_config()
    clean = preprocess(interventions(), config)
    tasks = derive_tasks(clean, config)
    table = fit_bases(clean, tasks, 4)
    train = (clean.obs["intervention_1"] == "train").to_numpy()
    expected = PCA(4, svd_solver="full").fit(clean.X[train].toarray().astype(np.float64))
    found = table[table.obs["task"] == "intervention_1"]
    np.testing.assert_allclose(found.X[0], expected.mean_, atol=1e-5)
    np.testing.assert_allclose(found.obs["variance"][1:], expected.explained_variance_, rtol=1e-6)


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix])
def test_transform_and_inverse(make):
    rng = np.random.default_rng(0)
    rows = np.linalg.qr(rng.normal(size=(7, 3)))[0].T.astype(np.float32)
    basis = Basis(rng.normal(size=7).astype(np.float32), rows)
    z = rng.normal(size=(5, 3)).astype(np.float32)
    np.testing.assert_allclose(basis.transform(make(basis.inverse(z))), z, atol=1e-5)
