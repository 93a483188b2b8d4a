"""The command line: every shipped configuration has a plan, and a fault is one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from sccbgm.cli import main
from sccbgm.config.reading import read_yaml

CONFIG = Path(__file__).parents[1] / "config"
ON_TOP = {
    "kang_reduced_all": "kang_reduced",
    "reduced": "table12",
    "table11_seen": "table11",
    "table16_reduced": "table16",
}
"""Files that hold only what differs, and a file that they go on top of."""


@pytest.mark.parametrize("name", sorted(path.stem for path in CONFIG.glob("*.yaml")))
def test_every_configuration_has_a_plan(
    name: str, capsys, monkeypatch, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    below = [CONFIG / f"{ON_TOP[name]}.yaml"] if name in ON_TOP else []
    files = [*below, CONFIG / f"{name}.yaml"]
    if any("kang_reduced" in read_yaml(file).get("datasets", ()) for file in files):
        request.getfixturevalue("shared_data")
    monkeypatch.chdir(tmp_path)
    assert main(["plan", *map(str, files)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("dataset")
    assert "expected hours" in said
    assert " 0.00" not in said, "what is not known is not 0"


def test_hours_of_cells_that_are_not_prepared_are_unknown(capsys, monkeypatch, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["plan", str(CONFIG / "table16.yaml")]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("expected hours of training: unknown for kang (the size is known once")


def test_the_paper_runs_the_mirrored_form_of_what_was_published_from_a_defect(capsys) -> None:
    main(["plan", str(CONFIG / "config.yaml")])
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
