"""Versions of the code: what changes them, and what does not."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

from sccbgm.benchmark import versions
from sccbgm.config.run import load_config
from sccbgm.methods.registry import METHODS

MODULE = '''"""Words."""
import numpy as np

import helper
from tools import deep

SCALE = 2.0
"""More words."""


def double(x):
    """Twice."""
    return SCALE * np.asarray(x)  # a remark
'''


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, root: Path) -> Path:
    """A copy of the package to edit."""
    shutil.copytree(root / "sccbgm", tmp_path / "sccbgm")
    monkeypatch.setattr(versions, "PACKAGE", tmp_path / "sccbgm")
    return tmp_path / "sccbgm"


@pytest.fixture(autouse=True)
def _forget() -> None:
    versions._read.cache_clear()
    versions._installed.cache_clear()
    versions.version.cache_clear()


def edited(path: Path, old: str, new: str) -> Callable[[], None]:
    """Replace a part of a file; returns what undoes it."""
    before = path.read_text()
    assert old in before
    path.write_text(before.replace(old, new))
    versions._read.cache_clear()
    versions.version.cache_clear()
    return lambda: path.write_text(before)


def user_file(folder: Path) -> Path:
    (folder / "tools").mkdir()
    for name in ("helper.py", "tools/__init__.py", "tools/deep.py"):
        (folder / name).write_text("from math import pi\nWIDTH = 3 * pi\n")
    (folder / "mine.py").write_text(MODULE)
    return folder / "mine.py"


def test_words_and_layout_are_no_version(tmp_path: Path) -> None:
    path = user_file(tmp_path)
    first = versions.version(path)
    for old, new in (
        ('"""Words."""', '"""Other words."""\n'),
        ('"""Twice."""', '"""Two times x."""'),
        ('"""More words."""', ""),
        ("# a remark", "# another"),
        ("SCALE = 2.0", "SCALE=(2.0)"),
    ):
        undo = edited(path, old, new)
        assert versions.version(path) == first, new
        undo()


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("mine.py", "SCALE * np", "SCALE + np"),
        ("mine.py", "SCALE = 2.0", "SCALE = 2.5"),
        ("helper.py", "3", "4"),
        ("tools/deep.py", "3", "4"),
        ("tools/__init__.py", "3", "4"),
    ],
)
def test_a_formula_and_a_module_beside_the_file_are_its_version(
    tmp_path: Path, name: str, old: str, new: str
) -> None:
    path = user_file(tmp_path)
    first = versions.version(path)
    edited(tmp_path / name, old, new)
    assert versions.version(path) != first


def test_a_package_of_another_version_is_another_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = user_file(tmp_path)
    first = versions.version(path)
    real = metadata.version
    monkeypatch.setattr(metadata, "version", lambda n: "99" if n == "scipy" else real(n))
    versions._installed.cache_clear()
    versions.version.cache_clear()
    assert versions.version(path) == first, "it imports no scipy"
    monkeypatch.setattr(metadata, "version", lambda n: "99" if n == "numpy" else real(n))
    versions._installed.cache_clear()
    versions.version.cache_clear()
    assert versions.version(path) != first


def test_what_an_edit_of_this_package_makes_old(copied: Path, root: Path) -> None:
    """Module -> whether scCBGM's predictions, CVAE's and the numbers are made again."""
    benchmark = load_config(
        {"datasets": ["demo"], "methods": ["sccbgm", "sccbgm_fm", "cvae"], "seeds": [1]},
        folder=root / "config",
    )

    def found() -> list[str]:
        trained = [versions.training(benchmark, id) for id in ("sccbgm", "sccbgm_fm", "cvae")]
        return [*trained, versions.evaluation()]

    before = found()
    for name, expected in {
        "methods/sccbgm.py": [True, True, False, False],
        "methods/cvae.py": [False, False, True, False],
        "engine/train.py": [True, True, True, False],
        "metrics/mmd.py": [False, False, False, True],
        "data/loading.py": [True, True, True, True],
        "tables/names.py": [False, False, False, False],
        "methods/registry.py": [False, False, False, False],
        "config/run.py": [False, False, False, False],
        "io/files.py": [False, False, False, False],
    }.items():
        path = copied / name
        text = path.read_text()
        path.write_text(f"{text}\n_EDITED = 1\n")
        versions._read.cache_clear()
        versions.version.cache_clear()
        assert [a != b for a, b in zip(before, found(), strict=True)] == expected, name
        path.write_text(text)


def test_packages_of_the_external_methods_are_known(root: Path) -> None:
    """Their own dependencies compute too; what is installed here has a version."""
    beneath = {name for names in versions.BENEATH.values() for name in names}
    for name in beneath | set(versions.BENEATH) | set(versions.DISTRIBUTIONS.values()):
        assert versions._installed(name) != "not installed", name
    assert versions._installed("no-such-package") == "not installed"


def test_all_versions_are_found_while_the_workflow_is_parsed(root: Path) -> None:
    benchmark = load_config(
        {"datasets": ["demo"], "methods": sorted(METHODS)}, folder=root / "config"
    )
    heavy = {"pertpy", "biolord"} & set(sys.modules)
    begun = time.process_time()
    found = {versions.training(benchmark, id) for id in METHODS} | {versions.evaluation()}
    assert len(found) > 15
    assert time.process_time() - begun < 3.0, "0.25 s where nothing else runs, 10 s with imports"
    assert {"pertpy", "biolord"} & set(sys.modules) == heavy, "nothing is imported"
