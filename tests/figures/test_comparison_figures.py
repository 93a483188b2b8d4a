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


@pytest.mark.parametrize(
    ("tasks", "shown"), [(["t1", "t3"], ["edited cells", "effect"]), (["t1"], ["edited cells"])]
)
def test_what_all_tasks_share_has_no_panel(some, tasks, shown):
    some = some[some["task"].isin(tasks)].assign(denominator=1.0)
    figure = comparison_figure("conditions", "rmmd", some, {}, WORDS, Names())
    assert [axes.get_xlabel().split(":")[0] for axes in figure.axes] == shown


@pytest.mark.parametrize(
    ("metric", "methods", "why"),
    [
        ("mse", ["sccbgm", "cvae", "no_edit"], "no value of mse, but of rmmd"),
        ("rmmd", ["sccbgm", "cvae"], "need three methods"),
    ],
)
def test_a_figure_without_anything_to_draw_says_why(some, metric, methods, why):
    here = some[some["method"].isin(methods)]
    figure = comparison_figure("ranks", metric, here, {}, WORDS, Names())
    said = " ".join(text.get_text() for text in figure.axes[0].texts).replace("\n", " ")
    assert why in said
    assert figure.get_suptitle() == "A title"


def test_checks_are_drawn_with_a_panel_each(tmp_path):
    values = {"identity": 0.0, "reversal": 0.2, "old_state": 30.0}
    parts = [
        make_rows({("t0", 1): value * (2 if method == "cvae" else 1)}, method=method, metric=id)
        for method in ("sccbgm", "cvae", "no_edit")
        for id, value in values.items()
    ]
    rows = pd.concat(parts, ignore_index=True)
    figure = comparison_figure("checks", "", rows, {}, WORDS, Names())
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["Identity", "Reversal", "Old state still\nread"]
    assert all(path.stat().st_size > 1000 for path in save(figure, tmp_path / "checks"))


def test_ensembles_are_drawn(tmp_path):
    lines = [
        {"dataset": "kang", "method": method, "preset": "recommended", "task": "t0",
         "mode": "edit", "variant": "default", "n_seeds": 4, "quantity": quantity, "level": level,
         "value": value, "reason": ""}
        for method in ("sccbgm", "cvae", "no_edit")
        for quantity, level, value in (
            ("coverage", 0.5, 0.4), ("coverage", 0.95, 0.7), ("correlation", np.nan, 0.3)
        )
    ]  # fmt: skip
    rows = make_rows({("t0", 1): 0.1}, method="sccbgm")
    beside = {"calibration": pd.DataFrame(lines)}
    figure = comparison_figure("calibration", "", rows, beside, WORDS, Names())
    left, right = figure.axes
    assert len(left.lines) == 3  # the diagonal and two methods; a control has no ensemble
    assert [tick.get_text() for tick in right.get_yticklabels()] == ["scCBGM", "CVAE"]
    assert all(path.stat().st_size > 1000 for path in save(figure, tmp_path / "calibration"))
