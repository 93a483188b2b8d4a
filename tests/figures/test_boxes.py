from __future__ import annotations

from itertools import product

import pandas as pd
import pytest

from sccbgm.figures import box_figure, box_values
from sccbgm.metrics.registry import METRICS
from sccbgm.tables.names import Names

NAMES = Names()


def rows(*lines: dict[str, object]) -> pd.DataFrame:
    known = {"dataset": "d", "group": "d", "task": "t", "target": "x", "method": "sccbgm"}
    known |= {"mode": "edit", "preset": "recommended", "variant": "default", "metric": "mse"}
    known |= {"reason": "", "reduced": "", "n_intervene": 50, "n_target": 40}
    return pd.DataFrame(
        [
            known | line | {"seed": seed, "value": 0.1 * (seed + i)}
            for i, line in enumerate(lines)
            for seed in (1, 2, 3)
        ]
    )


def counts(values: pd.DataFrame) -> dict[tuple[str, ...], int]:
    models = values[~values["control"]]
    return models.groupby(["dataset", "category", "label"], observed=True).size().to_dict()


def test_modes_presets_variants_and_datasets_are_never_pooled():
    names = ("dataset", "mode", "preset", "variant")
    pairs = (("d", "e"), ("edit", "decode"), ("recommended", "reference"), ("default", "own"))
    lines = [dict(zip(names, chosen, strict=True)) for chosen in product(*pairs)]
    values = box_values(
        rows(*[line | {"method": "sccbgm_fm"} for line in lines]), "mse", "task", NAMES
    )
    assert len(lines) == 16
    assert set(counts(values).values()) == {3}
    assert len(counts(values)) == 16
    figure = box_figure(values, "mse", "task", NAMES)
    assert [panel.get_title().split(":")[0] for panel in figure.axes] == ["d", "e"]
    assert [len(panel.patches) for panel in figure.axes] == [8, 8]
    colours = {patch.get_facecolor() for patch in figure.axes[0].patches}
    assert len(colours) == 8


def test_a_noise_is_a_category_and_its_levels_are_one_box():
    variants = ("missing_3", "default", "missing_1", "a02", "a02_missing_1")
    values = box_values(rows(*({"variant": v} for v in variants)), "mse", "noise", NAMES)
    assert list(values["category"].cat.categories) == ["Clean", "Missing"]
    assert counts(values) == {
        ("d", "Clean", "scCBGM"): 3,
        ("d", "Missing", "scCBGM"): 6,
        ("d", "Clean", "scCBGM [a02]"): 3,
        ("d", "Missing", "scCBGM [a02]"): 3,
    }


def test_the_points_of_a_grid_are_one_box_that_says_how_many():
    lines = ({"variant": "beta0p1"}, {"variant": "beta0p2"}, {"variant": "default"})
    grid = {("sccbgm", "beta0p1"): "default", ("sccbgm", "beta0p2"): "default"}
    values = box_values(rows(*lines[:2]), "mse", "task", NAMES, grid)
    assert counts(values) == {("d", "t", "scCBGM, 2 settings"): 6}
    apart = box_values(rows(*lines), "mse", "task", NAMES)
    assert len(counts(apart)) == 3


def test_the_best_point_of_a_grid_is_a_diamond():
    lines = ({"variant": "low"}, {"variant": "high"}, {"method": "no_edit"})
    grid = {("sccbgm", "low"): "default", ("sccbgm", "high"): "default"}
    values = box_values(rows(*lines), "mse", "task", NAMES, grid)
    assert values.loc[values["winner"], "value"].tolist() == pytest.approx([0.1, 0.2, 0.3])
    panel = box_figure(values, "mse", "task", NAMES).axes[0]
    diamonds = [line for line in panel.lines if line.get_marker() == "D"]
    assert [list(line.get_xdata()) for line in diamonds] == [[pytest.approx(0.2)]]
    assert "winner of the sweep" in {t.get_text() for t in panel.get_legend().get_texts()}


def test_a_figure_of_the_paper_shows_its_sides_alone_under_its_names():
    lines = ({"variant": "older_missing_1"}, {"variant": "a02"}, {"method": "cbgm"})
    sides = {("sccbgm", "edit", "older"): "scCBGM, older", ("cbgm", "edit", "default"): "CBGM"}
    values = box_values(rows(*lines, {"method": "no_edit"}), "mse", "noise", NAMES, labels=sides)
    assert list(counts(values)) == [("d", "Clean", "CBGM"), ("d", "Missing", "scCBGM, older")]
    assert values["control"].sum() == 3
    assert box_figure(values, "mse", "noise", NAMES, "Fig. 3").get_suptitle() == "Fig. 3"
    with pytest.raises(ValueError, match="no values of mse of scCBGM, older and CBGM"):
        box_values(rows(lines[1]), "mse", "noise", NAMES, labels=sides)


def test_controls_are_lines_with_their_value_in_each_panel():
    lines = [{"dataset": d, "method": m} for d in "de" for m in ("sccbgm", "no_edit")]
    figure = box_figure(box_values(rows(*lines), "mse", "task", NAMES), "mse", "task", NAMES)
    said = [[t.get_text() for t in panel.get_legend().get_texts()] for panel in figure.axes]
    assert said == [["scCBGM", "no edit: 0.3"], ["no edit: 0.5"]]


@pytest.mark.parametrize("metric", METRICS)
def test_the_axis_says_which_values_are_better(metric):
    values = box_values(rows({"metric": metric}), metric, "task", NAMES)
    entry = METRICS[metric]
    words = {"lower": "lower is better", "higher": "higher is better", "none": "best at 1"}
    label = box_figure(values, metric, "task", NAMES).axes[-1].get_xlabel()
    assert label == f"{entry.title}, {words[entry.direction]}"


def test_what_is_missing_remarked_or_reduced_is_said_below():
    lines = rows({"reduced": "50 cells."}, {"task": "u", "reduced": "50 cells.", "n_target": 7})
    lines.loc[0, ["value", "reason"]] = [float("nan"), "diverged"]
    lines.loc[4, "reason"] = "inexact"
    figure = box_figure(box_values(lines, "mse", "task", NAMES), "mse", "task", NAMES)
    shown = "\n".join(text.get_text() for text in figure.texts)
    assert "Runs a box: 2 to 3" in shown
    assert "1 without a value: diverged" in shown
    assert "1 with a remark: inexact" in shown
    assert shown.count("50 cells.") == shown.count("REDUCED RUN") == 1
    assert figure.axes[0].get_title() == "d: 50 / 7–40 edited / target cells (fewer than 20)"


def test_a_task_with_several_targets_is_a_category_each():
    lines = ({"target": "low"}, {"target": "high"}, {"dataset": "e"})
    categories = {key[1] for key in counts(box_values(rows(*lines), "mse", "task", NAMES))}
    assert categories == {"t/low", "t/high", "t"}


def test_no_value_to_draw_is_an_error():
    with pytest.raises(ValueError, match="no values of rmmd in this run"):
        box_values(rows({}), "rmmd", "noise", NAMES)
