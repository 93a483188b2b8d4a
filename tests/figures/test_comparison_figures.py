"""Figures that compare methods: what they draw, on rows with a known order."""

import numpy as np
import pandas as pd
import pytest
from tidy_rows import make_rows

from sccbgm.figures import comparison_figure, save
from sccbgm.figures.conditions import questions, spent
from sccbgm.figures.ranks import cliques
from sccbgm.tables.names import Names

WORDS = ("A title", "What it shows.")


@pytest.fixture
def some() -> pd.DataFrame:
    """Four methods on eight tasks, no edit the worst; cells and distances differ by task."""
    rng = np.random.default_rng(0)
    parts = []
    for method, level in (("sccbgm", 0.3), ("cvae", 0.5), ("sccbgm_fm", 0.4), ("no_edit", 1.2)):
        for i in range(8):
            cells = {(f"t{i}", s): level + rng.normal(0, 0.02) for s in (1, 2)}
            known = {"n_intervene": 20 + 10 * i, "distance": level * (i + 1), "denominator": i + 1}
            parts.append(make_rows(cells, method=method, **known))
    return pd.concat(parts, ignore_index=True)


@pytest.fixture
def costs() -> pd.DataFrame:
    lines = [("sccbgm", 100.0, 4), ("cvae", 10.0, 1), ("sccbgm_fm", 40.0, 2), ("no_edit", 0.1, 1)]
    return pd.DataFrame(
        [
            {"dataset": "kang", "method": m, "preset": "recommended", "seconds": s, "models": n,
             "peak memory (MB)": 500.0}
            for m, s, n in lines
        ]
    )  # fmt: skip


def test_groups_that_are_not_told_apart():
    assert cliques(np.array([1.0, 1.4, 2.5, 2.8, 4.0]), 1.2) == [(0, 1), (1, 2), (2, 3), (3, 4)]
    assert cliques(np.array([1.0, 3.0, 5.0]), 0.5) == []
    assert cliques(np.array([1.0, 2.0, 3.0]), 5.0) == [(0, 2)]


def test_a_question_has_what_its_task_is_like(some):
    table = questions(some, Names())
    assert len(table) == 4 * 8
    line = table[(table["method"] == "cvae") & (table["task"] == "t3")].iloc[0]
    assert (line["n_intervene"], line["denominator"]) == (50, 4)
    assert line["effect"] == pytest.approx(1.2 * 4)


def test_a_second_stage_costs_its_first_too(some, costs):
    seconds = spent(some, costs, Names()).set_index("method")["seconds"]
    assert seconds["sccbgm"] == 25
    assert seconds["sccbgm_fm"] == 20 + 25


@pytest.mark.parametrize("name", ["ranks", "conditions", "cost"])
def test_a_figure_is_written(some, costs, tmp_path, name):
    beside = {"costs": costs, "ceilings": pd.DataFrame()}
    figure = comparison_figure(name, "rmmd", some, beside, WORDS, Names())
    said = " ".join(text.get_text() for text in figure.texts) + figure.get_suptitle()
    assert "A title" in said and "What it shows." in said
    assert all(path.stat().st_size > 1000 for path in save(figure, tmp_path / name))


def test_nothing_to_draw_is_said(some, costs):
    beside = {"costs": costs, "ceilings": pd.DataFrame()}
    with pytest.raises(ValueError, match="no value of mse"):
        comparison_figure("ranks", "mse", some, beside, WORDS, Names())
    two = some[some["method"].isin(["sccbgm", "cvae"])]
    with pytest.raises(ValueError, match="need three methods"):
        comparison_figure("ranks", "rmmd", two, beside, WORDS, Names())
