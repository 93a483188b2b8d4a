"""From predictions to tidy rows."""

import json

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from metric_problems import make_task

from sccbgm.metrics import Origin, denominators, evaluate, evaluate_predictions

ORIGIN = Origin("toy_method", "recommended", "tiny cells")
IDS = ["rfid", "rmmd"]


def blocks(*entries, failures=()):
    """An AnnData of predictions: entries are (task, target, mode, seed, cells, rows)."""
    obs = pd.concat(
        pd.DataFrame(
            {"task": t, "target": g, "mode": m, "seed": s, "variant": "default", "row": rows}
        )
        for t, g, m, s, _, rows in entries
    )
    obs.index = np.arange(len(obs)).astype(str)
    x = np.vstack([entry[4] for entry in entries]).astype(np.float32)
    return AnnData(x, obs=obs, uns={"failures": json.dumps(list(failures))})


@pytest.fixture
def tasks(rng):
    def task(id):
        train = np.vstack([rng.normal(-3, 1, (12, 4)), rng.normal(6, 1, (12, 4))])
        targets = {"low": rng.normal(size=(15, 4)), "high": rng.normal(3, 1, (9, 4))}
        return make_task(
            train, ["near"] * 12 + ["far"] * 12, targets, rng.normal(size=(8, 4)), id=id
        )

    return {"second": task("second"), "first": task("first")}


@pytest.fixture
def table(tasks):
    return pd.concat([denominators(data, IDS) for data in tasks.values()])


def entry(rng, task, target, mode, seed, rows=None):
    rows = np.arange(24, 32) if rows is None else rows
    return (task, target, mode, seed, rng.normal(size=(len(rows), 4)), rows)


def test_one_row_a_number_in_a_fixed_order(tasks, table, rng):
    entries = [
        entry(rng, "first", "low", "edit", 42),
        entry(rng, "second", "high", "edit", 13),
        entry(rng, "second", "low", "edit", 42),
        entry(rng, "second", "low", "edit", 13),
        entry(rng, "second", "low", "decode", 13),
    ]
    frame = evaluate_predictions(blocks(*entries), tasks, table, IDS, ORIGIN, threads=1)
    assert list(frame.columns) == [
        "dataset", "task", "group", "target", "method", "mode", "preset", "variant", "seed",
        "metric", "value", "reason", "distance", "denominator", "denominator_group", "n_train",
        "n_intervene", "n_predicted", "n_target", "n_denominator", "reduced",
    ]  # fmt: skip
    order = frame[["task", "target", "mode", "seed", "metric"]].to_numpy().tolist()
    members = [
        ["second", "low", "decode", 13],
        ["second", "low", "edit", 13],
        ["second", "low", "edit", 42],
        ["second", "high", "edit", 13],
        ["first", "low", "edit", 42],
    ]
    assert order == [[*member, id] for member in members for id in [*IDS, "variance_ratio"]]
    assert set(frame.method) == {"toy_method"}
    assert set(frame.reduced) == {"tiny cells"}
    first = frame.iloc[0]
    assert (first.dataset, first.group, first.preset) == ("toy", "A cells", "recommended")
    assert (first.n_train, first.n_intervene, first.n_target) == (24, 8, 15)
    assert first.denominator_group == "near"
    cells = entries[4][4].astype(np.float32)
    expected = evaluate(tasks["second"], "low", cells, table, IDS)[0]["value"]
    assert first["value"] == expected
    assert frame["value"].dtype == np.float64
    shuffled = blocks(*entries[::-1])
    again = evaluate_predictions(shuffled, tasks, table, IDS, ORIGIN)
    pd.testing.assert_frame_equal(frame, again)


def test_survives_the_file_format(tasks, table, rng, tmp_path):
    import anndata

    failure = {"task": "first", "target": "", "mode": "edit", "seed": 7, "variant": "default"}
    adata = blocks(
        entry(rng, "second", "low", "edit", 13), failures=[failure | {"reason": "diverged"}]
    )
    adata.write_h5ad(tmp_path / "predictions.h5ad")
    read = anndata.read_h5ad(tmp_path / "predictions.h5ad")
    frame = evaluate_predictions(read, tasks, table, IDS, ORIGIN)
    pd.testing.assert_frame_equal(frame, evaluate_predictions(adata, tasks, table, IDS, ORIGIN))
    frame.to_parquet(tmp_path / "metrics.parquet")
    pd.testing.assert_frame_equal(frame, pd.read_parquet(tmp_path / "metrics.parquet"))


def test_failures_are_rows_with_a_reason(tasks, table, rng):
    failure = {"mode": "edit", "seed": 42, "variant": "default", "reason": "loss became NaN"}
    adata = blocks(
        entry(rng, "first", "low", "edit", 13),
        failures=[
            failure | {"task": "first", "target": "low"},
            failure | {"task": "second", "target": ""},
        ],
    )
    frame = evaluate_predictions(adata, tasks, table, IDS, ORIGIN)
    failed = frame[frame.seed == 42]
    assert failed["value"].isna().all()
    assert set(failed.reason) == {"loss became NaN"}
    assert failed.groupby(["task", "target"]).size().to_dict() == {
        ("first", "low"): 3,
        ("second", "low"): 3,
        ("second", "high"): 3,
    }
    assert frame[frame.seed == 13]["value"].notna().all()
    assert set(failed.n_train) == {24}


def test_only_failures(tasks, table):
    failure = {"task": "first", "target": "low", "mode": "edit", "seed": 1, "variant": "default"}
    empty = AnnData(
        np.zeros((0, 4), np.float32),
        obs=pd.DataFrame(columns=["task", "target", "mode", "seed", "variant", "row"]),
        uns={"failures": json.dumps([failure | {"reason": "out of memory"}])},
    )
    frame = evaluate_predictions(empty, tasks, table, IDS, ORIGIN)
    assert len(frame) == 3
    assert frame["value"].dtype == np.float64


def test_paired_cells_are_matched_by_row(rng):
    truth = rng.normal(size=(5, 3))
    task = make_task(rng.normal(size=(4, 3)), ["a"] * 4, {"t": truth}, truth + 1, paired=True)
    order = rng.permutation(5)
    found = ("held_out", "t", "edit", 1, task.targets["t"].x[order], task.intervene.rows[order])
    none = denominators(task, ["mse"])
    tasks = {"held_out": task}
    frame = evaluate_predictions(blocks(found), tasks, none, ["mse"], ORIGIN)
    assert frame["value"][0] == 0.0
    wrong = (*found[:5], np.array([4, 4, 5, 6, 7]))
    with pytest.raises(ValueError, match="paired task held_out must hold every intervened cell"):
        evaluate_predictions(blocks(wrong), tasks, none, ["mse"], ORIGIN)


def test_unknown_tasks_and_targets_raise(tasks, table, rng):
    with pytest.raises(KeyError, match="'third'"):
        evaluate_predictions(
            blocks(entry(rng, "third", "low", "edit", 1)), tasks, table, IDS, ORIGIN
        )
    with pytest.raises(KeyError, match="no target 'middle'"):
        evaluate_predictions(
            blocks(entry(rng, "first", "middle", "edit", 1)), tasks, table, IDS, ORIGIN
        )
