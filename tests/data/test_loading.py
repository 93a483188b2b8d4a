"""From the files to the arrays that methods see."""

import weakref

import numpy as np
import pytest
from cells import changed, interventions, interventions_config, kang, nault, shipped

from sccbgm.data.loading import load_tasks
from sccbgm.data.pca import Basis, fit_bases
from sccbgm.data.preprocess import preprocess
from sccbgm.data.tasks import derive_tasks, write_tasks
from sccbgm.io.seals import seal


@pytest.fixture
def written(tmp_path):
    """Writes the files of a dataset and returns their paths and the cells."""

    def write(adata, config):
        clean = preprocess(adata, config)
        tasks = derive_tasks(clean, config)
        paths = [tmp_path / name for name in ("data.h5ad", "tasks.json", "pca.h5ad")]
        clean.write_h5ad(paths[0])
        write_tasks(paths[1], tasks)
        fit_bases(clean, tasks, config.n_pcs).write_h5ad(paths[2])
        seal(paths[0])
        seal(paths[2])
        return paths, clean

    return write


def test_arrays_of_a_task(written):
    paths, clean = written(kang(), changed(shipped("kang"), n_pcs=6))
    loaded = load_tasks(*paths)
    assert list(loaded) == list(shipped("kang").task_ids)
    data = loaded["cd4_1"]
    assert data.train.x.shape == (clean.n_obs - 4, 6)
    assert data.train.x.dtype == data.train.concepts.dtype == np.float32
    assert data.concept_names[-1] == "stim"
    assert data.hard.all()
    label = clean.obs["L2_stim"].to_numpy(dtype=str)
    assert set(label[data.intervene.rows]) == {"CD4 T cells_1_ctrl"}
    assert set(label[data.targets["stim"].rows]) == {"CD4 T cells_1_stim"}
    np.testing.assert_array_equal(data.train_groups, clean.obs["L1_stim"].iloc[data.train.rows])
    np.testing.assert_array_equal(data.train_context, clean.obs["broad"].iloc[data.train.rows])
    np.testing.assert_allclose(data.train.x.mean(axis=0), 0, atol=1e-4)
    edited = data.edited(data.intervene.concepts, data.task.targets[0])
    assert (edited[:, -1] == 1).all()
    assert (data.intervene.concepts[:, -1] == 0).all()


def test_genes_project_and_reconstruct(written):
    paths, clean = written(kang(), changed(shipped("kang"), n_pcs=39))
    data = load_tasks(*paths, ["nk_0"])["nk_0"]
    genes = data.genes(data.intervene.rows)
    np.testing.assert_array_equal(genes, clean.X[data.intervene.rows].toarray())
    np.testing.assert_allclose(data.project(genes), data.intervene.x, atol=1e-5)
    rows = data.train.rows[:7]
    x = data.reconstruct(data.train.x[:7])
    assert np.abs(x - data.genes(rows)).max() < 0.7 * np.abs(x).max()
    assert data.gene_names == tuple(clean.var_names)


def test_without_components_cells_are_their_genes(written):
    paths, clean = written(interventions(), interventions_config(n_pcs=None))
    data = load_tasks(*paths)["intervention_0"]
    np.testing.assert_array_equal(data.train.x, clean.X[data.train.rows].toarray())
    assert data.reconstruct(data.train.x) is data.train.x


def test_pairs_are_aligned(written):
    paths, clean = written(interventions(), interventions_config())
    data = load_tasks(*paths)["intervention_1"]
    ids = clean.obs["original_index"].to_numpy()
    target = data.targets["counterfactual"]
    np.testing.assert_array_equal(ids[data.intervene.rows], ids[target.rows])
    np.testing.assert_array_equal(
        target.concepts, data.edited(data.intervene.concepts, data.task.targets[0])
    )


def test_two_targets_and_a_soft_concept(written):
    paths, _ = written(nault(), changed(shipped("nault"), n_pcs=5))
    data = load_tasks(*paths)["t_cell"]
    assert list(data.targets) == ["3.0", "10.0"]
    np.testing.assert_array_equal(data.hard, [True] * 4 + [False])
    assert "T cell_1.0" in set(data.train_groups)


def test_unknown_task_and_another_scale(written):
    paths, clean = written(interventions(), interventions_config())
    with pytest.raises(KeyError, match=r"no tasks \['nk'\], there are \['intervention_0'"):
        load_tasks(*paths, ["nk"])
    clean.uns["sccbgm"]["scale"] = "counts"
    clean.write_h5ad(paths[0])
    seal(paths[0])
    with pytest.raises(ValueError, match="found 'counts', expected 'log1p'"):
        load_tasks(*paths)


def test_only_what_is_looked_at_is_made_and_it_goes_with_its_last_user(written, monkeypatch):
    paths, _ = written(kang(), changed(shipped("kang"), n_pcs=6))
    projected = []
    transform = Basis.transform
    monkeypatch.setattr(
        Basis, "transform", lambda self, x: projected.append(x.shape[0]) or transform(self, x)
    )
    tasks = load_tasks(*paths)
    data = tasks["cd4_1"]
    assert tasks["cd4_1"] is data
    assert len(data.train) > len(data.intervene) == len(data.intervene.x)
    assert projected == [len(data.intervene)]
    assert data.train.x is data.train.x
    assert projected[1:] == [len(data.train)]
    kept = [weakref.ref(data), weakref.ref(data.train.x)]
    del data
    assert [reference() for reference in kept] == [None, None]
    assert [task.task.id for task in tasks.values()] == list(tasks)
