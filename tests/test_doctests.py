"""Examples in docstrings do what they show."""

import doctest
import importlib
import re
from pathlib import Path

import pytest

import sccbgm


def has_examples(path: Path) -> bool:
    return re.search(r"^ *>>> ", path.read_text(encoding="utf-8"), re.MULTILINE) is not None


PACKAGE = Path(sccbgm.__file__).parent
WITH_EXAMPLES = [
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
    for path in sorted(PACKAGE.rglob("*.py"))
    if has_examples(path)
]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples(name: str) -> None:
    done = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert done.attempted
    assert not done.failed


def test_there_are_some() -> None:
    assert WITH_EXAMPLES
