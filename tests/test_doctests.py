"""Examples in docstrings do what they show."""

import doctest
import importlib
import pkgutil

import pytest

import sccbgm

WITH_EXAMPLES = [
    module.name
    for module in pkgutil.walk_packages(sccbgm.__path__, "sccbgm.")
    if not module.ispkg
    and ">>> " in (importlib.util.find_spec(module.name).loader.get_source(module.name) or "")
]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples(name: str) -> None:
    done = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert done.attempted
    assert not done.failed


def test_there_are_some() -> None:
    assert WITH_EXAMPLES
