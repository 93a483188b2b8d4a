"""The double-perturbation task: contract, roles of cells, baselines, summary, a real file."""

from __future__ import annotations

import anndata
import numpy as np
import pandas as pd
import pytest

from sccbgm.config.norman import NormanConfig, load_norman_config
from sccbgm.config.scale import Scale
from sccbgm.data.contract import ContractError
from sccbgm.norman.baselines import baselines
from sccbgm.norman.lookalike import make_lookalike
from sccbgm.norman.prepare import double_task, perturbations
from sccbgm.norman.run import baseline_rows, experiment, model_rows, summary
from sccbgm.protocol.method import Runtime

LABELS = (
    [""] * 30 + ["A"] * 24 + ["B"] * 20 + ["C"] * 20 + ["B,A"] * 12 + ["A,C"] * 10 + ["C,D"] * 9
)
COUNTS = {"cells": 125, "genes": 6, "singles": 3, "doubles": 3, "double_cells": 31}


def config(**changes) -> NormanConfig:
    values = {
        "id": "toy", "title": "", "citation": "", "source": {"kind": "file", "path": "x"},
        "labels": {"column": "guide_ids", "control": "", "separator": ","},
        "expected": COUNTS, "seeds": [0, 1],
        "runs": {"r": {"params": {
            "hidden_dim": 8, "latent_dim": 6, "n_responsive": 2, "epochs": 2, "batch_size": 32}}},
    }  # fmt: skip
    return NormanConfig(**{**values, **changes})


def cells() -> anndata.AnnData:
    """Gene A raises gene 0 by 1, B raises gene 1 by 2, C raises gene 2 by 3."""
    rng = np.random.default_rng(0)
    x = rng.uniform(0.5, 1.5, (len(LABELS), 6))
    for i, gene in enumerate("ABC"):
        x[:, i] += (i + 1) * np.array([gene in label for label in LABELS])
    obs = pd.DataFrame({"guide_ids": LABELS}, index=np.arange(len(LABELS)).astype(str))
    return anndata.AnnData(x.astype(np.float32), obs=obs)


def test_roles_of_cells():
    data = double_task(cells(), config())
    assert data.concept_names == ("A", "B", "C")
    assert [t.id for t in data.task.targets] == ["A+B", "A+C"], "D was never single"
    assert dict(data.task.targets[0].edits) == {"A": 1.0, "B": 1.0}
    assert len(data.train) == 94
    assert data.train.concepts.sum(1).max() == 1
    assert len(data.intervene) == 30
    assert not data.intervene.concepts.any()
    assert len(data.targets["A+B"]) == 12
    assert not set(data.train.rows) & {r for c in data.targets.values() for r in c.rows}


def test_singles_held_out_are_tested_and_not_trained():
    data = double_task(cells(), config(singles_held_out={"cells": 5, "genes": ["A"]}))
    assert data.targets["A"].rows.tolist() == [30, 31, 32, 33, 34]
    assert {t.id: t.group for t in data.task.targets}["A"] == "single"
    assert len(data.train) == 89
    assert 30 not in data.train.rows
    with pytest.raises(ContractError, match="'B' has 20 cells, expected more than 96"):
        double_task(cells(), config(singles_held_out={"cells": 96, "genes": ["B"]}))


def test_predictions_can_start_from_some_controls():
    some = double_task(cells(), config(n_predicted=7))
    again = double_task(cells(), config(n_predicted=7))
    assert len(some.intervene) == 7
    assert some.intervene.rows.tolist() == again.intervene.rows.tolist()
    assert len(some.train) == 94


def test_another_file_is_refused_with_every_difference():
    wrong = config(expected={**COUNTS, "singles": 105, "double_cells": 7})
    with pytest.raises(ContractError) as error:
        perturbations(cells(), wrong)
    assert "singles: found 3, expected 105" in str(error.value)
    assert "double_cells: found 31, expected 7" in str(error.value)
    counts = cells()
    counts.X = np.rint(counts.X)
    with pytest.raises(ContractError, match="expected log-normalised values, found counts"):
        perturbations(counts, config())
    with pytest.raises(ContractError, match="no column 'guide_ids'"):
        perturbations(anndata.AnnData(np.ones((2, 6))), config())


def test_baselines():
    data = double_task(cells(), config())
    target, x = data.task.targets[0], data.intervene.x
    predicted = {name: b(x, target) for name, b in baselines(data).items()}
    np.testing.assert_array_equal(predicted["no_change"], x)
    groups, train = data.train_groups, data.train.x
    mean = {g: train[groups == g].mean(0) for g in ("control", "A", "B")}
    shift = mean["A"] + mean["B"] - 2 * mean["control"]
    assert shift[:3] == pytest.approx([1, 2, 0], abs=0.3)
    np.testing.assert_allclose(predicted["additive"], x + shift, rtol=1e-5)
    np.testing.assert_allclose(predicted["additive_mean"][3], mean["control"] + shift, rtol=1e-5)
    np.testing.assert_allclose(predicted["control_mean"][5], mean["control"], rtol=1e-5)
    # With as many components as genes the codes lose nothing.
    np.testing.assert_allclose(predicted["pca_additive"], predicted["additive"], atol=1e-4)


def test_rows_and_summary_of_baselines_and_model():
    data, c = double_task(cells(), config(largest=1)), config(largest=1)
    baseline, model = baseline_rows(data, c), model_rows(data, c, "r", Runtime(device="cpu"))
    assert set(model["mode"]) == {"edit", "residual", "generate"}
    assert set(baseline["metric"]) == set(model["metric"])
    assert (baseline.loc[baseline["value"].isna(), "reason"] != "").all()
    table = pd.concat([baseline, model])
    found = summary(table, c).set_index(["subset", "method", "mode", "metric"])
    row = found.loc[("double", "additive", "", "l2")]
    by_hand = table[(table["method"] == "additive") & (table["metric"] == "l2")]
    assert row["mean"] == pytest.approx(by_hand["value"].mean())
    assert row["n_targets"] == 2
    assert row["n_seeds"] == 2
    assert found.loc[("largest", "additive", "", "l2"), "n_targets"] == 1
    assert found.loc[("double", "control_mean", "", "var_ratio"), "mean"] < 1e-6


def test_an_experiment_is_its_baselines_and_its_runs():
    rows = experiment(cells(), config(), Runtime(device="cpu"))
    assert set(rows["method"]) == {
        "no_change", "control_mean", "additive_mean", "additive", "pca_additive", "perturbedvae_r"
    }  # fmt: skip


def test_shipped_files(root):
    full = load_norman_config(root / "config/norman/norman.yaml")
    assert full.expected.cells - full.expected.double_cells == 66_738
    assert len(full.singles_held_out.genes) == 14
    assert load_norman_config(root / "config/norman/norman_reduced.yaml").reduced


def test_a_look_alike_is_what_its_file_says_and_runs_through(root):
    scale = Scale(epochs=1, width=16, seeds=1)
    c = load_norman_config(root / "config/norman/norman.yaml", "lookalike", scale)
    assert "Look-alike" in c.reduced and "epochs at most 1" in c.reduced
    assert (len(c.seeds), c.runs["robust"].params["epochs"]) == (1, 1)
    made = make_lookalike(c)
    assert (made.X == make_lookalike(c).X).all()
    data = double_task(made, c)
    assert {t.group for t in data.task.targets} == {"double", "single"}
    assert len(data.concept_names) == c.expected.singles
    rows = experiment(made, c, Runtime(device="cpu"))
    error = rows[rows["metric"] == "rel_rmse"].groupby("method")["value"].mean()
    assert error["additive"] < error["no_change"], "doubles are near the sum of their singles"


def test_a_fault_of_the_file_names_its_key(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text("id: bad\nseeds: []\nextra: 1\n")
    with pytest.raises(ValueError, match="seeds") as error:
        load_norman_config(path)
    assert "extra" in str(error.value)
    assert str(path) in str(error.value)


def test_the_reduced_file(shared_data, root):
    c = load_norman_config(root / "config/norman/norman_reduced.yaml")
    data = double_task(anndata.read_h5ad(shared_data / "norman_reduced.h5ad"), c)
    assert len(data.train) == 1895
    assert len(data.task.targets) == 5
    rows = baseline_rows(data, c)
    found = summary(rows, c).set_index(["subset", "method", "metric"])["mean"]
    assert found["double", "additive", "delta_pearson"] > 0.8
    assert found["double", "additive", "r2"] > found["double", "no_change", "r2"]
