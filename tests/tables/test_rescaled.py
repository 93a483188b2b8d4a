"""Between floor and ceiling: by hand, in every direction, and where nothing lies between."""

import numpy as np
import pandas as pd
import pytest
from tidy_rows import make_rows

from sccbgm.tables.comparisons import build_comparison
from sccbgm.tables.names import Names
from sccbgm.tables.rescaled import rescaled

WORDS = ("Title", "Caption.")


def rows(metric, **values):
    """One task and seed; method -> value."""
    parts = [make_rows({("t", 13): v}, method=m, metric=metric) for m, v in values.items()]
    return pd.concat(parts, ignore_index=True)


def truth(metric, *values):
    at = {"dataset": "kang", "task": "t", "target": "stim", "metric": metric}
    return pd.DataFrame([at | {"value": value} for value in values])


@pytest.mark.parametrize(
    ("metric", "floor", "ceiling", "value", "score"),
    [
        ("rmmd", 1.0, 0.2, 0.6, 0.5),
        ("rmmd", 1.0, 0.2, 0.0, 1.25),
        ("rmmd", 1.0, 0.2, 1.8, -1.0),
        ("composite", 0.0, 0.8, 0.4, 0.5),
        ("variance_ratio", 7.0, 1.0, 0.5, 0.5),
        ("variance_ratio", 7.0, 1.0, 3.0, -1.0),
    ],
)
def test_scores_by_hand(metric, floor, ceiling, value, score):
    table = rescaled(rows(metric, no_edit=floor, sccbgm=value), truth(metric, ceiling, ceiling))
    assert table.loc[table["method"] == "sccbgm", "score"].item() == pytest.approx(score)


def test_no_score_where_nothing_lies_between():
    table = rescaled(rows("rmmd", no_edit=0.3, sccbgm=0.2), truth("rmmd", *np.linspace(0, 0.4, 20)))
    assert table["score"].isna().all()
    assert set(table["unscored"]) == {"the floor is no worse than draws of the truth"}


def test_what_is_lacking_is_named():
    without = rescaled(rows("rmmd", sccbgm=0.2), truth("rmmd", 0.1))
    assert without["unscored"].tolist() == ["no floor"]
    table = rescaled(rows("rmmd", no_edit=0.9, sccbgm=0.2), truth("rfid", 0.1))
    assert table["unscored"].tolist() == ["no ceiling"] * 2


def test_the_written_tables_have_every_number(tmp_path):
    panel = rows("rmmd", no_edit=1.0, sccbgm=0.4, zero_variance=0.3, mean_shift=0.5, target=0.1)
    both = pd.concat([panel, panel.assign(metric="composite", value=1 - panel["value"])])
    ends = pd.concat([truth("rmmd", 0.1, 0.2), truth("composite", 0.8, 0.9)])
    names, beside = Names(), {"ceilings": ends}
    table = build_comparison("adversaries", "", both.reset_index(drop=True), beside, WORDS, names)
    assert table.shown["Kind"].tolist() == ["adversary"] * 2 + ["control"] * 2
    assert table.shown["rMMD"].tolist() == pytest.approx([0, 0.7 / 0.85, 0.5 / 0.85, 0.9 / 0.85])
    assert "rMMD does not see: " in table.notes[0]
    one = build_comparison("rescaled", "rmmd", both, beside, WORDS, names)
    assert one.shown.set_index("Method")["t"]["scCBGM"] == pytest.approx(0.6 / 0.85)
    assert one.shown.set_index("Method")["t"]["Ceiling, not rescaled"] == pytest.approx(0.15)
    assert {path.suffix for path in one.write(tmp_path / "x")} == {".csv", ".md", ".html"}
    none = build_comparison("rescaled", "mse", both, beside, WORDS, names)
    assert none.shown.to_numpy().tolist() == [["no value of mse, but of composite, rmmd"]]


def test_checks_stand_side_by_side_with_the_reasons_of_what_lacks():
    parts = [
        rows("reversal", sccbgm=0.25, no_edit=0.0, target=0.5),
        rows("monotone", sccbgm=1.0, no_edit=np.nan),
    ]
    both = pd.concat(parts, ignore_index=True)
    both.loc[both["value"].isna(), "reason"] = "the edit moves no cell"
    table = build_comparison("checks", "", both, {}, WORDS, Names())
    shown = table.shown.set_index("Method")
    assert shown.columns.tolist() == ["Reversal", "Steps forward with the dose"]
    assert shown.loc["scCBGM"].tolist() == [0.25, 1.0]
    assert "Target cells" not in shown.index
    assert "Steps forward with the dose, No edit: the edit moves no cell" in table.notes


def test_ensembles_are_told_with_their_seeds():
    lines = [
        {"dataset": "kang", "method": "sccbgm", "preset": "recommended", "task": task,
         "mode": "edit", "variant": "default", "n_seeds": 4, "quantity": quantity, "level": level,
         "value": value, "reason": ""}
        for task, shift in (("a", 0.0), ("b", 0.1))
        for quantity, level, value in (("coverage", 0.9, 0.5 + shift), ("correlation", None, 0.2))
    ]  # fmt: skip
    beside = {"calibration": pd.DataFrame(lines)}
    table = build_comparison("calibration", "", rows("rmmd", sccbgm=1.0), beside, WORDS, Names())
    assert table.shown.columns.tolist() == ["Method", "Seeds", "in 90%", "Spread and error"]
    assert table.shown.iloc[0].tolist() == ["scCBGM", 4, pytest.approx(0.55), pytest.approx(0.2)]
