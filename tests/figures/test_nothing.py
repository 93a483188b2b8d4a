"""A figure without a value is drawn all the same, with its reason."""

from __future__ import annotations

import pandas as pd
import pytest

from sccbgm.figures import NothingToDraw, box_values, nothing_figure, save
from sccbgm.tables.names import Names


def test_it_says_why(tmp_path) -> None:
    figure = nothing_figure(NothingToDraw("no values of rmmd"), "Title", "a note", "Few cells.")
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert texts == ["Nothing to draw: no values of rmmd"]
    assert figure.get_suptitle() == "REDUCED RUN: Title"
    assert all(path.stat().st_size > 500 for path in save(figure, tmp_path / "figure03"))


def test_boxes_of_no_values_have_nothing_to_draw(rows: pd.DataFrame) -> None:
    lost = rows({("t", 1): float("nan")}, dataset="d", reason="the job died")
    with pytest.raises(NothingToDraw, match="no values of rmmd in this run"):
        box_values(lost, "rmmd", "task", Names())
