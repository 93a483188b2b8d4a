from __future__ import annotations

import math

import pandas as pd
import pytest

from sccbgm.protocol.method import Method
from sccbgm.tables import build
from sccbgm.tables.grid import grid
from sccbgm.tables.markdown import markdown

TWO = {("b_cells_0", 1): 0.1, ("b_cells_1", 1): 0.2, ("b_cells_0", 2): 0.3, ("b_cells_1", 2): 0.4}


def cell_of(table, label, column, preset="recommended"):
    (cell,) = (
        cell
        for cell in table.cells.values()
        if (cell.row.label, cell.column.id, cell.preset) == (label, column, preset)
    )
    return cell


def test_ours_stands_next_to_the_published_value(rows, paper):
    table = build("table01", rows(TWO), paper)
    cell = cell_of(table, "scCBGM", "b_cells")
    assert cell.summary.mean == pytest.approx(0.25)
    assert cell.published.mean == 0.112
    assert table.comparison(cell) == pytest.approx(0.25 / 0.112)
    assert table.spread(cell) == cell.summary.sd_runs


def test_accuracies_are_compared_by_difference(rows, paper):
    runs = rows({("b_cells_0", 1): 0.9}, metric="subtype_accuracy")
    table = build("table24", runs, paper)
    assert table.comparison(cell_of(table, "scCBGM", "b_cells_0")) == pytest.approx(0.9 - 0.996)


def test_groups_are_known_by_id_and_by_printed_title(rows, paper):
    runs = rows({("cd4_0", 1): 0.5}, group="T cells (CD4)")
    table = build("table01", runs, paper)
    assert cell_of(table, "scCBGM", "cd4_t_cells").summary.n == 1


def test_groups_that_no_column_knows_are_an_error(rows, paper):
    with pytest.raises(ValueError, match=r"no group of kang.*found neurons, expected B cells"):
        build("table01", rows({("n", 1): 0.5}, group="neurons"), paper)


def test_a_reduced_dataset_may_have_no_column_beside_others(rows, paper):
    own = rows({("b", 1): 0.5}, dataset="cui", group="T cells (CD4)")
    few = rows({("n", 1): 0.5}, dataset="nault", group="neurons", reduced="1 of 3 tasks.")
    table = build("table02", pd.concat([own, few], ignore_index=True), paper)
    assert {c.column.dataset for c in table.cells.values() if c.summary.n} == {"cui"}
    with pytest.raises(ValueError, match="no group of nault"):
        build("table02", pd.concat([own, few.assign(reduced="")], ignore_index=True), paper)
    with pytest.raises(ValueError, match="no group of nault"):
        build("table02", few, paper)


def test_nothing_to_show_is_an_error(rows, paper):
    with pytest.raises(
        ValueError, match="no rows of rfid for kang; the metrics have rmmd for kang"
    ):
        build("table17", rows(TWO), paper)


def test_controls_come_last_and_other_methods_before_them(rows, paper):
    runs = pd.concat(
        [
            rows(TWO, method="target"),
            rows(TWO, method="no_edit"),
            rows(TWO, method="my_method"),
            rows(TWO),
        ]
    )
    labels = [row.label for row in build("table01", runs, paper).rows]
    assert labels[0] == "scCBGM"
    assert labels[-3:] == ["my_method", "No edit", "Target cells"]
    assert len(labels) == 13 + 3


def lines_of(table):
    """Label, repeated where a line continues its row, and source of every line of a row."""
    label, found = "", []
    for line in grid(table).lines[1:]:
        label = line.label or label
        found.append((label, line.source))
    return found


def test_presets_are_side_by_side_and_the_paper_beside_the_reference(rows, paper):
    runs = pd.concat([rows(TWO, preset="reference"), rows(TWO), rows(TWO, method="no_edit")])
    table = build("table01", runs, paper)
    assert lines_of(table)[:3] == [
        ("scCBGM", "recommended"),
        ("scCBGM", "reference"),
        ("scCBGM", "paper, beside reference"),
    ]
    assert lines_of(table)[-1] == ("No edit", "recommended")
    assert cell_of(table, "scCBGM", "b_cells").published is None
    assert cell_of(table, "scCBGM", "b_cells", "reference").published.mean == 0.112


def test_without_a_reference_run_the_paper_is_beside_the_recommended_one(rows, paper):
    table = build("table01", rows(TWO), paper)
    assert lines_of(table)[:3] == [
        ("scCBGM", "recommended"),
        ("scCBGM", "paper, beside recommended"),
        ("scCBGM-FM (decode)", "recommended"),
    ]
    # What did not run has its published values beside nothing.
    assert ("scCBGM-FM (decode)", "paper") in lines_of(table)


def scgen(rows, *lines):
    return pd.concat([rows(TWO, method="scgen", variant=v, preset=p) for v, p in lines])


@pytest.mark.parametrize(
    ("ran", "beside"),
    [
        ([("default", "recommended")], ("scGen", "recommended")),
        (
            [("default", "recommended"), ("counts", "recommended")],
            ("scGen [counts]", "recommended"),
        ),
        ([("default", "recommended"), ("default", "reference")], ("scGen", "reference")),
    ],
)
def test_the_published_scgen_is_compared_with_the_run_on_counts(rows, paper, ran, beside):
    table = build("table01", scgen(rows, *ran), paper)
    (compared,) = {
        (cell.row.label, cell.preset)
        for cell in table.cells.values()
        if cell.published and cell.row.method == "scgen"
    }
    assert compared == beside
    shown = [line for line in lines_of(table) if line[0].startswith("scGen")]
    assert len(shown) == len(ran) + 1
    assert shown[shown.index(beside) + 1] == (beside[0], f"paper, beside {beside[1]}")


@pytest.mark.parametrize("table_id", ["table01", "table16", "table24", "tasks_rmmd__kang"])
def test_every_variant_method_and_mode_that_ran_is_shown(rows, paper, table_id):
    metric = "subtype_accuracy" if table_id == "table24" else "rmmd"
    ways = [
        {"method": "sccbgm", "variant": "wide"},
        {"method": "mine", "variant": "wide"},
        {"method": "vanilla_fm", "mode": "decode"},
        {"method": "vae", "mode": "reconstruct"},
        {},
    ]
    runs = pd.concat([rows({("b_cells_0", 1): 0.1}, metric=metric, **way) for way in ways])
    keys = {row.key for row in build(table_id, runs, paper).rows}
    assert set(map(tuple, runs[["method", "mode", "variant"]].to_numpy())) <= keys


def test_a_method_of_ones_own_has_its_own_names(rows, paper):
    declared = {"title": "My method", "control": False, "colour": None, "modes": ("edit", "jump")}
    mine = type("Mine", (Method,), declared | {"id": "mine", "fit": None})()
    same = type("Same", (Method,), {"id": "same", "title": "scCBGM", "fit": None})()
    yard = type("Yard", (Method,), {"id": "yard", "title": "Yard", "control": True, "fit": None})()
    runs = [rows(TWO, method="mine", mode=mode) for mode in ("edit", "jump")]
    runs += [rows(TWO, method=method) for method in ("yard", "same", "sccbgm")]
    own = {method.id: method for method in (mine, same, yard)}
    table = build("tasks_rmmd__kang", pd.concat(runs), paper, own)
    labels = [row.label for row in table.rows]
    assert labels[:3] == ["scCBGM, sccbgm", "My method (edit)", "My method (jump)"]
    assert labels[3:] == ["scCBGM, same", "Yard"]


def test_the_yardsticks_of_an_error_stand_in_its_table_whether_or_not_they_ran(rows, paper):
    runs = rows({("intervention_0", 1): 0.1}, metric="mse", dataset="synthetic_1")
    ran = rows({("intervention_0", 1): 0.1}, metric="mse", dataset="synthetic_1", method="no_edit")
    table = build("table11", pd.concat([runs, ran]), paper)
    controls = [row.method for row in table.rows if row.control]
    wanted = ["no_edit", "mean_training", "mean_intervened", "true_shift", "best_possible"]
    assert sorted(controls) == sorted(wanted)
    text = markdown(table)
    assert "*Expected counterfactual*" in text
    assert "no such run in this configuration" in text


def test_what_biolord_trains_on_is_said_in_table_11(rows, paper):
    runs = rows({("intervention_0", 1): 0.1}, metric="mse", dataset="synthetic_1", method="biolord")
    layout = grid(build("table11", runs, paper))
    (line,) = (line for line in layout.lines if line.label == "biolord")
    assert "Trained on the cells to be edited as well" in dict(layout.notes)[line.mark]


def test_the_printed_architecture_of_an_ablation_row_is_said(rows, paper):
    known = {"dataset": "synthetic_1_genes", "metric": "mse", "method": "cbgm"}
    layout = grid(build("table15", rows({("intervention_0", 1): 0.2}, **known), paper))
    lines = [line for line in layout.lines if line.kind == "paper"]
    said = [dict(layout.notes)[line.mark] for line in lines]
    assert "Printed for this line: bottleneck CBM, skip yes, loss L_cosine." in said
    (first,) = (i for i, line in enumerate(layout.lines) if line.label.endswith("(CBGM)"))
    assert layout.lines[first].label == "CEM, no skip, cosine (CBGM)"
    assert layout.lines[first + 1].kind == "paper"


def test_another_dataset_shows_what_it_has_and_no_quotient(rows, paper):
    runs = rows(TWO, dataset="kang_reduced", reduced="5,081 cells.")
    odd = rows({("x", 1): 1.0}, dataset="kang_reduced", group="platelets", reduced="5,081 cells.")
    table = build("table01__kang_reduced", pd.concat([runs, odd]), paper)
    assert [row.label for row in table.rows] == ["scCBGM"]
    assert [column.title for column in table.columns] == ["B cells", "platelets"]
    cell = cell_of(table, "scCBGM", "b_cells")
    assert cell.published.mean == 0.112
    assert math.isnan(table.comparison(cell))
    assert table.title.startswith("REDUCED RUN: ")
    assert table.caption.endswith("5,081 cells.")


def test_all_tasks_with_their_mean(rows, paper):
    runs = rows({("a", 1): 1.0, ("a", 2): 3.0, ("b", 1): 6.0, ("b", 2): 8.0}, dataset="mine")
    other = rows({("a", 1): 1.0}, dataset="mine", method="cvae")
    table = build("tasks_rmmd__mine", pd.concat([runs, other]), paper)
    assert [column.title for column in table.columns] == ["a", "b", "Mean"]
    mean = cell_of(table, "scCBGM", table.columns[-1].id)
    assert mean.summary.mean == pytest.approx((2.0 + 7.0) / 2)
    # Per-seed means 3.5 and 5.5.
    assert table.spread(mean) == pytest.approx(1.0)
    partial = cell_of(table, "CVAE", table.columns[-1].id)
    assert math.isnan(partial.summary.mean)
    assert partial.summary.reasons == ("1 of 2 columns are empty",)


def test_a_task_with_several_targets_has_a_column_each(rows, paper):
    runs = pd.concat([rows({("t", 1): 1.0}, dataset="d", target=t) for t in ("dose_3", "dose_10")])
    table = build("tasks_rmmd__d", runs, paper)
    assert [column.title for column in table.columns] == ["t/dose_3", "t/dose_10", "Mean"]


def test_datasets_can_be_columns(rows, paper):
    runs = [
        rows({("intervention_0", 1): 0.1 * k, ("intervention_1", 1): 0.3 * k}, metric="mse")
        .assign(dataset=f"synthetic_{k}", group=f"synthetic_{k}")
        for k in (1, 2, 3)
    ]  # fmt: skip
    table = build("table11", pd.concat(runs), paper)
    assert cell_of(table, "scCBGM", "synthetic_2").summary.mean == pytest.approx(0.4)
    assert cell_of(table, "scCBGM", "synthetic_2").published.mean == 0.0318


def test_architecture_rows_are_sorted_as_published(rows, paper):
    runs = [
        rows({("b_cells_0", 1): value}, variant=variant, method=method)
        for method, variant, value in (
            ("sccbgm", "default", 1.0),
            ("sccbgm", "a02", 3.0),
            ("cbgm", "default", 2.0),
        )
    ]
    # Only a full row has a mean to sort by.
    table = build("table16", pd.concat(runs), paper)
    assert len(table.rows) == 12
    tasks = [sorted(column.names or (column.id,))[0] for column in table.columns[:-1]]
    full = [frame.assign(task=task) for frame in runs for task in tasks]
    table = build("table16", pd.concat(full), paper)
    assert [row.variant for row in table.rows[:3]] == ["a02", "default", "default"]
    assert cell_of(table, table.rows[1].label, "mean_over_subtypes").published is not None


def test_own_settings_are_called_so_and_are_not_compared(rows, paper) -> None:
    table = build("table01", rows(TWO, settings="Own settings: epochs 5."), paper)
    assert not table.title.startswith("REDUCED")
    assert table.caption.endswith("Own settings: epochs 5.")
    assert math.isnan(table.comparison(cell_of(table, "scCBGM", "b_cells")))


def test_one_task_has_no_column_of_means(rows, paper) -> None:
    table = build("tasks_rmmd__kang", rows({("a", 1): 1.0}), paper)
    assert [column.title for column in table.columns] == ["a"]
    assert "mean of the other columns" not in table.caption


def test_a_reduced_run_says_every_sentence_once(rows, paper) -> None:
    whole = "7 of 8 donors. Network for this run: epochs 60."
    said = {"no_edit": "7 of 8 donors.", "sccbgm": whole, "cbgm": f"{whole} For cbgm: epochs 20."}
    runs = [rows(TWO, method=method, reduced=text) for method, text in said.items()]
    table = build("table01", pd.concat(runs), paper)
    assert table.reduced == f"{whole} For cbgm: epochs 20."
