"""Truth from the generator through preprocessing to scores, and the yardsticks' order on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sccbgm.config.dataset import DatasetConfig, load_dataset_config
from sccbgm.data.loading import load_tasks
from sccbgm.data.pca import fit_bases
from sccbgm.data.preprocess import preprocess
from sccbgm.data.tasks import derive_tasks, write_tasks
from sccbgm.io.seals import seal
from sccbgm.methods import registry
from sccbgm.metrics import denominators, evaluate
from sccbgm.protocol.member import Member
from sccbgm.protocol.method import Job, Runtime
from sccbgm.protocol.task import TaskData
from sccbgm.protocol.variants import Variant
from sccbgm.synthetic import make_dataset
from sccbgm.synthetic.annotations import with_noise

SCORES = ["mse", "mse_expected", "effect_error", "effect_error_affected", "effect_missed"]


def small(root: Path, **changes: object) -> DatasetConfig:
    config = load_dataset_config(root / "config" / "datasets" / "demo.yaml")
    source = config.source.model_copy(
        update={"n_cells": 1200, "n_genes": 150, "n_tasks": 1, "min_cells": 60}
    )
    return config.model_copy(update={"source": source, **changes})


def task_of(config: DatasetConfig, folder: Path) -> TaskData:
    cells = preprocess(make_dataset(config.source), config)
    tasks = derive_tasks(cells, config)
    cells.write_h5ad(folder / "cells.h5ad")
    seal(folder / "cells.h5ad")
    write_tasks(folder / "tasks.json", tasks)
    fit_bases(cells, tasks, config.n_pcs).write_h5ad(folder / "pca.h5ad")
    seal(folder / "pca.h5ad")
    loaded = load_tasks(folder / "cells.h5ad", folder / "tasks.json", folder / "pca.h5ad")
    return loaded["intervention_0"]


@pytest.fixture(scope="module")
def genes(root: Path, tmp_path_factory: pytest.TempPathFactory) -> TaskData:
    return task_of(small(root, n_pcs=None), tmp_path_factory.mktemp("genes"))


def predict(method_id: str, data: TaskData) -> np.ndarray:
    method = registry.get(method_id)
    job = Job(Member("demo", data.task.id, method_id, 1), data, method.params())
    (answer,) = method.fit([job], Runtime()).predict("edit")
    assert isinstance(answer, dict)
    return answer["counterfactual"]


def scores(method_id: str, data: TaskData) -> dict[str, float]:
    rows = evaluate(
        data, "counterfactual", predict(method_id, data), denominators(data, SCORES), SCORES
    )
    return {row["metric"]: row["value"] for row in rows}


def test_expected_cells_average_the_noise_of_observed_ones(genes: TaskData) -> None:
    assert genes.truth is not None
    for cells in (genes.intervene, genes.targets["counterfactual"]):
        residual = cells.x - genes.truth.expected(cells.rows)
        assert abs(residual.mean()) < 0.01
        sd = residual.std() / np.sqrt(len(cells))
        assert np.abs(residual.mean(axis=0)).max() < 5 * sd * 1.3


def test_published_error_is_small_where_nothing_is_done_and_the_noise_free_ones_largest(
    genes: TaskData,
) -> None:
    found = {
        name: scores(name, genes)
        for name in ("no_edit", "mean_intervened", "mean_training", "best_possible", "true_shift")
    }
    ideal, nothing = found["best_possible"], found["no_edit"]
    assert ideal["mse_expected"] < 1e-10
    assert ideal["effect_error"] < 1e-8
    assert ideal["effect_error_affected"] < 1e-8
    assert nothing["mse"] < ideal["mse"] < found["mean_intervened"]["mse"]
    assert nothing["mse_expected"] > found["mean_training"]["mse_expected"] > 0
    assert nothing["mse_expected"] > found["mean_intervened"]["mse_expected"]
    # The means of the same cells differ by the noise of these cells alone.
    assert nothing["effect_error"] == pytest.approx(
        found["mean_intervened"]["effect_error"], rel=1e-4
    )
    assert nothing["effect_missed"] == pytest.approx(1, abs=1e-6)
    assert found["true_shift"]["effect_missed"] < 0.1 and ideal["effect_missed"] < 0.4
    assert nothing["effect_error"] > 0.8 > found["true_shift"]["effect_error"]


def test_no_change_of_the_expected_cells_scores_one(genes: TaskData) -> None:
    assert genes.truth is not None
    before = genes.truth.expected(genes.intervene.rows)
    table = denominators(genes, SCORES)
    rows = {
        row["metric"]: row["value"]
        for row in evaluate(genes, "counterfactual", before, table, SCORES)
    }
    after = genes.truth.expected(genes.targets["counterfactual"].rows)
    assert rows["effect_error"] == pytest.approx(1)
    assert rows["effect_error_affected"] == pytest.approx(1)
    assert rows["mse_expected"] == pytest.approx(np.mean((after - before) ** 2))


def test_the_truth_in_principal_components_is_the_projected_truth(
    root: Path, tmp_path: Path
) -> None:
    data = task_of(small(root, n_pcs=10), tmp_path)
    found = scores("best_possible", data)
    assert found["mse_expected"] < 1e-9
    assert np.isnan(found["effect_error_affected"])
    assert scores("no_edit", data)["mse_expected"] > 1e-3


def test_nearest_stimulated_cells_have_the_concept(genes: TaskData) -> None:
    (concept,) = genes.task.targets[0].edits
    column = genes.concept_names.index(concept)
    stimulated = genes.train.x[genes.train.concepts[:, column] == 1]
    copies = predict("nearest_stimulated", genes)
    assert all((stimulated == copy).all(axis=1).any() for copy in copies[:5])


def test_cells_of_a_file_have_no_truth(genes: TaskData) -> None:
    from toy import toy_job, toy_task

    data = toy_task()
    assert data.truth is None
    method = registry.get("best_possible")
    (failure,) = method.fit([toy_job("no_edit", data)], Runtime()).predict("edit")
    assert "only generated cells" in failure.reason


@pytest.mark.parametrize(
    ("kind", "level", "width"),
    [("missing", 3, 2), ("irrelevant", 3, 8), ("incorrect", 1, 5), ("duplicate", 3, 8)],
)
def test_noise_falls_on_the_other_concepts_of_every_cell(
    genes: TaskData, kind: str, level: int, width: int
) -> None:
    noisy = with_noise(genes, Variant(kind=kind, level=level), seed=1)
    (target,) = genes.task.targets[0].edits
    assert noisy.concept_names[-1] == target
    assert len(noisy.concept_names) == len(noisy.hard) == width
    before = genes.concept_names.index(target)
    for old, new in (
        (genes.train, noisy.train),
        (genes.intervene, noisy.intervene),
        (genes.targets["counterfactual"], noisy.targets["counterfactual"]),
    ):
        assert new.x is old.x
        assert new.concepts.shape == (len(old), width)
        np.testing.assert_array_equal(new.concepts[:, -1], old.concepts[:, before])
    assert noisy.edit_mask(noisy.task.targets[0]).tolist() == [False] * (width - 1) + [True]


def test_noise_is_that_of_its_key(genes: TaskData) -> None:
    variant = Variant("a02", "incorrect", 3)
    first, again = (with_noise(genes, variant, seed=1).train.concepts for _ in range(2))
    np.testing.assert_array_equal(first, again)
    other = with_noise(genes, variant, seed=2).train.concepts
    assert (first != other).any()
    settings = with_noise(genes, Variant(kind="incorrect", level=3), seed=1)
    np.testing.assert_array_equal(first, settings.train.concepts)
    assert with_noise(genes, Variant("a02"), seed=1) is genes
