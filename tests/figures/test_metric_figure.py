from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure

from sccbgm.figures import SUFFIXES, metric_figure, metric_points, save
from sccbgm.figures.points import axis
from sccbgm.metrics.registry import FEW_CELLS, METRICS
from sccbgm.tables import build
from sccbgm.tables.rows import BENCHMARK_ROWS

PAPER = Path(__file__).parents[2] / "resources" / "paper"


def run(method: str, value: float, seed: int = 1, **known: object) -> dict[str, object]:
    return (
        {"dataset": "kang", "task": "b_cells_0", "group": "b_cells", "target": "stim"}
        | {"method": method, "mode": "edit", "preset": "recommended", "seed": seed}
        | {"variant": "default", "metric": "rmmd", "value": value, "reason": "", "reduced": ""}
        | {"n_intervene": 50, "n_target": 40}
        | known
    )


def runs() -> pd.DataFrame:
    values = {"sccbgm": 0.1, "cvae": 4.0, "no_edit": 1.1, "target": 0.0}
    return pd.DataFrame([run(m, value * s, s) for m, value in values.items() for s in (1, 2)])


def tasks(*lines: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame(lines).assign(dataset="mine")


@pytest.fixture
def table():
    return build("table01", runs(), PAPER)


def texts(figure: Figure) -> list[str]:
    return [
        text.get_text()
        for text in (*figure.texts, *(t for panel in figure.axes for t in panel.texts))
    ]


def in_legend(figure: Figure) -> set[str]:
    return {text.get_text() for text in figure.legends[0].get_texts()}


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
    assert labels == [row.label for row in table.rows if not row.control]
    assert len(labels) == len(BENCHMARK_ROWS)
    assert panels[0].get_xscale() == "log"
    assert {"paper", "no edit", "target cells", "1 (closest group)"} <= in_legend(figure)
    # Floor and ratio 1 are lines; the target, at zero, is an arrowhead at the edge.
    lines = [line.get_xdata()[0] for line in panels[0].get_lines()]
    assert pytest.approx(1.65) in lines
    assert 1.0 in lines
    assert panels[0].get_xlim()[0] in lines
    assert "left of the axis" in in_legend(figure)


@pytest.mark.parametrize("metric", METRICS)
def test_the_axis_says_which_values_are_better(metric):
    lines = [run(m, value, metric=metric) for m, value in (("sccbgm", 0.5), ("cvae", 0.6))]
    figure = metric_figure(build(f"tasks_{metric}__mine", tasks(*lines), PAPER))
    entry = METRICS[metric]
    words = {"lower": "lower is better", "higher": "higher is better"}
    words |= {"none": f"best at {entry.best:g}"}
    assert figure.get_supxlabel() == f"{entry.title}, {words[entry.direction]}"
    assert ("1 (closest group)" in in_legend(figure)) == entry.ratio


def test_a_reference_run_has_a_line_of_its_own_with_the_published_value():
    both = [run("biolord", 0.4), run("biolord", 0.5, preset="reference")]
    table = build("table01", pd.DataFrame([*both, run("sccbgm", 0.1)]), PAPER)
    points = metric_points(table)
    here = points[points["column"] == "b_cells"].groupby("label")["kind"].apply(set)
    assert here["biolord"] == {"run", "mean"}
    assert here["biolord, reference"] == {"run", "mean", "published"}


def test_every_mode_of_the_figure_has_its_marker_in_the_legend():
    modes = [("perturbedvae", mode) for mode in ("edit", "residual", "generate")]
    lines = [run(m, 0.5, mode=mode) for m, mode in (*modes, ("vae", "reconstruct"))]
    figure = metric_figure(build("tasks_rmmd__mine", tasks(*lines), PAPER))
    wanted = {f"mean, {mode}" for mode in ("edit", "residual", "generate", "reconstruct")}
    assert wanted <= in_legend(figure)
    markers = [h.get_marker() for h in figure.legends[0].legend_handles[:4]]
    assert len(set(markers)) == 4


def test_remarks_few_cells_and_missing_values_are_said():
    lines = [
        run("sccbgm", 0.5, reason="the iterations did not converge"),
        run("cvae", math.nan, reason="diverged"),
        run("sccbgm", 0.5, task="small", n_intervene=FEW_CELLS - 1),
        run("cvae", 0.4, task="small", n_intervene=FEW_CELLS - 1),
    ]
    figure = metric_figure(build("tasks_rmmd__mine", tasks(*lines), PAPER))
    shown = "\n".join(texts(figure))
    assert "† the iterations did not converge (1): scCBGM." in shown
    assert "no value" in shown
    assert f"* Few cells: small: {FEW_CELLS - 1} edited, 40 target cells." in shown
    assert {"50 / 40", f"{FEW_CELLS - 1} / 40 *"} <= set(texts(figure))


def test_the_mean_has_no_panel_where_there_is_one_task():
    one = metric_figure(build("tasks_rmmd__mine", tasks(run("sccbgm", 0.5)), PAPER))
    assert [panel.get_title() for panel in one.axes] == ["b_cells_0"]
    two = tasks(run("sccbgm", 0.5), run("sccbgm", 0.5, task="other"))
    figure = metric_figure(build("tasks_rmmd__mine", two, PAPER))
    assert [panel.get_title() for panel in figure.axes] == ["b_cells_0", "other", "Mean"]


def test_tick_labels_do_not_collide():
    for top in (0.9, 3.0, 4e5, 1e-5):
        lines = [run(m, v, task=t) for t in "abcdefg" for m, v in (("cvae", top), ("vae", top / 9))]
        figure = metric_figure(build("tasks_mse__mine", tasks(*lines).assign(metric="mse"), PAPER))
        figure.canvas.draw()
        for panel in figure.axes[1:]:
            low, high = panel.get_xlim()
            ticks = [
                tick for tick in panel.xaxis.get_major_ticks() if low <= tick.get_loc() <= high
            ]
            boxes = [tick.label1.get_window_extent() for tick in ticks]
            assert len(boxes) >= 2
            assert all(a.x1 < b.x0 for a, b in pairwise(boxes)), top


def test_files_are_written_alike_twice(table, tmp_path):
    first = save(metric_figure(table), tmp_path / "first")
    again = save(metric_figure(table), tmp_path / "again")
    assert [path.name for path in first] == [f"first{suffix}" for suffix in SUFFIXES]
    assert len(list(tmp_path.iterdir())) == 4
    for one, two in zip(first, again, strict=True):
        assert one.read_bytes() == two.read_bytes()


def test_a_reduced_run_says_so_once_and_own_settings_are_called_so():
    table = build(
        "table01", runs().assign(reduced="50 cells.", settings="Own settings: epochs 5."), PAPER
    )
    figure = metric_figure(table)
    shown = "\n".join(texts(figure))
    assert figure.get_suptitle().startswith("REDUCED RUN")
    assert shown.count("REDUCED RUN") == 1
    assert "Own settings: epochs 5." in shown
    own = metric_figure(build("table01", runs().assign(settings="Own settings: epochs 5."), PAPER))
    assert "REDUCED" not in "\n".join(texts(own))
