"""All faults of a run at once; and whatever a file holds, the answer is a run or a ConfigError."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import strategies as st
from mutants import each, mutated, spoilt
from test_places import OWN

from sccbgm.benchmark.plan import expand, with_first_stages
from sccbgm.config.dataset import load_dataset_config
from sccbgm.config.places import REPOSITORY
from sccbgm.config.run import ConfigError, load_config

CONFIG = REPOSITORY / "config"
RUN: dict[str, Any] = {
    "results": "results/x",
    "datasets": ["demo"],
    "methods": ["no_edit", "sccbgm"],
    "presets": ["recommended"],
    "seeds": [1],
    "shard": {"tasks": 2, "seeds": 1},
    "runtime": {"device": "cpu", "threads": 1},
    "params": {"epochs": 2, "lr": 0.1},
    "variants": {"sccbgm": {"default": {}, "wide": {"hidden_dim": 8}}},
    "sweep": {"params": {"sccbgm": {"beta": [0.1]}}, "noise": {"kinds": ["clean"], "levels": [1]}},
    "scale": {"cells": 100},
    "tasks": 1,
    "metrics": ["rmmd", "mse"],
    "tables": ["tasks_mse__demo", "table03"],
    "figures": ["metric_tasks_rmmd__demo", "umap_intervention_0__demo", "boxes_mse_by_task"],
}


def faults(folder: Path | None = None, **changes: Any) -> list[str]:
    with pytest.raises(ConfigError) as error:
        load_config(RUN | changes, "run.yaml", folder or CONFIG)
    return str(error.value).splitlines()


def test_faults_of_all_sections_come_together() -> None:
    lines = faults(metrics=["rmd"], tables=["tabel03"], figures=[], reference_methods=["scgn"])
    assert [line.split(" ")[1] for line in lines] == ["metrics:", "tables:", "reference_methods:"]
    assert "did you mean 'table03'?" in lines[1]


def test_faults_of_all_files_come_together(tmp_path: Path) -> None:
    for kind in ("datasets", "methods"):
        (tmp_path / kind).mkdir()
    (tmp_path / "datasets/demo.yaml").write_text("id: demo\ntitel: x\n")
    (tmp_path / "methods/sccbgm.yaml").write_text("parms: {}\n")
    lines = faults(tmp_path, datasets=["demo", "nowhere"])
    assert [line for line in lines if "datasets/demo.yaml: unknown key 'titel'; did you" in line]
    assert [line for line in lines if "datasets: unknown id 'nowhere'" in line]
    assert [line for line in lines if "methods/sccbgm.yaml: unknown key 'parms'; did you" in line]


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"epochs": -5}, "params.epochs: found -5; expected 1 or more"),
        ({"batch_size": 1}, "params.batch_size: found 1; expected 2 or more"),
        ({"lr": 0}, "params.lr: found 0; expected a number above 0"),
        ({"lr": float("inf")}, "params.lr: found inf; expected a number above 0"),
        ({"dropout": 1.5}, "params.dropout: found 1.5; expected a number in [0, 1)"),
        ({"epochs": True}, "params.epochs: found true (yes, no, on and off are read so"),
        ({"epochs": None}, "params.epochs: found nothing (null); expected a whole number"),
        ({"decoder": "skp"}, "params.decoder: found 'skp'; expected 'skip', 'residual' or"),
    ],
)
def test_a_hyperparameter_out_of_range_runs_nothing(params: dict[str, Any], said: str) -> None:
    [line] = faults(params=params, sweep={}, variants={}, scale={})
    assert line.startswith(f"run.yaml: {said}")


def test_faults_of_type_and_range_come_together() -> None:
    lines = faults(params={"epochs": 0, "hidden_dim": "wide", "lr": -1.0}, variants={}, sweep={})
    assert sorted(line.split(":")[1] for line in lines) == [
        *(f" params.{name}" for name in ("epochs", "hidden_dim", "lr")),
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tables": ["table01"]}, "tables: table01 is of kang; the run has the datasets demo"),
        ({"tables": ["tasks_rfid__demo"]}, "tables: tasks_rfid__demo shows rfid; the run has the"),
        ({"tables": ["tasks_rmd__demo"]}, "tables: tasks_rmd__demo: unknown metric 'rmd'; did you"),
        ({"figures": ["metric_table16"]}, "figures: metric_table16: table16 is of kang; the run"),
        ({"figures": ["boxes_rfid_by_task"]}, "figures: boxes_rfid_by_task shows rfid; the run"),
        ({"figures": ["metric_table03"]}, "figures: metric_table03: table03 has no metric to draw"),
        ({"figures": ["umap_x__demo"]}, "figures: umap_x__demo: unknown task 'x__demo'; "),
        ({"sweep": {"params": {"sccbgm": {"bta": [1]}}}}, "sweep.params.sccbgm: unknown hyperpara"),
    ],
)
def test_what_the_run_cannot_fill(changes: dict[str, Any], said: str) -> None:
    assert faults(**changes)[0].startswith(f"run.yaml: {said}")


def test_a_metric_that_no_dataset_can_have(tmp_path: Path) -> None:
    (tmp_path / "datasets").mkdir()
    (tmp_path / "cells.h5ad").write_bytes(b"\x89HDF\r\n\x1a\n")
    own = OWN.replace("cells.h5ad", str(tmp_path / "cells.h5ad"))
    (tmp_path / "datasets/mine.yaml").write_text(own)
    run = {"datasets": ["mine"], "methods": ["no_edit"]}
    with pytest.raises(ConfigError, match="metrics: mse needs true counterfactuals, which no"):
        load_config(run | {"metrics": ["mse"]}, "run.yaml", tmp_path)
    with pytest.raises(ConfigError, match="table03 is of generated datasets; the run has none"):
        load_config(run | {"tables": ["table03"]}, "run.yaml", tmp_path)


def test_the_file_that_is_broken_below_starts_whole() -> None:
    assert load_config(RUN, "run.yaml", CONFIG).methods.keys() == {"no_edit", "sccbgm"}


COUNTS = [100, pytest.param(2000, marks=pytest.mark.slow)]
"""Of mutants."""


@pytest.mark.parametrize("n", COUNTS)
def test_a_mutated_run_is_accepted_or_a_configuration_error(n: int) -> None:
    def check(content: dict[str, Any]) -> None:
        try:
            with_first_stages(expand(load_config(content, "run.yaml", CONFIG)))
        except ConfigError as error:
            assert all(line.strip() for line in str(error).splitlines())

    each(n, mutated(RUN), check)


@pytest.mark.parametrize("n", COUNTS)
@pytest.mark.parametrize("name", ["kang", "nault", "demo", "kang_reduced"])
def test_a_mutated_dataset_is_accepted_or_a_configuration_error(
    tmp_path: Path, name: str, n: int
) -> None:
    whole = yaml.safe_load((CONFIG / f"datasets/{name}.yaml").read_text(encoding="utf-8"))
    path = tmp_path / f"{name}.yaml"

    def check(content: dict[str, Any]) -> None:
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
        try:
            load_dataset_config(path, [CONFIG])
        except ConfigError as error:
            assert all(str(path) in line for line in str(error).splitlines())

    each(n, mutated(whole), check)


@pytest.mark.parametrize("n", COUNTS)
def test_a_mutated_method_is_accepted_or_a_configuration_error(tmp_path: Path, n: int) -> None:
    for kind in ("datasets", "methods"):
        (tmp_path / kind).mkdir()
    demo = (CONFIG / "datasets/demo.yaml").read_text(encoding="utf-8")
    (tmp_path / "datasets/demo.yaml").write_text(demo, encoding="utf-8")
    whole = {"params": {"epochs": 3, "lr": 0.1}, "datasets": {"demo": {"decoder": "skip"}}}

    def check(content: dict[str, Any]) -> None:
        (tmp_path / "methods/sccbgm.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
        try:
            load_config({"datasets": ["demo"], "methods": ["sccbgm"]}, "run.yaml", tmp_path)
        except ConfigError as error:
            assert all("methods/sccbgm.yaml" in line for line in str(error).splitlines())

    each(n, mutated(whole), check)


@pytest.mark.parametrize("n", COUNTS)
def test_any_bytes_are_accepted_or_a_configuration_error(tmp_path: Path, n: int) -> None:
    path = tmp_path / "run.yaml"

    def check(data: bytes) -> None:
        path.write_bytes(data)
        with pytest.raises(ConfigError, match=r"run\.yaml"):
            load_config(path)

    each(n, st.binary(max_size=60), check)
    whole = (CONFIG / "demo.yaml").read_bytes()
    for data in spoilt(whole, n):
        path.write_bytes(data)
        with contextlib.suppress(ConfigError):
            load_config(path)
