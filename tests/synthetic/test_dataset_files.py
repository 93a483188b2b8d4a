"""The dataset files of the paper's synthetic sets, and the way from generator to tasks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sccbgm.config.dataset import load_dataset_config
from sccbgm.data.contract import check
from sccbgm.data.preprocess import preprocess
from sccbgm.data.tasks import derive_tasks, split
from sccbgm.synthetic import expected_counts, make_dataset

DATASETS = Path(__file__).parents[2] / "config" / "datasets"
PAPER = {
    "synthetic_1": (5, 0.01, 0.08),
    "synthetic_2": (5, 0.08, 0.08),
    "synthetic_3": (5, 0.01, 0.02),
    "concept_size_20": (20, 0.01, 0.08),
    "concept_size_100": (100, 0.01, 0.08),
    "concept_size_250": (250, 0.01, 0.08),
}


@pytest.mark.parametrize("name", PAPER)
def test_sizes_are_those_of_the_paper(name):
    """Table 3 and Table 12."""
    source = load_dataset_config(DATASETS / f"{name}.yaml").source
    assert (source.n_cells, source.n_genes, source.n_tasks) == (20_000, 5000, 5)
    assert (source.n_types, source.n_tissues, source.n_batches) == (4, 3, 2)
    assert (source.n_concepts, source.std_noise, source.std_concept) == PAPER[name]


def test_demo_becomes_paired_tasks():
    config = load_dataset_config(DATASETS / "demo.yaml")
    raw = make_dataset(config.source)
    check(raw, config)
    clean = preprocess(raw, config)
    assert clean.shape == raw.shape
    tasks = derive_tasks(clean, config)
    assert [task.id for task in tasks] == ["intervention_0", "intervention_1"]
    for task in tasks:
        rows = split(clean.obs, task)
        concept = raw.uns["interventions"].loc[task.id, "concept"]
        assert task.targets[0].edits == {concept: 1.0}
        assert task.paired
        assert not set(rows.train) & set(rows.intervene)
        target = rows.targets[task.targets[0].id]
        before, after = (expected_counts(raw, chosen) for chosen in (rows.intervene, target))
        ratio = np.log(after / before)
        np.testing.assert_allclose(ratio, np.broadcast_to(ratio[:1], ratio.shape), atol=1e-9)
