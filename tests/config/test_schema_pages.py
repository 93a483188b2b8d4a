"""Pages and JSON schemas of the configuration files: every key, and what the validator accepts."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from sccbgm.config import pages

CONFIG = Path(__file__).parents[2] / "config"
FILES = {
    **dict.fromkeys((CONFIG / "datasets").glob("*.yaml"), "dataset"),
    **dict.fromkeys((CONFIG / "studies").glob("*.yaml"), "run"),
    **dict.fromkeys((CONFIG / "methods").glob("*.yaml"), "method"),
    **dict.fromkeys((CONFIG / "norman").glob("*.yaml"), "norman"),
    CONFIG / "demo.yaml": "run",
    CONFIG / "config.yaml": "studies",
}


def faults(name: str, content: object) -> list[str]:
    validator = jsonschema.Draft202012Validator(pages.schema(name))
    return [error.message for error in validator.iter_errors(json.loads(json.dumps(content)))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_shipped_files_are_valid(path: Path) -> None:
    assert faults(FILES[path], yaml.safe_load(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("path", "changes"),
    [
        (CONFIG / "demo.yaml", {"sedes": [1]}),
        (CONFIG / "demo.yaml", {"seeds": "one"}),
        (CONFIG / "datasets/demo.yaml", {"n_pcs": -1}),
        (CONFIG / "datasets/demo.yaml", {"source": {"kind": "nowhere"}}),
        (CONFIG / "config.yaml", {"datasets": ["kang"]}),
    ],
)
def test_a_faulty_file_is_not(path: Path, changes: dict) -> None:
    assert faults(FILES[path], yaml.safe_load(path.read_text(encoding="utf-8")) | changes)


def test_a_file_without_what_it_needs_is_not_unless_it_has_a_base() -> None:
    assert faults("dataset", {"id": "mine"})
    assert faults("dataset", {"id": "mine", "base": "kang"}) == []


@pytest.mark.parametrize("name", pages.FILES)
def test_every_key_has_a_meaning_for_editors_and_on_its_page(name: str) -> None:
    text, made = pages.page(name), pages.schema(name)
    for section in (made, *made.get("$defs", {}).values(), *map(made.get, ("then", "else"))):
        for key, of in (section or {}).get("properties", {}).items():
            assert of.get("description", "").strip(), f"{name}: {key} needs a text below it"
            assert f"| `{key}` | {pages.meaning(of)} |" in text
    assert "exclusiveMinimum" not in text and "$ref" not in text


def test_every_key_is_listed_with_those_above_it() -> None:
    threads = dict(pages.keys("run"))["runtime.threads"]
    assert threads == "CPU threads of a job. (whole number above 0; without it: `2`)"
    keys = dict(pages.keys("dataset"))
    assert {"source[file].path", "columns.broad.names", "tasks[held_out].held_out.id"} <= {*keys}
    assert "a section; needed" in keys["concepts"] and "columns.others.names" in keys


def test_one_command_writes_them_all(tmp_path: Path) -> None:
    pages.main(tmp_path)
    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")}
    assert written == {*pages.pages()}
