from __future__ import annotations

import math
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from sccbgm.figures import SUFFIXES, box_figure, box_values, metric_figure, metric_points, save
from sccbgm.figures.boxes import noise_of
from sccbgm.figures.points import axis
from sccbgm.figures.style import CONTROL_LINES, PALETTE
from sccbgm.tables import build
from sccbgm.tables.labels import BENCHMARK_ROWS, CONTROLS

PAPER = Path(__file__).parents[2] / "resources" / "paper"


def runs() -> pd.DataFrame:
    lines = []
    for method, value in {"sccbgm": 0.1, "cvae": 4.0, "no_edit": 1.1, "target": 0.0}.items():
        for seed in (1, 2):
            lines.append(
                {"dataset": "kang", "task": "b_cells_0", "group": "b_cells", "target": "stim"}
                | {"method": method, "mode": "edit", "preset": "recommended", "seed": seed}
                | {"variant": "default", "metric": "rmmd", "value": value * seed}
                | {"reason": "", "reduced": ""}
            )
    return pd.DataFrame(lines)


@pytest.fixture
def table():
    return build("table01", runs(), PAPER)


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_points_are_the_runs_the_means_and_the_published_values(table):
    points = metric_points(table)
    here = points[(points["label"] == "scCBGM") & (points["column"] == "b_cells")]
    values = here.groupby("kind")["value"].apply(list).to_dict()
    assert values == {
        "run": [0.1, 0.2],
        "mean": [pytest.approx(0.15)],
        "published": [0.112],
    }
    controls = points[points["kind"] == "control"].set_index("method")["value"]
    assert controls.to_dict() == {"no_edit": pytest.approx(1.65), "target": 0.0}
    assert points["value"].notna().all()


def test_axis_is_logarithmic_where_the_range_demands_it():
    assert axis([0.1, 0.5, 1.0]) == (False, 0.0, pytest.approx(1.06))
    assert axis([0.0, 0.1, 10.0]) == (True, pytest.approx(0.1 / 1.5), pytest.approx(15.0))
    assert axis([0.0, math.nan]) == (False, 0.0, 1.0)


def test_a_panel_a_column_and_a_line_a_method(table):
    figure = metric_figure(table)
    panels = figure.axes
    titles = [panel.get_title().replace("\n", " ") for panel in panels]
    assert titles == [column.title for column in table.columns]
    labels = [tick.get_text() for tick in panels[0].get_yticklabels()]
    assert labels == [row.label for row in BENCHMARK_ROWS]
    assert panels[0].get_xscale() == "log"
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert {"paper", "no edit", "target cells", "1 (closest group)"} <= set(texts)
    # Floor and ratio 1 are lines; the target, at zero, is an arrowhead at the edge.
    lines = [line.get_xdata()[0] for line in panels[0].get_lines()]
    assert pytest.approx(1.65) in lines
    assert 1.0 in lines
    assert panels[0].get_xlim()[0] in lines
    assert "rMMD, lower is better" in {text.get_text() for text in figure.texts} | {
        figure.get_supxlabel()
    }


def test_files_are_written_alike_twice(table, tmp_path):
    first = save(metric_figure(table), tmp_path / "first")
    again = save(metric_figure(table), tmp_path / "again")
    assert [path.name for path in first] == [f"first{suffix}" for suffix in SUFFIXES]
    assert len(list(tmp_path.iterdir())) == 4
    for one, two in zip(first, again, strict=True):
        assert one.read_bytes() == two.read_bytes()


def test_reduced_runs_say_so_on_the_figure():
    table = build("table01", runs().assign(reduced="50 cells."), PAPER)
    figure = metric_figure(table)
    assert figure.get_suptitle().startswith("REDUCED RUN")
    assert "50 cells." in {text.get_text() for text in figure.texts}


def test_every_benchmark_method_has_its_own_colour():
    methods = {row.method for row in BENCHMARK_ROWS}
    assert methods <= set(PALETTE)
    assert len({PALETTE[method] for method in methods}) == len(methods)
    assert set(CONTROL_LINES) == CONTROLS


def noisy() -> pd.DataFrame:
    lines = [
        {"method": method, "variant": variant, "task": "t", "metric": "mse", "value": value + step}
        for method, value in (("cbgm", 0.2), ("sccbgm", 0.1), ("no_edit", 0.005))
        for variant in ("missing_3", "default", "missing_1")
        for step in (0.0, 0.01)
    ]
    return pd.DataFrame(lines)


def test_box_values_pool_the_levels_of_a_noise():
    values = box_values(noisy(), "mse", "noise", ["cbgm", "sccbgm"])
    assert list(values["category"].cat.categories) == ["Clean", "Missing"]
    counts = values.groupby(["method", "category"], observed=True).size()
    assert counts["cbgm", "Missing"] == 4
    assert counts["sccbgm", "Clean"] == 2


def test_box_figure_has_a_box_a_method_and_category():
    values = box_values(noisy(), "mse", "noise", ["cbgm", "sccbgm"])
    figure = box_figure(values, "mse", ["cbgm", "sccbgm"], "Noise", "50 cells.")
    (axes,) = figure.axes
    assert len(axes.patches) == 4
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["Clean", "Missing"]
    assert axes.get_title().startswith("REDUCED RUN")
    texts = [text.get_text() for text in axes.get_legend().get_texts()]
    assert texts == ["CBGM", "scCBGM", "no edit: 0.01"]


def test_box_values_by_task_and_their_faults():
    values = box_values(noisy().assign(task="intervention_1"), "mse", "task", ["cbgm"])
    assert list(values["category"].cat.categories) == ["intervention_1"]
    assert noise_of("duplicate_3") == "Duplicated"
    assert noise_of("default") == noise_of("a02") == "Clean"
    with pytest.raises(ValueError, match="no values of rmmd for cbgm"):
        box_values(noisy(), "rmmd", "noise", ["cbgm"])
