"""The same questions on cells that were prepared with and without those held out."""

import numpy as np
import pandas as pd
import pytest
from tidy_rows import make_rows

from sccbgm.tables.comparisons import build_comparison
from sccbgm.tables.leak import leak
from sccbgm.tables.names import Names

SELECTION = {"cells": "all", "cells_a": "train", "cells_b": "train"}
HALVES = {"cells_a": range(4), "cells_b": range(4, 8)}


def made(n=8, **gains):
    """Method -> by what it is better on all cells; half of the questions a derived dataset."""
    rng = np.random.default_rng(0)
    parts = []
    for method, gain in gains.items():
        hard = np.exp(rng.normal(0, 0.5, (n, 1)) + rng.normal(0, 0.02, (n, 2)))
        for dataset, tasks in {"cells": range(n), **HALVES}.items():
            level = 1.0 if dataset == "cells" else gain
            values = {(f"t{i}", s): hard[i, s] * level for i in tasks for s in (0, 1)}
            parts.append(make_rows(values, method=method, dataset=dataset))
    return pd.concat(parts, ignore_index=True)


def test_a_method_faces_itself_on_the_questions_of_both_preparations():
    lines = leak(made(sccbgm=1.5, cvae=1.0, vanilla_fm=0.9), "rmmd", SELECTION, Names())
    lines = lines.set_index("label")
    assert (lines["n_questions"] == 8).all()
    assert np.exp(lines["effect"].astype(float)).round(6).to_dict() == {
        "scCBGM": 1.5, "CVAE": 1.0, "Vanilla-FM (edit)": 0.9
    }  # fmt: skip
    assert lines.loc["scCBGM", "train"] == pytest.approx(1.5 * lines.loc["scCBGM", "all"])
    assert lines["better"].to_dict() == {"scCBGM": "b", "CVAE": "", "Vanilla-FM (edit)": "a"}
    assert lines.loc["scCBGM", "p_holm"] == pytest.approx(3 * 2**-7)
    some = made(sccbgm=1.5, cvae=1.0)
    some = some[(some["method"] == "cvae") | (some["dataset"] != "cells_b")]
    fewer = leak(some, "rmmd", SELECTION, Names()).set_index("label")
    assert fewer["n_questions"].to_dict() == {"scCBGM": 4, "CVAE": 8}
    assert fewer.loc["scCBGM", "train"] == pytest.approx(1.5 * fewer.loc["scCBGM", "all"])
    assert lines["rank_train"].sum() == lines["rank_all"].sum() == 6


def test_the_table_calls_better_only_what_the_test_shows():
    beside = {"selection": pd.DataFrame(SELECTION.items(), columns=["dataset", "selection_on"])}
    rows = made(sccbgm=1.5, cvae=1.0)
    table = build_comparison("leak", "rmmd", rows, beside, ("Title", "Caption."), Names())
    shown = table.shown.set_index("Method")
    assert shown["Without is"].to_dict() == {"scCBGM": "worse", "CVAE": "not shown"}
    assert shown.loc["scCBGM", "Better without"] == "0 / 8"
    assert "Effect: quotient of the metrics, without" in table.caption


def test_datasets_without_a_common_question_compare_nothing():
    rows, beside = made(sccbgm=1.5), {}
    for name, of in (("one", {"cells": "all"}), ("twice", dict.fromkeys(SELECTION, "all"))):
        beside["selection"] = pd.DataFrame(of.items(), columns=["dataset", "selection_on"])
        here = rows[rows["dataset"].isin(of)]
        table = build_comparison("leak", "rmmd", here, beside, (name, ""), Names())
        assert table.shown.columns.tolist() == ["Nothing to compare"]
