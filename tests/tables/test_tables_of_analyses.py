"""Tables of the analyses: what stands where, next to what is published."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import pytest

from sccbgm.analyses.hyperparameters import hyperparameters
from sccbgm.config.run import load_config
from sccbgm.tables.analysed import build_analysed
from sccbgm.tables.plain import PlainTable

COMMON = {"dataset": "kang", "reason": "", "reduced": "", "n_cells": 40}


def frame(rows: list[dict]) -> pd.DataFrame:
    return pd.DataFrame([COMMON | row for row in rows])


@pytest.fixture
def published(root: Path) -> Path:
    return root / "resources" / "paper"


def test_counts_stand_beside_the_published_ones(published: Path) -> None:
    rows = frame(
        [
            {"group": "CD14+ Monocytes_1", "condition": c, "metric": "n_cells", "value": v}
            for c, v in (("ctrl", 10.0), ("stim", 500.0))
        ]
    )
    table = build_analysed("table04", rows, published)
    line = table.shown.set_index("Cell type").loc["CD14+ Monocytes_1"]
    assert line.to_dict() == {
        "ctrl": 10, "ctrl (paper)": 9, "stim": 500, "stim (paper)": 497,
    }  # fmt: skip
    total = table.shown.set_index("Cell type").loc["All"]
    assert total["ctrl (paper)"] + total["stim (paper)"] == 24054
    assert total["ctrl"] == 10


def test_the_mean_over_folds_stands_in_both_halves(published: Path) -> None:
    rows = frame(
        [
            {"group": "B cells", "group2": "NK cells", "fold": fold, "value": value,
             "metric": "misclassification_rate_pct"}
            for fold, value in enumerate([0.0, 1.0, 0.5, 0.5, 0.0], start=1)
        ]
    )  # fmt: skip
    table = build_analysed("table10", rows, published)
    shown = table.shown.set_index("Cell type")
    assert shown.loc["B cells", "NK cells"] == shown.loc["NK cells", "B cells"] == "0.40 (0.36)"
    assert shown.loc["B cells", "B cells"] == ""
    assert len(table.data) == 28, "a line a pair, those of the paper that did not run included"


def test_scores_by_stage(published: Path) -> None:
    rows = frame(
        [
            {"group": "B cells", "classifier": c, "stage": s, "seed": seed, "value": value + seed,
             "metric": "mean_classifier_score"}
            for c, s, value in (("cell_type", "before", 0.5), ("stim", "after", 0.1))
            for seed in (0, 1)
        ]
    )  # fmt: skip
    table = build_analysed("table13", rows, published)
    line = table.shown.set_index("Cell type").loc["B cells"]
    assert line["type, before"] == 1.0 and line["stimulus, after"] == pytest.approx(0.6)
    assert line["type, before (paper)"] == 0.983 and line["stimulus, after (paper)"] == 1.0
    assert math.isnan(line["type, after"])
    assert "Mean over 2 seeds." in table.caption


def test_aurocs_by_fold_and_their_mean(published: Path) -> None:
    values = [0.5, 0.6, 0.7, 0.8, 0.9]
    rows = frame(
        [
            {"group": "stim_in_known", "fold": f, "value": v, "metric": "auroc", "seed": 1}
            for f, v in enumerate(values, start=1)
        ]
    )
    shown = build_analysed("table14", rows, published).shown.set_index("Fold")
    assert shown.loc["mean", "stimulus known"] == pytest.approx(0.7)
    assert shown.loc["mean", "stimulus known, SD"] == pytest.approx(pd.Series(values).std())
    assert shown.loc["mean", "stimulus known (paper)"] == 0.558
    assert shown.loc["2", "stimulus known"] == 0.6
    assert shown.loc["2", "stimulus not known (paper)"] == 1.0


def test_settings_that_differ_from_the_paper_are_marked(published: Path) -> None:
    own = {"seeds": "69;13;42;1337", "epochs": "200", "lr": "0.0005", "beta": "", "modes": ""}
    rows = frame(
        [
            {"method": "sccbgm", "title": "scCBGM", "preset": "recommended", "variant": "default",
             "metric": name, "value": value}
            for name, value in own.items()
        ]
    )  # fmt: skip
    table = build_analysed("table06", rows, published)
    line = table.shown.iloc[0]
    assert line["lr"] == "0.0005 *" and line["beta"] == "– *", "one differs, one is not set"
    assert line["epochs"] == "200" and line["seeds"] == "69;13;42;1337"
    assert table.shown.iloc[1]["lr"] == "3e-4"
    differs = table.data.set_index("parameter")["differs"]
    assert differs[differs].index.tolist() == ["lr", "beta"]


def test_a_run_of_controls_has_a_table_of_settings_without_lines(
    published: Path, tmp_path: Path
) -> None:
    benchmark = load_config({"datasets": ["kang"], "methods": ["no_edit"]})
    table = build_analysed("table06", hyperparameters(benchmark, "kang"), published)
    assert table.shown.empty
    written = pd.read_csv(table.write(tmp_path / "table06")[0])
    assert written.empty and "parameter" in written


def test_tasks_and_their_total(published: Path) -> None:
    rows = frame(
        [
            {"task": f"b_cells_{i}", "group": "b_cells", "reference_state": "ctrl",
             "target_state": "stim", "n_intervene": n, "n_target": 50, "metric": "n_tasks",
             "value": 1.0}
            for i, n in enumerate((30, 9))
        ]
    )  # fmt: skip
    table = build_analysed("table09", rows, published)
    line = table.shown.iloc[0]
    assert line["Tasks"] == line["Tasks (paper)"] == 2 and line["Cells edited"] == "30, 9"
    assert table.shown.iloc[-1]["Tasks"] == 2
    assert len(table.notes) == 1 and "b_cells_1: 9 cells edited" in table.notes[0]


def test_labels_are_escaped_and_what_is_reduced_is_said(tmp_path: Path) -> None:
    shown = pd.DataFrame({"Cell type": ["<b>T|x_1</b>"], "value": [1.0], "n": [float("nan")]})
    table = PlainTable("A < B", "Some & more", shown, shown, {"value": 1}, reduced="Few cells.")
    paths = table.write(tmp_path / "table")
    assert [path.suffix for path in paths] == [".csv", ".md", ".html"]
    html, md = paths[2].read_text(), paths[1].read_text()
    assert "&lt;b&gt;T|x_1&lt;/b&gt;" in html and "<b>T" not in html and "A &lt; B" in html
    assert "T\\|x\\_1" in md and "–" in md and " 1.0 |" in md
    assert "REDUCED RUN: A < B" in md and html.count("Few cells.") == 1
