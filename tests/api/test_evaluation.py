"""Predictions of any origin against true cells."""

from __future__ import annotations

import anndata
import numpy as np
import pytest
from api_cells import ONE_EPOCH, cells

import sccbgm
from sccbgm.metrics.energy import energy_distance
from sccbgm.metrics.registry import METRICS

QUICK = ["rmmd", "rfid", "mse", "cosine", "energy_gain", "effect_direction", "variance_ratio"]


@pytest.fixture(scope="module")
def adata():
    return cells(600)


def part(adata, condition, shift=0.0):
    """Cells of a condition, gene 0 shifted."""
    some = adata[adata.obs["condition"] == condition].copy()
    some.X[:, 0] += shift
    return some


def evaluate(*arguments, metrics=QUICK, **options):
    return sccbgm.evaluate(*arguments, metrics=metrics, n_pcs=5, **options).set_index("metric")


def test_a_right_prediction_beats_no_edit(adata):
    control = part(adata, "ctrl")
    found = evaluate(part(adata, "stim"), part(adata, "ctrl", 2.0), control)
    assert found.at["energy_gain", "value"] > 0.98
    assert found.at["energy_gain", "no_edit"] == pytest.approx(0, abs=1e-9)
    assert found.at["effect_direction", "value"] > 0.9
    assert found.at["rmmd", "distance"] < 0.05 * found.at["rmmd", "no_edit_distance"]
    assert np.isnan(found.at["rmmd", "value"]) and "training" in found.at["rmmd", "reason"]
    assert found.at["mse", "reason"] == "the task has no true counterfactual of each cell"


def test_ratios_are_over_the_closest_population(adata):
    train = cells(600, seed=1)
    train.obs["population"] = train.obs["type"] + train.obs["condition"]
    found = evaluate(part(adata, "stim"), part(adata, "ctrl", 2.0), None, train, "population")
    assert 0 <= found.at["rmmd", "value"] < 1
    assert found.at["energy_gain", "reason"] == "needs the cells before the edit"
    assert found["no_edit"].isna().all()


def test_paired_cells_are_compared_one_by_one_and_genes_in_genes(adata):
    control, true = part(adata, "ctrl"), part(adata, "ctrl", 2.0)
    found = evaluate(true[:, ::-1], part(adata, "ctrl", 1.5), control, paired=True)
    assert found.at["mse", "value"] == pytest.approx(0.25 / 5, rel=0.1)
    assert found.at["effect_direction", "value"] == pytest.approx(0.75, rel=1e-3)
    x, y = true.X.astype(float), part(adata, "ctrl", 1.5).X.astype(float)
    cosine = (x * y).sum(1) / np.linalg.norm(x, axis=1) / np.linalg.norm(y, axis=1)
    assert found.at["cosine", "value"] == pytest.approx(cosine.mean(), rel=1e-6)


def test_subtypes_are_those_of_a_column(adata):
    control, true = part(adata, "ctrl"), part(adata, "stim")
    predicted = part(adata, "ctrl", 2.0)
    one = {"metrics": ["subtype_accuracy"], "labels": "type"}
    found = evaluate(true, predicted, control, max_cells=80, **one).loc["subtype_accuracy"]
    assert found["value"] > 0.95 and found["no_edit"] > 0.95
    control.obs["type"] = control.obs["type"].map({"A": "B", "B": "A"})
    assert evaluate(true, predicted, control, **one).at["subtype_accuracy", "value"] < 0.05
    reason = evaluate(true, predicted, **one).at["subtype_accuracy", "reason"]
    assert reason == "needs the cells before the edit"
    control.obs.loc[control.obs_names[0], "type"] = None
    with pytest.raises(ValueError, match=r"control: obs\['type'\] has 1 cells without a label"):
        evaluate(true, predicted, control, **one)
    control.obs["type"] = "A "
    with pytest.raises(ValueError, match=r"true and control: obs\['type'\] holds.*look the same"):
        evaluate(true, predicted, control, **one)
    control.obs["type"] = "nan"
    with pytest.raises(ValueError, match=r"train: obs\['type'\] holds 'nan' .* in place of a"):
        evaluate(true, predicted, train=control, groups="type")


def test_an_answer_of_a_model_is_known_by_what_it_says(adata):
    model = sccbgm.ScCBGM(adata, soft=["dose"]).fit(progress=False, **ONE_EPOCH)
    answer = model.intervene({"stim": 1}, part(adata, "ctrl"))
    found = evaluate(part(adata, "stim"), answer)
    as_it_is = anndata.AnnData(answer.layers["counterfactual"], var=answer.var[[]])
    by_hand = evaluate(part(adata, "stim"), as_it_is, part(adata, "ctrl"))
    np.testing.assert_allclose(found["value"], by_hand["value"], rtol=1e-4)
    assert evaluate(part(adata, "stim"), answer, layer="counterfactual").at["rmmd", "distance"] > 0


def test_counts_are_scaled_as_those_of_the_model(adata):
    counted = part(adata, "ctrl")
    counted.X = np.rint(10 * counted.X)
    counted.uns["sccbgm"] = {"target_sum": 300.0}
    counted.layers["mine"] = np.log1p(counted.X / counted.X.sum(1, keepdims=True) * 300)
    found = evaluate(
        counted, counted, metrics=["rfid", "mse"], layer="mine", counts=True, paired=True
    )
    assert found.at["rfid", "distance"] == pytest.approx(0, abs=1e-6)
    assert found.at["mse", "value"] == pytest.approx(0, abs=1e-9)
    del counted.uns["sccbgm"]
    with pytest.raises(ValueError, match="true: counts: found a prediction whose uns"):
        evaluate(counted, counted, layer="mine", counts=True)


def test_all_faults_are_said_at_once(adata):
    true, few = part(adata, "stim"), part(adata, "ctrl")
    true.X = np.rint(true.X)
    with pytest.raises(ValueError) as raised:
        evaluate(true[:, :8], few, few[:5], adata[:, 2:], layer="mine", paired=True)
    text = str(raised.value)
    for words in (
        "predicted: layer: unknown layer 'mine'",
        "true: var_names: found no ['i', 'j']",
        "train: var_names: found no ['a', 'b']",
        "train: found without the other",
        "control: found 5 cells; expected",
        "paired: found true cells of other names",
    ):
        assert words in text
    with pytest.raises(ValueError, match="true: X: found integers"):
        evaluate(true, few)
    with pytest.raises(ValueError, match="metrics: unknown metric 'rmd'; did you mean 'rmmd'"):
        evaluate(true, few, metrics=["rmd"])


def test_of_many_cells_a_part_is_drawn_and_controls_stay_with_their_predictions(adata):
    control, true = part(adata, "ctrl"), part(adata, "ctrl", 2.0)
    found = evaluate(true, true, control, paired=True, max_cells=50)
    assert found.at["mse", "value"] == pytest.approx(0, abs=1e-9)
    assert found.at["effect_direction", "value"] == 1
    assert found.at["mse", "no_edit"] == pytest.approx(4 / 5, rel=0.05)


@pytest.mark.slow
def test_every_metric_has_a_number_or_a_reason(adata):
    train = cells(600, seed=1)
    found = sccbgm.evaluate(
        part(adata, "stim"), part(adata, "ctrl", 2.0), part(adata, "ctrl"), train, "type"
    )
    assert list(found["metric"]) == [id for id, metric in METRICS.items() if not metric.asked]
    assert (found["value"].notna() | (found["reason"] != "")).all()
    assert not found["reason"].str.contains("Error").any()
    assert energy_distance(part(adata, "stim").X, part(adata, "ctrl").X) > 0
