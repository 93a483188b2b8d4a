"""Comparisons with one method, as a table: signs, errors where nothing differs, power."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from tidy_rows import make_rows

from sccbgm.tables.comparisons import build_comparison
from sccbgm.tables.names import Names
from sccbgm.tables.paired import sign_flip
from sccbgm.tables.paired_table import detectable, paired


def rows(n=10, seeds=3, metric="rmmd", seed=0, **shifts):
    """Method -> its shift; all share the difficulty of a question."""
    rng = np.random.default_rng(seed)
    of_task = rng.normal(0, 0.5, n)
    parts = []
    for method, shift in shifts.items():
        values = np.exp(of_task[:, None] + shift + rng.normal(0, 0.05, (n, seeds)))
        cells = {(f"t{i}", s): values[i, s] for i in range(n) for s in range(seeds)}
        parts.append(make_rows(cells, method=method, metric=metric))
    return pd.concat(parts, ignore_index=True)


def test_what_is_better_is_called_so_and_targets_do_not_compete():
    table = rows(sccbgm=0.0, cvae=0.5, vanilla_fm=-0.5, mean_shift=0.0, target=-3.0)
    found = paired(table, "rmmd", Names())
    lines = found.lines.set_index("method")
    assert found.reference == "scCBGM"
    assert set(lines.index) == {"cvae", "vanilla_fm", "mean_shift"}
    assert lines.loc["vanilla_fm", ["better", "wins", "rank"]].tolist() == ["a", 10, 1.0]
    assert lines.loc["cvae", ["better", "wins"]].tolist() == ["b", 0]
    np.testing.assert_allclose(lines["effect"][["cvae", "vanilla_fm"]], [0.5, -0.5], atol=0.05)
    words = ("Title", "Caption.")
    written = build_comparison("paired", "rmmd", table, {}, words, Names())
    told = written.shown.set_index("Method")
    assert told["Than scCBGM"].to_dict() == {
        "Vanilla-FM (edit)": "better", "CVAE": "worse", "Mean shift": "not shown"
    }  # fmt: skip
    assert told.loc["Vanilla-FM (edit)", "Effect"] == pytest.approx(math.exp(-0.5), abs=0.03)
    assert "With 10 questions and 3 comparisons" in written.caption


def test_of_families_without_differences_one_in_twenty_shows_one():
    """The chance of any false claim among four, each with ten questions, is 5 % at most."""
    rng = np.random.default_rng(1)
    from sccbgm.tables.paired import holm

    false = 0
    for _ in range(400):
        of_reference = rng.normal(size=10)
        p = [sign_flip(rng.normal(size=10) - of_reference, "null") for _ in range(4)]
        false += min(holm(p)) <= 0.05
    assert false / 400 < 0.075


def test_one_question_compares_nothing_and_says_so():
    found = paired(rows(n=1, sccbgm=0.0, cvae=0.5), "rmmd", Names())
    assert "no difference can be shown" in found.said
    with pytest.raises(ValueError, match="no two runs have a value of rmmd"):
        paired(rows(sccbgm=0.0), "rmmd", Names())


@pytest.mark.parametrize(("n", "comparisons"), [(14, 1), (14, 12), (5, 1)])
def test_power_is_that_of_simulated_questions(n, comparisons):
    size, level = detectable(n, 0.05 / comparisons), 0.05 / comparisons
    if n == 5:
        assert math.isinf(size)  # 2 of 32 sign patterns are 0.0625
        return
    draws = np.random.default_rng(2).normal(size, 1, (4000, n))
    power = (stats.ttest_1samp(draws, 0, axis=1).pvalue <= level).mean()
    assert power == pytest.approx(0.8, abs=0.03)
    flips = [sign_flip(d, "power") <= level for d in draws[:60]]
    assert np.mean(flips) == pytest.approx(0.8, abs=0.17)
