"""A job: the faults of a method that it records, and those of the machine that end it."""

from __future__ import annotations

import json
from pathlib import Path

import anndata
import pandas as pd
import pytest
from toy import toy_task
from workflow_methods import FATAL, IN_ANSWERS, IN_FIT, REASONS, faulty

from sccbgm.benchmark.evaluate import with_remarks
from sccbgm.benchmark.plan import Shard
from sccbgm.benchmark.train import ShardFiles, train_shard
from sccbgm.config.run import Benchmark, load_config
from sccbgm.data import loading
from sccbgm.io.seals import checksum, seal
from sccbgm.protocol.method import Fit


@pytest.fixture
def job(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, ShardFiles]:
    """A folder to run in, in which methods are broken, and the files of a job on two toy tasks."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken").touch()
    data = {id: toy_task(80, task_id=id) for id in ("a", "b")}
    monkeypatch.setattr(loading, "load_tasks", lambda *_: data)
    files = {name: tmp_path / name for name in ("data", "tasks", "pca")}
    for path in files.values():
        path.touch()
        seal(path)
    out = {"fit": tmp_path / "fit.pt", "predictions": tmp_path / "p.h5ad"}
    return tmp_path, ShardFiles(**files, **out, checkpoints=tmp_path / "checkpoints", code="v1")


def run(root: Path, name: str, folder: Path, files: ShardFiles) -> None:
    (folder / "methods").mkdir()
    (folder / "mine.py").write_text(faulty(name))
    (folder / f"methods/{name}.yaml").write_text(f"file: {folder / 'mine.py'}\n")
    benchmark: Benchmark = load_config(
        {
            "datasets": ["demo"],
            "methods": [name],
            "runtime": {"device": "cpu"},
            "folders": [str(folder), str(root / "config")],
        }
    )
    shard = Shard("demo", "recommended", name, (1,), "seed1-block0", ("a", "b"), ("default",))
    train_shard(benchmark, shard, files, 1)


@pytest.mark.parametrize("name", [*IN_FIT, *IN_ANSWERS])
def test_a_fault_of_the_method_is_the_reason_of_its_members(
    root: Path, job: tuple[Path, ShardFiles], name: str
) -> None:
    run(root, name, *job)
    predictions = anndata.read_h5ad(job[1].predictions)
    failures = json.loads(predictions.uns["failures"])
    failed = {"a"} if name == "unlucky" else {"a", "b"}
    assert {failure["task"] for failure in failures} == failed
    assert all(REASONS[name] in failure["reason"] for failure in failures)
    assert set(predictions.obs["task"]) == {"a", "b"} - failed
    fit = json.loads(predictions.uns["fit"])
    assert (fit["code"], fit["cells"]) == ("v1", checksum(job[1].data))
    assert fit["settings"] == {"default": {}} and fit["made"].endswith("+00:00")
    assert {"Python", "sccbgm", "numpy", "anndata"} <= set(fit["packages"])


def test_what_a_method_remarks_stands_beside_its_numbers(
    root: Path, job: tuple[Path, ShardFiles], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = {"stim": "did not converge"}
    monkeypatch.setattr(Fit, "remarks", lambda self, mode: [words, {}])
    job[0].joinpath("broken").unlink()
    run(root, "exits", *job)
    remarks = json.loads(anndata.read_h5ad(job[1].predictions).uns["remarks"])
    place = {"task": "a", "target": "stim", "mode": "edit", "seed": 1, "variant": "default"}
    assert remarks == [place | {"reason": "did not converge"}]
    rows = pd.DataFrame(
        [
            place | {"value": 1.0, "reason": ""},
            place | {"value": 2.0, "reason": "inexact"},
            place | {"value": float("nan"), "reason": "no pairs"},
            place | {"task": "b", "value": 1.0, "reason": ""},
        ]
    )
    said = with_remarks(rows, remarks)["reason"].tolist()
    assert said == ["did not converge", "inexact; did not converge", "no pairs", ""]


@pytest.mark.parametrize(("name", "error"), [("full", OSError), ("hungry", MemoryError)])
def test_a_fault_of_the_machine_leaves_no_predictions(
    root: Path, job: tuple[Path, ShardFiles], name: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        run(root, name, *job)
    assert not job[1].predictions.exists()
    assert name in FATAL
