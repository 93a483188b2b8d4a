"""Tables and figures of the analyses in a run's lists."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sccbgm.config.analyses import ANALYSES, OUTPUTS, asked_for
from sccbgm.config.run import ConfigError, load_config

KANG = {"datasets": ["kang"], "methods": ["no_edit"]}


def test_what_an_analysis_trains_is_loaded_and_not_run() -> None:
    benchmark = load_config(KANG | {"figures": ["figure10"]})
    assert {"sccbgm", "sccbgm_fm", "cvae", "vae", "vanilla_fm"} <= set(benchmark.methods)
    assert benchmark.config.methods == ("no_edit",)


def test_every_output_names_an_analysis_that_exists() -> None:
    import importlib

    for output in OUTPUTS.values():
        module, name = ANALYSES[output.analysis].function.split(":")
        assert callable(getattr(importlib.import_module(f"sccbgm.analyses.{module}"), name))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"tables": ["table25"]}, "table10"),
        ({"tables": ["figure09"]}, "unknown table 'figure09'"),
        ({"figures": ["figure99"]}, "figure14"),
        ({"tables": ["table10__cui"]}, "'cui' is not a dataset of this run (kang)"),
        ({"figures": ["figure05"]}, "'nault_pathways' is not a dataset of this run"),
        ({"figures": ["figure05__kang"]}, "needs a concept of the kind 'pathways'"),
    ],
)
def test_what_cannot_be_made_is_said(asked: dict, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        load_config(KANG | asked)
    assert said in str(error.value)


def test_table_9_is_of_all_datasets_that_hold_out_cells() -> None:
    benchmark = load_config(
        {"datasets": ["kang", "cui", "synthetic_1"], "methods": ["no_edit"], "tables": ["table09"]}
    )
    [asked] = asked_for(["table09"], [], benchmark.datasets)
    assert asked.datasets == ("kang", "cui")


def test_generated_cells_have_no_leakage_study() -> None:
    with pytest.raises(ConfigError, match=r"needs columns\.broad"):
        load_config(
            {"datasets": ["synthetic_1"], "methods": ["no_edit"],
             "tables": ["table13__synthetic_1"]}
        )  # fmt: skip


def test_a_footprint_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets/mine.yaml").write_text(
        "base: nault\nid: mine\nconcepts:\n"
        "  - {kind: one_hot, column: broad}\n  - {kind: pathways, file: nowhere.csv}\n"
    )
    run = tmp_path / "run.yaml"
    run.write_text("datasets: [mine]\nmethods: [no_edit]\n")
    with pytest.raises(ConfigError, match=r"mine\.yaml: concepts\[1\]\.file: .*nowhere\.csv"):
        load_config(run)


def test_planning_an_analysis_imports_nothing_heavy(root: Path) -> None:
    code = (
        "import sys, sccbgm.analyses.plan; "
        "print(sorted({'pandas', 'torch', 'anndata', 'scanpy', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
