"""Where dataset files, method files and cells are found, and what a path can be."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from sccbgm.config.places import REPOSITORY, config_folders, named
from sccbgm.config.run import ConfigError, load_config, merged

HDF5 = b"\x89HDF\r\n\x1a\n"
RUN: dict[str, Any] = {"datasets": ["demo"], "methods": ["no_edit"], "seeds": [1]}
OWN = """
id: mine
title: Mine
citation: ours
source: {kind: file, path: cells.h5ad}
columns: {condition: {names: [arm], labels: [a, b]}, labels: {arms: [condition]}}
concepts: [{kind: binary, column: condition, one: b, name: b}]
tasks:
  kind: held_out
  column: condition
  denominators: condition
  intervene: a
  targets: [b]
  held_out: [{id: all, group: all}]
"""


def own_dataset(folder: Path) -> Path:
    """A folder `config/datasets` in `folder`, with a file of a user's own, and its cells."""
    (folder / "config/datasets").mkdir(parents=True)
    (folder / "config/datasets/mine.yaml").write_text(OWN)
    (folder / "cells.h5ad").write_bytes(HDF5)
    return folder


def test_beside_the_file_then_here_then_in_the_repository(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert config_folders([tmp_path / "a/one.yaml", tmp_path / "b/two.yaml"]) == [
        *(f"{tmp_path}/{name}" for name in ("b", "b/config", "a", "a/config")),
        "config",
        f"{REPOSITORY}/config",
    ]
    monkeypatch.chdir(REPOSITORY)
    assert config_folders(["config/demo.yaml"]) == ["config", "config/config"]


def test_a_users_file_hides_the_repositorys(tmp_path: Path) -> None:
    (tmp_path / "datasets").mkdir()
    shutil.copy(REPOSITORY / "config/datasets/demo.yaml", tmp_path / "datasets")
    files = named(config_folders([tmp_path / "run.yaml"]), "datasets")
    assert files["demo"] == tmp_path / "datasets/demo.yaml"
    assert files["kang"].samefile(REPOSITORY / "config/datasets/kang.yaml")


def test_a_run_elsewhere_has_the_repositorys_datasets(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_config(RUN).datasets["demo"].id == "demo"


@pytest.mark.parametrize("started_in", [".", "elsewhere"])
def test_cells_are_found_from_the_working_directory_or_beside_config(
    tmp_path: Path, monkeypatch, started_in: str
) -> None:
    own_dataset(tmp_path)
    (tmp_path / "run.yaml").write_text("datasets: [mine]\nmethods: [no_edit]\n")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / started_in)
    benchmark = load_config(merged([tmp_path / "run.yaml"]))
    assert Path(benchmark.datasets["mine"].source.path).samefile(tmp_path / "cells.h5ad")


def test_a_dataset_of_another_source_can_build_on_the_papers(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "datasets").mkdir()
    (tmp_path / "cells.h5ad").write_bytes(HDF5)
    text = "base: cui\nid: cui_here\nsource: {kind: file, path: cells.h5ad}\n"
    (tmp_path / "datasets/cui_here.yaml").write_text(text)
    (tmp_path / "run.yaml").write_text("datasets: [cui_here]\nmethods: [no_edit]\n")
    monkeypatch.chdir(tmp_path)
    config = load_config("run.yaml").datasets["cui_here"]
    assert (config.source.kind, len(config.task_ids)) == ("file", 7)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "there is no file"),
        ("folder", "a folder; expected an AnnData file"),
        (b"a,b\n1,2\n", "which is not HDF5; expected an AnnData file"),
        (b"", "which is not HDF5"),
        (b"\x1f\x8b\x08", "a gzip file; unpack it: `gunzip -k 'cells.h5ad'`"),
    ],
)
def test_cells_that_are_no_h5ad_file(tmp_path: Path, monkeypatch, content, said: str) -> None:
    cells = own_dataset(tmp_path) / "cells.h5ad"
    cells.unlink()
    if content == "folder":
        cells.mkdir()
    elif content is not None:
        cells.write_bytes(content)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as error:
        load_config({"datasets": ["mine"], "methods": ["no_edit"]})
    message = str(error.value)
    assert message.startswith("config/datasets/mine.yaml: source.path: found 'cells.h5ad'")
    assert said in message


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("~/runs/a", f"{Path.home()}/runs/a"),
        ("results/x/", "results/x"),
        ("results//x", "results/x"),
        ("./x", "x"),
        ("../outside", "../outside"),
        ("my results/über 1", "my results/über 1"),
        ("/data/x", "/data/x"),
    ],
)
def test_the_folder_of_results(written: str, meant: str) -> None:
    assert load_config(RUN | {"results": written}).config.results == meant


@pytest.mark.parametrize("written", ["", ".", "a/..", "x/{dataset}", "a\nb", "~nobody_here/x"])
def test_what_is_no_folder_of_results(written: str) -> None:
    with pytest.raises(ConfigError, match="config: results: found"):
        load_config(RUN | {"results": written})
