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
    names = Names()
    table = build_comparison("adversaries", "", both.reset_index(drop=True), ends, WORDS, names)
    assert table.shown["Kind"].tolist() == ["adversary"] * 2 + ["control"] * 2
    assert table.shown["rMMD"].tolist() == pytest.approx([0, 0.7 / 0.85, 0.5 / 0.85, 0.9 / 0.85])
    assert "rMMD does not see: " in table.notes[0]
    one = build_comparison("rescaled", "rmmd", both, ends, WORDS, names)
    assert one.shown.set_index("Method")["t"]["scCBGM"] == pytest.approx(0.6 / 0.85)
    assert one.shown.set_index("Method")["t"]["Ceiling, not rescaled"] == pytest.approx(0.15)
    assert {path.suffix for path in one.write(tmp_path / "x")} == {".csv", ".md", ".html"}
    with pytest.raises(ValueError, match="no value of mse, but of composite, rmmd"):
        build_comparison("rescaled", "mse", both, ends, WORDS, names)
