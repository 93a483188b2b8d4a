"""Tidy rows made by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from tidy_rows import PAPER, make_rows


@pytest.fixture
def rows() -> Callable[..., pd.DataFrame]:
    return make_rows


@pytest.fixture
def paper() -> Path:
    return PAPER
