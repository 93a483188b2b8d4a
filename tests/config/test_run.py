"""Configurations: what is accepted, and what is said of a fault."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from sccbgm.config.figure_ids import MetricDots, TaskUmap, parse_figure
from sccbgm.config.run import ConfigError, load_config

BASE: dict[str, Any] = {"datasets": ["demo"], "methods": ["no_edit", "sccbgm"], "seeds": [1]}


@pytest.fixture
def folder(root: Path, tmp_path: Path) -> Path:
    """A config folder with the demonstration dataset."""
    (tmp_path / "datasets").mkdir()
    (tmp_path / "methods").mkdir()
    shutil.copy(root / "config/datasets/demo.yaml", tmp_path / "datasets")
    return tmp_path


def fault(folder: Path, **changes: Any) -> str:
    with pytest.raises(ConfigError) as error:
        load_config(BASE | changes, "run.yaml", folder)
    return str(error.value)


def test_defaults_are_the_papers(folder: Path) -> None:
    benchmark = load_config(BASE, folder=folder)
    params = benchmark.methods["sccbgm"].params("demo", "recommended")
    assert (params.hidden_dim, params.n_layers, params.epochs, params.lr) == (1024, 4, 200, 3e-4)
    assert benchmark.seeds("demo") == (1,)


def test_seeds_are_the_runs_or_those_of_the_datasets_file_or_the_papers() -> None:
    content = {"datasets": ["nault", "demo"], "methods": ["sccbgm"]}
    one, other = (load_config(content | more) for more in ({}, {"seeds": [5, 6, 7]}))
    assert (one.seeds("nault"), one.seeds("demo")) == ((0,), (13, 42, 1337, 69))
    assert other.seeds("nault") == (5, 6, 7)
    fewer = load_config(content | {"seeds": [5, 6, 7], "scale": {"seeds": 2}})
    assert fewer.seeds("nault") == (5, 6)


def test_the_epochs_of_a_run_reach_datasets_with_epochs_of_their_own() -> None:
    content = {"datasets": ["nault"], "methods": ["sccbgm"], "params": {"epochs": 5}}
    assert load_config(content).methods["sccbgm"].params("nault", "recommended").epochs == 5
    del content["params"]
    assert load_config(content).methods["sccbgm"].params("nault", "recommended").epochs == 100


def test_later_overrides_are_stronger(folder: Path) -> None:
    method = {"params": {"lr": 0.1}, "datasets": {"demo": {"epochs": 3, "lr": 0.2}}}
    (folder / "methods/sccbgm.yaml").write_text(yaml.safe_dump(method))
    changes = {
        "params": {"epochs": 2, "hidden_dim": 8},
        "variants": {"sccbgm": {"default": {}, "fast": {"lr": 0.4}}},
    }
    entry = load_config(BASE | changes, folder=folder).methods["sccbgm"]
    plain = entry.params("demo", "recommended")
    assert (plain.hidden_dim, plain.epochs, plain.lr) == (8, 2, 0.2)
    assert entry.params("other", "recommended").lr == 0.1
    assert entry.params("demo", "recommended", "fast").lr == 0.4


def test_e_notation_of_yaml_is_a_number(folder: Path) -> None:
    changes = yaml.safe_load("params: {lr: 1e-4}")
    assert changes["params"]["lr"] == "1e-4", "PyYAML reads YAML 1.1"
    entry = load_config(BASE | changes, folder=folder).methods["sccbgm"]
    assert entry.params("demo", "recommended").lr == 1e-4


def test_first_stages_are_loaded_with_their_method(folder: Path) -> None:
    benchmark = load_config(BASE | {"methods": ["sccbgm_fm"]}, folder=folder)
    assert list(benchmark.methods) == ["sccbgm", "sccbgm_fm"]
    assert benchmark.config.methods == ("sccbgm_fm",)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sedes": [1]}, ["run.yaml", "'sedes'", "did you mean 'seeds'", "results, "]),
        ({"shard": {"task": 3}}, ["run.yaml: shard: ", "'task'", "'tasks'"]),
        ({"seeds": ["a"]}, ["run.yaml: seeds.0", "found 'a'", "whole number"]),
        ({"seeds": [1, 1]}, ["run.yaml: seeds", "more than once"]),
        ({"runtime": {"threads": "two"}}, ["runtime.threads", "found 'two'", "whole number"]),
        ({"runtime": {"threads": 0}}, ["runtime.threads", "found 0", "greater than 0"]),
        ({"presets": ["best"]}, ["presets.0", "'best'", "'recommended' or 'reference'"]),
        ({"methods": []}, ["methods", "at least 1"]),
        ({"methods": ["sccbg"]}, ["run.yaml: methods", "'sccbg'", "did you mean 'sccbgm'"]),
        ({"datasets": ["dem"]}, ["run.yaml: datasets", "'dem'", "did you mean 'demo'"]),
        ({"metrics": ["mmd"]}, ["run.yaml: metrics", "'mmd'", "rmmd"]),
        ({"tables": ["table99"]}, ["run.yaml: tables", "'table99'", "table01"]),
        ({"figures": ["pie_demo"]}, ["run.yaml: figures", "'pie_demo'", "umap_TASK__DATASET"]),
        ({"params": {"epoch": 3}}, ["run.yaml: params", "'epoch'", "did you mean 'epochs'"]),
        ({"params": {"epochs": "many"}}, ["run.yaml: params.epochs", "'many'", "whole number"]),
        (
            {"variants": {"sccbgm": {"x": {"lambda": 1}}}},
            ["run.yaml: variants.sccbgm.x", "'lambda'", "lambda_concept"],
        ),
        ({"variants": {"cvae": {"x": {}}}}, ["run.yaml: variants", "'cvae'", "sccbgm"]),
    ],
)
def test_a_fault_names_file_key_found_and_accepted(
    folder: Path, changes: dict[str, Any], said: list[str]
) -> None:
    message = fault(folder, **changes)
    assert [part for part in said if part not in message] == [], message
    assert "\n" not in message


def test_every_fault_has_its_line(folder: Path) -> None:
    assert len(fault(folder, sedes=[1], seeds=[], results=3).splitlines()) == 3


def test_a_missing_file_of_cells_is_named(folder: Path, root: Path) -> None:
    text = (root / "config/datasets/kang_reduced.yaml").read_text()
    text = text.replace("../shared/data/kang_reduced.h5ad", "nowhere/cells.h5ad")
    (folder / "datasets/kang_reduced.yaml").write_text(text)
    message = fault(folder, datasets=["kang_reduced"])
    assert "kang_reduced.yaml: source.path: found 'nowhere/cells.h5ad'" in message


def test_a_fault_of_a_method_file_names_it(folder: Path) -> None:
    path = folder / "methods/sccbgm.yaml"
    for content, said in {
        "param: {}": "'param'",
        "params: {epoch: 3}": "'epoch'",
        "params: {decoder: strange}": "params.decoder: found 'strange'",
        "datasets: {demo: {lr: fast}}": "datasets.demo.lr: found 'fast'",
        "file: nowhere.py": "file: found 'nowhere.py'",
        "params: [": "not valid YAML",
    }.items():
        path.write_text(content)
        message = fault(folder)
        assert message.startswith(str(path)) and said in message


def test_a_users_method_is_one_python_file(folder: Path) -> None:
    code = """
from sccbgm.methods.controls import NoEdit

class Mine(NoEdit):
    id = "mine"
"""
    (folder / "mine.py").write_text(code)
    (folder / "methods/mine.yaml").write_text(f"file: {folder / 'mine.py'}")
    assert "mine" in load_config(BASE | {"methods": ["mine"]}, folder=folder).methods
    (folder / "methods/other.yaml").write_text(f"file: {folder / 'mine.py'}")
    assert "id 'mine'" in fault(folder, methods=["other"])


def test_a_file_that_is_missing_or_no_mapping(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load_config(tmp_path / "absent.yaml")
    (tmp_path / "list.yaml").write_text("- 1")
    with pytest.raises(ConfigError, match="found a list; expected keys and values"):
        load_config(tmp_path / "list.yaml")


def test_figure_ids(folder: Path) -> None:
    datasets = load_config(BASE, folder=folder).datasets
    assert parse_figure("metric_table01", datasets) == MetricDots("table01")
    assert parse_figure("umap_intervention_0__demo", datasets) == TaskUmap("demo", "intervention_0")
    with pytest.raises(ValueError, match="intervention_1__demo"):
        parse_figure("umap_intervention_9__demo", datasets)


def test_reading_a_configuration_imports_nothing_heavy(root: Path) -> None:
    code = """
import sys
from sccbgm.config.run import load_config
from sccbgm.benchmark.plan import expand
import sccbgm.benchmark.train, sccbgm.benchmark.evaluate
expand(load_config("config/demo.yaml"))
heavy = {"torch", "scanpy", "anndata", "pandas", "scipy", "sklearn", "matplotlib", "jax"}
print(sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
