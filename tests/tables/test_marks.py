"""Which mean is bold, and what a number says beside itself, in every file format."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from sccbgm.metrics.registry import FEW_CELLS, METRICS
from sccbgm.tables import build
from sccbgm.tables.grid import grid
from sccbgm.tables.html import html
from sccbgm.tables.latex import latex
from sccbgm.tables.markdown import markdown
from sccbgm.tables.table import Table

BOLD = {
    markdown: r"\*\*([\d.]+)",
    latex: r"\\textbf\{([\d.]+)",
    html: r'class="best">([\d.]+)',
}


@pytest.fixture
def table_of(rows, paper):
    def make(values: dict[str, float], metric: str = "rmmd", **known: object) -> Table:
        runs = [
            rows({("t", 1): value}, dataset="mine", method=method, metric=metric, **known)
            for method, value in values.items()
        ]
        return build(f"tasks_{metric}__mine", pd.concat(runs), paper)

    return make


@pytest.mark.parametrize("write", BOLD)
@pytest.mark.parametrize("metric", METRICS)
def test_bold_is_the_best_of_every_metric_in_every_format(table_of, write, metric):
    values = {"sccbgm": 0.25, "cvae": 0.5, "vae": 0.75, "no_edit": 0.125, "target": 1.0}
    table = table_of(values, metric)
    bold = {"lower": ["0.250"], "higher": ["0.750"], "none": []}[METRICS[metric].direction]
    assert re.findall(BOLD[write], write(table)) == bold
    assert set(table.long()["direction"]) == {METRICS[metric].direction}
    words = {"lower": "Lower is better.", "higher": "Higher is better.", "none": "Best at 1."}
    assert words[METRICS[metric].direction] in write(table)
    assert METRICS[metric].title in table.title


@pytest.mark.parametrize("metric", ["rmmd", "subtype_accuracy"])
def test_ties_are_shown_as_ties_and_none_is_bold(table_of, metric):
    best = {"rmmd": 0.0, "subtype_accuracy": 1.0}[metric]
    layout = grid(table_of({"sccbgm": best, "cvae": best, "vae": 0.5}, metric))
    marked = [line.label for line in layout.lines if line.cells[0].mark]
    assert marked == ["scCBGM", "CVAE"]
    assert [text for _, text in layout.notes] == [
        "Tied: the best mean of the column at the printed precision."
    ]
    assert not any(cell.best for line in layout.lines for cell in line.cells)


def test_means_that_print_alike_are_ties_and_rounding_is_zero(table_of):
    near = grid(table_of({"sccbgm": 0.12341, "cvae": 0.12344}))
    assert not any(cell.best for line in near.lines for cell in line.cells)
    zero = grid(table_of({"sccbgm": 0.0, "cvae": 3e-17}))
    assert [line.cells[0].mark for line in zero.lines[1:]] == ["a", "a"]
    apart = grid(table_of({"sccbgm": 0.0, "cvae": 0.0004}))
    assert [line.label for line in apart.lines if line.cells[0].best] == ["scCBGM"]


def test_a_mean_without_some_of_its_runs_is_not_the_best(rows, paper):
    runs = [
        rows({("t", 1): 0.1}, dataset="mine"),
        rows({("t", 2): float("nan")}, dataset="mine", reason="diverged"),
        rows({("t", 1): 0.2, ("t", 2): 0.2}, dataset="mine", method="cvae"),
        rows({("t", 1): 0.3, ("t", 2): 0.3}, dataset="mine", method="vae"),
    ]
    layout = grid(build("tasks_rmmd__mine", pd.concat(runs), paper))
    assert [line.label for line in layout.lines if line.cells[0].best] == ["CVAE"]


@pytest.mark.parametrize("write", BOLD)
def test_a_remark_on_a_number_is_a_footnote_of_every_format(table_of, write):
    text = write(table_of({"sccbgm": 0.5}, reason="the iterations did not converge"))
    assert "Remark (number of runs): the iterations did not converge (1)." in text
    assert re.search(r"0\.500 \(1\)(<sup>a</sup>|\\tnote\{a\})", text)


def test_the_csv_has_remarks_cells_and_what_a_ratio_is_made_of(table_of):
    known = {"reason": "inexact", "distance": -0.002, "denominator": 0.08}
    line = table_of({"sccbgm": 0.5}, n_intervene=9, n_target=36, **known).long().iloc[0]
    assert (line["remarks"], line["distance"], line["denominator"]) == ("inexact (1)", -0.002, 0.08)
    assert (line["n_edited_min"], line["n_edited_max"]) == (9, 9)
    assert (line["n_target_min"], line["n_target_max"]) == (36, 36)
    assert line["few_cells"] == "t: 9 edited, 36 target cells"


@pytest.mark.parametrize(("edited", "target"), [(FEW_CELLS - 1, 50), (50, FEW_CELLS - 1)])
def test_numbers_of_few_cells_are_marked(table_of, edited, target):
    layout = grid(table_of({"sccbgm": 0.5}, n_intervene=edited, n_target=target))
    assert layout.lines[0].cells[0].text == f"{edited} / {target}"
    assert layout.lines[1].cells[0].mark == "a"
    assert layout.notes == [("a", f"Few cells: t: {edited} edited, {target} target cells.")]
    enough = grid(table_of({"sccbgm": 0.5}, n_intervene=FEW_CELLS, n_target=FEW_CELLS))
    assert enough.notes == []


def test_a_mean_of_rounding_gives_its_spread_no_more_places(rows, paper):
    runs = rows({("t", seed): seed * 1e-17 for seed in (1, 3)}, dataset="mine")
    layout = grid(build("tasks_rmmd__mine", runs, paper))
    assert layout.lines[1].cells[0].text == "2.0e-17 ± 0.000 (2)"
