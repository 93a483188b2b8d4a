"""The answers of methods, written to a file and read from it."""

from __future__ import annotations

from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse
from toy import toy_task

from sccbgm.benchmark.predictions import PredictionTable
from sccbgm.figures import read_predictions
from sccbgm.metrics import Origin, denominators, evaluate_predictions
from sccbgm.protocol.member import Member
from sccbgm.protocol.method import Failure, Job
from sccbgm.protocol.predictions import predicted_cells
from sccbgm.tables.names import Names

METRICS = ["rmmd", "rfid", "mse"]
ORIGIN = Origin("mine", "recommended")


def job_of(data, seed: int = 1) -> Job:
    return Job(Member("toy", data.task.id, "mine", seed), data, None)


def written(table: PredictionTable, folder: Path) -> anndata.AnnData:
    path = folder / "mine" / "shard.h5ad"
    path.parent.mkdir(exist_ok=True)
    table.write(path, {})
    return anndata.read_h5ad(path)


def scored(tasks: dict, folder: Path) -> pd.DataFrame:
    table = PredictionTable()
    for data in tasks.values():
        table.add(job_of(data), "edit", {"stim": data.intervene.x + 0.5})
    known = pd.concat([denominators(data, METRICS) for data in tasks.values()])
    rows = evaluate_predictions(written(table, folder), tasks, known, METRICS, ORIGIN)
    return rows.set_index(["task", "metric"])


def test_tasks_with_different_numbers_of_components_score_as_each_alone(tmp_path: Path) -> None:
    tasks = {name: toy_task(200, d, task_id=name) for name, d in (("wide", 7), ("narrow", 4))}
    both = scored(tasks, tmp_path)
    alone = pd.concat([scored({name: data}, tmp_path) for name, data in tasks.items()])
    pd.testing.assert_frame_equal(both, alone)
    assert both["value"].notna().all()


def test_readers_get_a_rows_own_columns(tmp_path: Path) -> None:
    wide, narrow = toy_task(60, 5, task_id="wide"), toy_task(60, 3, task_id="narrow")
    table = PredictionTable()
    for data in (wide, narrow):
        table.add(job_of(data), "edit", {"stim": data.intervene.x})
    file = written(table, tmp_path)
    n = len(wide.intervene)
    beyond = file.X[n:, 3:]
    assert np.isnan(beyond).all(), "no reader can take what is beyond a task's columns for numbers"
    np.testing.assert_array_equal(
        predicted_cells(file, np.arange(n, file.n_obs)), narrow.intervene.x
    )
    found = read_predictions([tmp_path / "mine" / "shard.h5ad"], "narrow", "stim", 1, Names())
    np.testing.assert_array_equal(found["mine", "edit", "default"], narrow.intervene.x)
    with pytest.raises(ValueError, match=r"\[3, 5\] dimensions"):
        predicted_cells(file, np.arange(file.n_obs))


@pytest.mark.parametrize(
    "form",
    [
        np.asarray,
        np.ndarray.tolist,
        pd.DataFrame,
        torch.as_tensor,
        lambda x: x.astype(np.float64),
        lambda x: x.astype(object),
        np.asfortranarray,
    ],
)
def test_arrays_of_any_kind_are_cells(form, tmp_path: Path) -> None:
    data, table = toy_task(60), PredictionTable()
    table.add(job_of(data), "edit", {"stim": form(data.intervene.x)})
    assert table.failures == []
    np.testing.assert_array_equal(written(table, tmp_path).X, data.intervene.x)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda x: {"stim": x[1:]}, "predicted an array of shape (27, 6), expected (28, 6)"),
        (lambda x: {"stim": x[:, 1:]}, "predicted an array of shape (28, 5), expected (28, 6)"),
        (lambda x: {"stim": x[0]}, "predicted an array of shape (6,), expected (28, 6)"),
        (lambda x: {"stim": x * np.nan}, "28 of 28 predicted cells are not finite"),
        (lambda x: {"stim": x * 1e300}, "28 of 28 predicted cells are not finite"),
        (lambda x: {"stim": x + 1j}, "predicted something that is no array of numbers: complex"),
        (
            lambda x: {"stim": sparse.csr_matrix(x)},
            "predicted something that is no array of numbers",
        ),
        (
            lambda x: {"stim": torch.tensor(x, requires_grad=True)},
            "predicted something that is no array of numbers",
        ),
        (lambda x: {"stim": None}, "predicted an array of shape (), expected (28, 6)"),
        (lambda x: {"stim": [["a"]]}, "predicted something that is no array of numbers: could not"),
        (lambda x: {"Stim": x}, "no target 'stim' among the predicted ['Stim']"),
        (lambda x: x, "answered with ndarray, expected a dict of targets"),
        (lambda x: None, "answered with NoneType, expected a dict of targets"),
        (lambda x: Failure("diverged"), "diverged"),
    ],
)
def test_what_is_no_prediction_is_a_failure_with_its_reason(answer, reason) -> None:
    data = toy_task(120)
    x, table = data.intervene.x.astype(np.float64), PredictionTable()
    assert x.shape == (28, 6)
    table.add(job_of(data), "edit", answer(x))
    assert table.blocks == []
    (failure,) = table.failures
    assert failure["reason"].startswith(reason)
