"""Fixtures of all tests."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from tidy_rows import PAPER, make_rows

ROOT = Path(__file__).resolve().parents[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest starts first, so that the other process has work until it ends."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real cells beside the repository; its tests skip where it is absent."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"needs the real cells in {folder}")
    return folder


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Every test computes with one thread, whatever the tests before it have set."""
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)


@pytest.fixture
def rows() -> Callable[..., pd.DataFrame]:
    return make_rows


@pytest.fixture
def paper() -> Path:
    return PAPER
