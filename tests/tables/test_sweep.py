"""The winner of a sweep: by hand, and where runs are missing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sccbgm.tables.names import Names
from sccbgm.tables.sweep import point_means, sweep_table

VALUES = {"a": [1.0, 4.0], "b": [2.0, 2.0], "c": [0.1, np.nan]}
"""Setting -> its errors on two tasks."""


def rows(metric: str = "mse", **known: object) -> pd.DataFrame:
    shared = {"dataset": "d", "method": "sccbgm", "mode": "edit", "preset": "recommended"}
    lines = [
        shared | {"variant": v, "task": f"t{i}", "value": value, "metric": metric, "reduced": ""}
        for v, values in VALUES.items()
        for i, value in enumerate(values)
    ]
    return pd.DataFrame([line | known for line in lines])


def test_the_lowest_mean_wins_and_a_setting_that_lacks_runs_does_not() -> None:
    table = point_means(rows(), "mse").set_index("variant")
    assert table["mean"].tolist() == [2.5, 2.0, 0.1]
    assert table["winner"].to_dict() == {"a": False, "b": True, "c": False}
    assert table.loc["a", "rank"] == 2 and np.isnan(table.loc["c", "rank"])
    assert table.loc["c", "n_missing"] == 1


def test_the_direction_is_the_metrics() -> None:
    best = point_means(rows("subtype_accuracy"), "subtype_accuracy").set_index("variant")
    assert best["winner"].to_dict() == {"a": True, "b": False, "c": False}


def test_a_winner_a_method() -> None:
    both = pd.concat([rows(), rows(method="cbgm").assign(value=lambda t: -t["value"])])
    winners = point_means(both, "mse")[lambda t: t["winner"]]
    assert dict(zip(winners["method"], winners["variant"], strict=True)) == {
        "sccbgm": "b", "cbgm": "a",
    }  # fmt: skip


def test_the_table_shows_the_values_and_what_is_in_use() -> None:
    settings = {("sccbgm", v): {"lr": lr} for v, lr in zip("abc", (0.1, 0.01, 1e-3), strict=True)}
    in_use = {key: {"lr": 0.1} for key in settings}
    other = rows(variant="elsewhere")
    table = sweep_table("sweep_mse__d", pd.concat([rows(), other]), settings, in_use, Names())
    assert table.shown["lr"].tolist() == ["0.01", "0.1"]
    assert table.shown["Other studies"].tolist() == ["", "in use"]
    assert len(table.data) == 3
    assert "sccbgm 3" in table.caption
    with pytest.raises(ValueError, match="no rows of mse for a point of the sweep on e"):
        sweep_table("sweep_mse__e", rows(), settings, in_use, Names())
