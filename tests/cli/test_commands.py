"""The command line: every shipped configuration has a plan, and a fault is one line."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from sccbgm.benchmark.cost import Widths, widths
from sccbgm.benchmark.summary import training_cells
from sccbgm.cli import main
from sccbgm.config.reading import read_yaml
from sccbgm.config.run import load_config
from sccbgm.io.cluster import note_run

CONFIG = Path(__file__).parents[2] / "config"
ON_TOP = {
    "kang_reduced_all": "kang_reduced",
    "paper_small": "config",
    "reduced": "studies/concept_counts",
    "two_cores": "studies/kang",
}
"""Files that hold only what differs, and a file that they go on top of."""
STUDIES = [f"studies/{path.stem}" for path in CONFIG.glob("studies/*.yaml")]


@pytest.mark.parametrize("name", sorted([*STUDIES, *(path.stem for path in CONFIG.glob("*.yaml"))]))
def test_every_configuration_has_a_plan(
    name: str, capsys, monkeypatch, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    below = [CONFIG / f"{ON_TOP[name]}.yaml"] if name in ON_TOP else []
    files = [*below, CONFIG / f"{name}.yaml"]
    asked = [id for file in files for id in read_yaml(file).get("datasets", ())]
    if any(id.startswith(("kang_reduced", "kang_types")) for id in asked):
        request.getfixturevalue("shared_data")
    monkeypatch.chdir(tmp_path)
    assert main(["plan", *map(str, files)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("study" if "config" in (name, ON_TOP.get(name)) else "dataset")
    assert "expected hours" in said
    assert " 0.00" not in said, "what is not known is not 0"


def test_hours_of_cells_that_are_not_prepared_are_unknown(capsys, monkeypatch, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "datasets").mkdir()
    content = read_yaml(CONFIG / "datasets/kang.yaml") | {"id": "mine"}
    del content["expected"]
    (tmp_path / "datasets/mine.yaml").write_text(yaml.safe_dump(content))
    (tmp_path / "run.yaml").write_text("datasets: [mine]\nmethods: [sccbgm, scgen]\n")
    assert main(["plan", "run.yaml"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == (
        "expected hours of training: unknown for mine "
        "(the size is known once the cells are prepared)"
    )


def test_sizes_that_a_dataset_file_states_are_used_before_the_cells_are_there() -> None:
    benchmark = load_config(CONFIG / "studies/real.yaml")
    cells = {name: training_cells(benchmark, name) for name in ("kang", "cui", "nault")}
    assert cells["kang"]["nk_0"] == 24_054 - 1047
    assert cells["cui"]["cd4"] == 110_278
    assert cells["nault"]["b_cell"] == 131_613 - 323 - 861
    stated = [widths(benchmark.datasets[name]) for name in ("kang", "cui", "nault")]
    assert stated == [Widths(128, 8), Widths(128, 94), Widths(128, 5)]


def test_the_paper_runs_the_mirrored_form_of_what_was_published_from_a_defect(capsys) -> None:
    main(["plan", str(CONFIG / "studies/kang.yaml")])
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    kang = [row for row in rows if row[:1] == ["kang"]]
    mirrored = {row[2] for row in kang if row[1] == "reference"}
    assert mirrored == {"biolord", "biolord_fm", "cinema_ot", "scgen"}
    assert mirrored < {row[2] for row in kang if row[1] == "recommended"}


def test_where_is_below_the_working_directory(capsys, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["where", str(CONFIG / "demo.yaml")]) == 0
    said = capsys.readouterr().out
    assert "results/demo/report.html  (not made yet)" in said
    assert "results/demo/tables  (not made yet)" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "run.yaml: no such file"),
        ("", "run.yaml: the file is empty; expected keys and values"),
        (
            "datasets: [demo]\nmethods: [no_edit]\nseeds: one",
            "run.yaml: seeds: found 'one'",
        ),
        ("datasets: [demo]\nmethods: [no_edit]\nresults: '{x}'", "run.yaml: results: found '{x}'"),
    ],
)
def test_a_fault_is_one_line_and_exit_code_2(
    capsys, monkeypatch, tmp_path: Path, text: str | None, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    if text is not None:
        Path("run.yaml").write_text(text)
    assert main(["plan", "run.yaml"]) == 2
    answer = capsys.readouterr()
    assert answer.out == ""
    assert answer.err.startswith(said) and answer.err.count("\n") == 1


def test_version_and_no_command(capsys) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--version"])
    assert stopped.value.code == 0
    assert capsys.readouterr().out.startswith("sccbgm ")
    with pytest.raises(SystemExit) as stopped:
        main([])
    assert stopped.value.code == 2


def test_resume_waits_for_the_jobs_of_a_killed_run(capsys, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run.yaml").write_text("datasets: [demo]\nmethods: [no_edit]\n")
    note_run(tmp_path / "results", "slurm", "abc")
    waiting = tmp_path / "waiting"
    waiting.write_text("7 RUNNING\n8 PENDING\n")
    script = f'#!/bin/sh\nif [ -e "{waiting}" ]; then cat "{waiting}"; rm "{waiting}"; fi\n'
    (tmp_path / "squeue").write_text(script)
    (tmp_path / "squeue").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    started: list[list[str]] = []

    def run(command: list[str]) -> SimpleNamespace:
        started.append([str(word) for word in command[3:]])
        return SimpleNamespace(returncode=5)

    monkeypatch.setattr("sccbgm.cli.configs.subprocess", SimpleNamespace(run=run))
    words = ["resume", "run.yaml", "--every", "0.01"]
    assert main([*words, "--", "--workflow-profile", "x", "--", "all"]) == 5
    assert capsys.readouterr().out == "waiting for 2 jobs: 7 RUNNING, 8 PENDING\n"
    assert started == [
        [
            "--snakefile",
            str(CONFIG.parent / "Snakefile"),
            "--workflow-profile",
            "x",
            "--configfile",
            "run.yaml",
            "--",
            "all",
        ]
    ]
    assert not list((tmp_path / "results/.runs").iterdir())
