"""The pages of the documentation: links lead somewhere, every page is listed, code is tried."""

from __future__ import annotations

import ast
import re
import shlex
from functools import cache
from pathlib import Path

import jsonschema
import pytest
import yaml
from snakemake.cli import get_argument_parser

from sccbgm.cli import command_parser
from sccbgm.config import pages

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md")),
    *(ROOT / folder / "README.md" for folder in ("config", "results")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
MADE = ("start.md", "configuration.md", "results.md", "changelog.md", "reference/")
"""Pages of the site that docs/hooks.py makes."""

RUN_BY = {
    "README.md": "tests/test_readme.py",
    "docs/editing.md": "tests/api/test_documented.py",
    "docs/own_method.md": "tests/test_own_code.py",
    "docs/own_network.md": "tests/test_own_code.py",
    "docs/tutorial.md": "tests/docs/test_tutorial.py",
}
"""Page -> the test that runs its Python."""

OF_SHELL = ("cd", "cp", "mkdir", "export", "git", "python", "pip", "docker", "apptainer", "source")
"""Commands that are not this project's, whose words are not looked at."""


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def without_code(markdown: str) -> str:
    return re.sub(r"^```.*?^```", "", markdown, flags=re.MULTILINE | re.DOTALL)


@cache
def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings."""
    titles = re.findall(r"^#+ (.*)$", without_code(text(path)), flags=re.MULTILINE)
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).lower() for title in titles)
    return {re.sub(r"[^\w\- ]", "", title).replace(" ", "-") for title in plain}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(text(page))):
        file, _, anchor = target.partition("#")
        if "://" in target:
            continue
        goal = (page.parent / file).resolve() if file else page
        assert goal.exists(), f"{name(page)}: {target}"
        if anchor and goal.suffix == ".md":
            assert anchor in anchors(goal), f"{name(page)}: {target}"


def test_every_page_is_listed_on_the_site() -> None:
    listed = re.findall(r"([\w/]+\.md)$", text(ROOT / "mkdocs.yml"), flags=re.MULTILINE)
    written = {str(p.relative_to(ROOT / "docs")) for p in (ROOT / "docs").glob("*.md")}
    assert {page for page in listed if not page.startswith(MADE)} == written
    assert {f"reference/{page}" for page in pages.pages() if page.endswith(".md")} <= {*listed}


def blocks(language: str) -> list[tuple[Path, str]]:
    """The blocks of a language on all pages."""
    form = rf"^```{language}\n(.*?)^```"
    return [
        (page, block)
        for page in PAGES
        for block in re.findall(form, text(page), flags=re.MULTILINE | re.DOTALL)
    ]


@pytest.mark.parametrize(("page", "block"), blocks("python"))
def test_python_is_run_by_a_test(page: Path, block: str) -> None:
    if "snakefile:" in block:  # of a Snakefile: tests/workflow/test_started_elsewhere.py
        return
    ast.parse(block)
    test = text(ROOT / RUN_BY[name(page)])
    assert page.name in test


@pytest.mark.parametrize(("page", "block"), blocks("yaml"))
def test_yaml_is_a_valid_part_of_some_file(page: Path, block: str) -> None:
    content = yaml.safe_load(block)
    fitting = [
        kind
        for kind in pages.FILES
        if jsonschema.Draft202012Validator(part(kind)).is_valid(content)
    ]
    assert fitting, f"{name(page)}: {block}"


@cache
def part(kind: str) -> pages.Schema:
    """The schema of a part of a file."""
    made = pages.schema(kind)
    return {"$defs": made["$defs"], **made["then"]} if "then" in made else made


@pytest.mark.parametrize(("page", "block"), blocks("bash"))
def test_commands_have_words_that_there_are(page: Path, block: str) -> None:
    lines = [line.split("#")[0] for line in block.replace("\\\n", " ").splitlines()]
    for command in (command for line in lines for command in line.split("&&")):
        if words := shlex.split(command):
            check(words[0], words[1:], page)


def check(command: str, words: list[str], page: Path) -> None:
    if command == "make":
        targets = re.findall(r"^([a-z-]+):", text(ROOT / "Makefile"), flags=re.MULTILINE)
        assert set(words) <= set(targets)
    elif command == "snakemake":
        get_argument_parser([]).parse_args(words)
    elif command == "sccbgm":
        end = words.index("--") if "--" in words else len(words)
        if words[:end] != [] and words[0] not in ("--help", "COMMAND", "--print-completion"):
            command_parser().parse_args(words[:end])
    else:
        assert command in OF_SHELL, f"{name(page)}: {command}"
    for word in words:
        if re.match(r"(config|profiles|templates|envs)/", word):
            assert (ROOT / word).exists(), f"{name(page)}: {word}"
