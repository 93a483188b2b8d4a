"""Look-alikes pass the contract of the dataset that they stand for, and have its effects."""

from __future__ import annotations

import cells
import numpy as np
import pytest
from scipy import sparse

from sccbgm.config.dataset import DatasetConfig
from sccbgm.config.lookalike import as_lookalike
from sccbgm.config.scale import Scale
from sccbgm.config.sources import LookalikeSource
from sccbgm.data.lookalike import make_lookalike
from sccbgm.data.preprocess import preprocess
from sccbgm.data.tasks import derive_tasks, split


def config_of(name: str, n_cells: int = 1500, **scale: int) -> DatasetConfig:
    source = LookalikeSource(kind="lookalike")
    config = cells.changed(cells.shipped(name), n_pcs=10).model_copy(update={"source": source})
    small = Scale(cells=n_cells, **({"genes": 150} | scale))
    return small.dataset(as_lookalike(config, "test"))


@pytest.mark.parametrize("name", ["kang", "cui", "nault"])
def test_a_look_alike_is_taken_for_the_file(name):
    config = config_of(name)
    file = make_lookalike(config)
    assert file.shape == (1500, 150)
    clean = preprocess(file, config)
    assert clean.uns["sccbgm"]["warnings"].size == 0
    tasks = derive_tasks(clean, config)
    assert [task.id for task in tasks] == list(config.task_ids)
    expected = cells.shipped(name).expected.labels["L2_dose" if name == "nault" else "L2_stim"]
    for task in tasks:
        rows = split(clean.obs, task)
        sides = {task.intervene: rows.intervene}
        sides |= {t.labels[0]: rows.targets[t.id] for t in task.targets}
        for label, cells_of in sides.items():
            assert len(cells_of) >= min(30, expected.get(label, 30))


def test_columns_and_labels_are_those_of_the_kang_file():
    file = make_lookalike(config_of("kang"))
    assert {"stim", "cell", "L1", "L2", "L1_stim", "L2_stim"} <= set(file.obs.columns)
    assert set(file.obs["L2"]) - {"Megakaryocytes"} == set(
        cells.shipped("kang").columns.subtype.labels
    )
    assert (file.X.data == np.rint(file.X.data)).all() and sparse.isspmatrix_csr(file.X)
    assert np.median(np.asarray(file.X.sum(1))) == pytest.approx(1214, rel=0.05)


def test_log_normalised_where_the_file_is():
    file = make_lookalike(config_of("nault"))
    sums = np.expm1(file.X.toarray().astype(float)).sum(1)
    assert np.ptp(sums) < 1e-3 * sums.mean()
    assert set(file.obs["dose"]) == set(config_of("nault").columns.condition.order)


def test_proportions_are_those_of_the_paper():
    config = config_of("kang", 12_000)
    sizes = make_lookalike(config).obs["L2_stim"].value_counts()
    stated = cells.shipped("kang").expected.labels["L2_stim"]
    for label, size in stated.items():
        assert sizes[label] == pytest.approx(max(min(size, 30), size / 24054 * 12_000), rel=0.05)


def test_the_same_settings_give_the_same_cells():
    config = config_of("cui", 800)
    first, again = make_lookalike(config), make_lookalike(config)
    assert (first.X != again.X).nnz == 0 and first.obs.equals(again.obs)
    other = make_lookalike(config.model_copy(update={"id": "other"}))
    assert (first.X != other.X).nnz > 0


def test_a_condition_has_the_same_effect_in_every_type_and_a_dose_grows():
    config = config_of("nault", 6000)
    clean = preprocess(make_lookalike(config), config)
    kinds, doses = clean.obs["subtype"].astype(str), clean.obs["condition"].astype(float)

    def shift(kind: str, dose: float) -> np.ndarray:
        cells_at = [((kinds == kind) & (doses == d)).to_numpy() for d in (dose, 0.0)]
        means = [clean.X[rows].mean(axis=0) for rows in cells_at]
        return np.asarray(means[0] - means[1]).ravel()

    a, b = "macrophage", "periportal region hepatocyte"
    assert np.corrcoef(shift(a, 30.0), shift(b, 30.0))[0, 1] > 0.5
    assert np.linalg.norm(shift(b, 30.0)) > 2 * np.linalg.norm(shift(b, 1.0))


def test_more_conditions_with_more_cells():
    n = {size: config_of("cui", size) for size in (800, 4000)}
    found = {size: make_lookalike(c).obs["sample"].nunique() for size, c in n.items()}
    assert found == {800: 8, 4000: 19}


@pytest.mark.slow
def test_a_dataset_that_is_clustered_has_clusters_to_find():
    config = config_of("kang", 2000, genes=400)
    file = make_lookalike(config)
    del file.obs["L2"], file.obs["cell_types_L2"], file.obs["L2_stim"]
    clean = preprocess(file, config)
    assert set(clean.obs["subtype"]) == set(config.columns.subtype.labels)
    assert list(clean.uns["sccbgm"]["warnings"]) == [
        "subtypes: the file has none, they are found by clustering"
    ]


@pytest.mark.slow
def test_pathways_are_found_in_a_look_alike():
    config = config_of("nault_pathways", 2000, genes=300)
    clean = preprocess(make_lookalike(config), config)
    table = clean.obsm["concepts"]
    assert table.shape == (2000, 4 + 1 + 14)
    dose = table["dose"].to_numpy()
    related = [abs(np.corrcoef(dose, table[name])[0, 1]) for name in ("TGFb", "PI3K", "p53")]
    assert min(related) > 0.2
