"""The studies on reduced real cells: what must hold whatever the size of the networks."""

from __future__ import annotations

from pathlib import Path

import anndata
import cells as files
import pytest
from analysis_toys import study

from sccbgm.analyses.leakage import leakage
from sccbgm.analyses.misclassification import misclassification
from sccbgm.data.preprocess import preprocess
from sccbgm.tables.analysed import build_analysed

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def raw(shared_data: Path) -> anndata.AnnData:
    path = shared_data / "kang_reduced.h5ad"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    return anndata.read_h5ad(path)


def test_the_types_that_the_paper_confuses_are_confused_here(
    raw: anndata.AnnData, root: Path
) -> None:
    rows = misclassification(raw, study(files.shipped("kang_reduced"))).rows
    table = build_analysed("table10__kang_reduced", rows, root / "resources/paper").data
    assert len(table) == 28 and table[["mean", "published"]].notna().all(axis=None)
    assert table["mean"].corr(table["published"], method="spearman") > 0.6
    worst = table.nlargest(3, "mean")[["group", "group2"]].apply(frozenset, axis=1)
    published = table.nlargest(3, "published")[["group", "group2"]].apply(frozenset, axis=1)
    assert len(set(worst) & set(published)) >= 2


def test_an_edit_stimulates_and_leaves_the_type(raw: anndata.AnnData) -> None:
    dataset = files.changed(files.shipped("kang_reduced"), n_pcs=50)
    cells = preprocess(raw, dataset)
    given = study(dataset, ("sccbgm",), seeds=(1,), hidden_dim=64, epochs=40, batch_size=128)
    rows = leakage(cells, given).rows
    scores = rows[rows["metric"] == "mean_classifier_score"]
    mean = scores.groupby(["classifier", "stage"])["value"].mean()
    assert mean["stim", "before"] < 0.1 and mean["stim", "after"] > 0.8
    assert mean["cell_type", "before"] > 0.7
