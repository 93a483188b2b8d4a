"""`sccbgm list`: every id that a configuration can name."""

from __future__ import annotations

from pathlib import Path

import pytest

from sccbgm.cli import main
from sccbgm.cli.listing import LISTS
from sccbgm.methods.registry import METHODS
from sccbgm.metrics.registry import METRICS

SOME = {
    "methods": ["sccbgm ", *METHODS],
    "metrics": [*METRICS],
    "tables": ["table01 ", "tasks_METRIC__DATASET", "paired_METRIC__DATASET"],
    "figures": ["figure04 ", "figure09 ", "umap_TASK__DATASET", "ranks_METRIC__DATASET"],
    "datasets": ["kang ", "cui_grid "],
    "studies": ["kang ", "synthetic "],
    "run-keys": ["runtime.device ", "scale.cells "],
    "dataset-keys": ["source[file].path ", "columns.broad.names "],
    "method-keys": ["file ", "predictions "],
    "norman-keys": ["labels.separator ", "runs.preset "],
}


@pytest.mark.parametrize("what", LISTS)
def test_every_list_has_a_line_an_id(what: str, capsys) -> None:
    assert main(["list", what]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len({line.split()[0] for line in lines})
    for id in SOME[what]:
        assert any(line.startswith(id) for line in lines), id
    assert all(len(line.split()) > 1 for line in lines), "each says what it is"


def test_own_methods_beside_a_run_are_listed(tmp_path: Path, capsys) -> None:
    (tmp_path / "methods").mkdir()
    (tmp_path / "methods/sccbgm.yaml").write_text("params: {epochs: 3}\n")
    (tmp_path / "methods/fault.yaml").write_text("params: {}\n")
    assert main(["list", "methods", "--beside", str(tmp_path / "run.yaml")]) == 2
    assert "'fault' is no method of the project" in capsys.readouterr().err
