"""Files that are not keys and values in YAML are named as what they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from sccbgm.config.dataset import load_dataset_config
from sccbgm.config.errors import ConfigError
from sccbgm.config.places import REPOSITORY
from sccbgm.config.reading import read_yaml, typed


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", ": the file is empty; expected keys and values"),
        (b"# a comment alone\n", ": the file is empty"),
        (b"- a\n", ": found a list; expected keys and values"),
        (b"words\n", ": found text; expected keys and values"),
        (b"3\n", ": found 3; expected keys and values"),
        (b"a: [1\nb: 2\n", ", line 2: not valid YAML: while parsing a flow sequence"),
        (b"a: 1\n\tb: 2\n", ", line 2: not valid YAML"),
        (b"a: 1\nb: 2\na: 3\n", ", line 3: not valid YAML: the key 'a' stands here twice"),
        (b"a: {b: 1, b: 2}\n", ", line 1: not valid YAML: the key 'b' stands here twice"),
        (b"a: 1\non: 2\n", ", line 2: not valid YAML: the key on is not text; put it in quotes"),
        (b"a: 1\n? [1, 2]\n: 3\n", ", line 2: not valid YAML: the key (not a scalar)"),
        (b"a: 1\nb: K\xf6ln\n", ", line 2: not UTF-8 text (byte 0xf6); save the file as UTF-8"),
        (b"\x1f\x8b\x08\x00binary\x00", ": a binary file; expected YAML, which is text"),
        (b"a: &a [*a]\n", ": not valid YAML: it refers to itself or is nested too deeply"),
        (b"a: " + b"[" * 5000, ": not valid YAML: it refers to itself or is nested too deeply"),
        (b"a: 2024-13-45\n", ": not valid YAML: month must be in 1..12"),
        (b"a: !!python/object:os.system {}\n", ", line 1: not valid YAML: could not determine"),
        (b"a: \x07\n", ": not valid YAML: unacceptable character #x0007"),
    ],
)
def test_a_file_that_is_no_configuration(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "run.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as error:
        read_yaml(path)
    assert str(error.value).startswith(f"{path}{said}")
    assert "\n" not in str(error.value)


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere.yaml: no such file"):
        read_yaml(tmp_path / "nowhere.yaml")
    with pytest.raises(ConfigError, match=f"{tmp_path}: a folder; expected a YAML file"):
        read_yaml(tmp_path)


def test_what_yaml_offers_is_read(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text("\ufeffa: &x {b: 1}\nc: {<<: *x, b: 2}\n3: three\n", encoding="utf-8")
    assert read_yaml(path) == {"a": {"b": 1}, "c": {"b": 2}, 3: "three"}


def test_quoted_text_stays_text_where_a_bare_number_is_one(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("a: [1e-3, '1e-3', 1E5, 2.e2, .5e3, x1e-3, 1e-3 mM]\n")
    found = read_yaml(path)["a"]
    assert found == [1e-3, "1e-3", 100_000, 200, 500, "x1e-3", "1e-3 mM"]
    assert [type(value) for value in found[2:5]] == [int] * 3, "numbers of epochs, such as 1e3"


def test_what_snakemake_was_given_has_numbers_and_all_else_stays_text() -> None:
    content = {"params": {"lr": "3e-4", "kind": "1"}, "seeds": ["1"], "tasks": 2, "results": "3"}
    given = {"params": {"lr": "3e-4"}, "seeds": ["1"], "tasks": 2}
    assert typed(content, given, "--config") == {
        **content, "params": {"lr": 3e-4, "kind": "1"}, "seeds": [1],
    }  # fmt: skip
    with pytest.raises(ConfigError, match="^--config params lr, line 1: not valid YAML"):
        typed({"params": {"lr": "[1"}}, {"params": {"lr": "[1"}}, "--config")


def test_labels_that_look_like_numbers_are_labels(tmp_path: Path) -> None:
    content = (REPOSITORY / "config/datasets/demo.yaml").read_text(encoding="utf-8")
    path = tmp_path / "demo.yaml"
    path.write_text(
        f"{content}\ncolumns: {{condition: {{names: [x], labels: ['1e-3', '1e-2']}}}}\n"
    )
    column = load_dataset_config(path, [REPOSITORY / "config"]).columns.condition
    assert column is not None and column.labels == ("1e-3", "1e-2")
