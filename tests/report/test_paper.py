"""Every published number gets one line, and the verdict that the rule gives by hand."""

from __future__ import annotations

import csv

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sccbgm.report.paper import headline, summary, verdicts
from sccbgm.report.sheet import numbers_sheet
from sccbgm.tables import build

TASKS = ("b_cells_0", "b_cells_1")


def values(mean: float, sd: float = 0.028) -> dict[tuple[str, int], float]:
    """Eight runs with this mean and standard deviation."""
    spread = np.linspace(-1, 1, 8)
    runs = mean + sd * spread / spread.std(ddof=1)
    keys = [(task, seed) for task in TASKS for seed in range(4)]
    return dict(zip(keys, runs, strict=True))


def numbers(table, paper):
    found = verdicts([table], paper).set_index(["table", "method", "group"]).sort_index()
    return found.loc[("table01", "scCBGM", "B cells")].iloc[0]


def test_no_published_number_is_left_out(rows, paper):
    found = verdicts([build("table01", rows(values(0.112)), paper)], paper)
    printed = 0
    for path in (*paper.glob("table*.csv"), paper / "text_numbers.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            printed += sum(bool(line["mean"]) for line in csv.DictReader(file))
    # Table 9, and every hyperparameter of Tables 6 to 8
    tasks = pd.read_csv(paper / "tasks.csv", dtype=str)["n_tasks"].count()
    settings = [pd.read_csv(path, dtype=str).loc[:, "seeds":"batch_size"].count().sum()
                for path in paper.glob("hyperparameters_*.csv")]  # fmt: skip
    printed += tasks + sum(settings)
    assert len(found) == printed
    assert headline(summary(found)).startswith(f"Of {printed:,} numbers that the paper prints: ")
    counted = summary(found).set_index("table")
    assert counted.loc["all", ["agrees", "differs", "not comparable", "not run"]].sum() == printed


@pytest.mark.parametrize("mean", [0.112, 0.13, 0.135, 0.15, 0.09, 0.07])
def test_the_verdict_is_that_of_a_welch_test_from_the_printed_numbers(rows, paper, mean):
    line = numbers(build("table01", rows(values(mean)), paper), paper)
    # Printed: 0.112 +- 0.028 over 2 subtypes x 4 seeds, a standard deviation over the runs
    p = stats.ttest_ind_from_stats(mean, 0.028, 8, 0.112, 0.028, 8, equal_var=False).pvalue
    if p < 0.04:
        assert line["verdict"] == f"differs ({'higher' if mean > 0.112 else 'lower'})"
    elif p > 0.06:
        assert line["verdict"] == "agrees"
    assert line["difference"] == pytest.approx(mean - 0.112)


def test_a_number_of_this_run_leads_to_its_rows(rows, paper):
    table = build("table01", rows(values(0.112)), paper)
    sheet = numbers_sheet(verdicts([table], paper))
    leading = [cell for line in sheet.lines for cell in line.cells if cell.runs]
    assert {cell.text for cell in leading} == {"0.112"}
    assert leading[0].runs.split() == [str(label) for label in table.runs.index]


def test_a_reduced_run_is_not_compared(rows, paper):
    table = build("table01", rows(values(0.112), reduced="Fewer cells."), paper)
    assert numbers(table, paper)["verdict"] == "not comparable: Fewer cells."


def test_what_failed_was_not_run(rows, paper):
    failed = rows(dict.fromkeys(values(1.0), float("nan")), reason="out of memory")
    line = numbers(build("table01", failed, paper), paper)
    assert line["verdict"] == "not run: out of memory (8)"


def test_equal_numbers_agree_and_chance_is_stated(rows, paper):
    found = summary(verdicts([build("table01", rows(values(0.112)), paper)], paper))
    line = found.set_index("table").loc["table01"]
    assert line["agrees"] == 1
    assert line["expected to differ"] == pytest.approx(0.05)
