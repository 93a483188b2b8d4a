"""The rule of agreement against SciPy's Welch test, by hand, and where nothing differs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sccbgm.report.verdict import (
    Estimate,
    Verdict,
    judge,
    published_runs,
    rounding,
    standard_error,
)


def of(values: np.ndarray) -> Estimate:
    return Estimate(values.mean(), values.std(ddof=1) / math.sqrt(len(values)), len(values))


def test_equals_a_welch_test_where_nothing_is_rounded():
    rng = np.random.default_rng(0)
    kinds = set()
    for shift in np.linspace(0, 3, 40):
        a, b = rng.normal(shift, 1, 5), rng.normal(0, 2, 9)
        verdict = judge(of(a), of(b), 0.0)
        test = stats.ttest_ind(a, b, equal_var=False)
        assert verdict.kind == ("agrees" if test.pvalue >= 0.05 else "differs")
        assert verdict.units == pytest.approx(test.statistic)
        kinds.add(verdict.kind)
    assert kinds == {"agrees", "differs"}


def test_one_in_twenty_equal_numbers_differs():
    rng = np.random.default_rng(1)
    differs = [
        judge(of(rng.normal(size=8)), of(rng.normal(size=8)), 0.0).kind == "differs"
        for _ in range(4000)
    ]
    assert np.mean(differs) == pytest.approx(0.05, abs=0.012)


@given(st.floats(-5, 5), st.floats(-5, 5), st.floats(0, 2), st.floats(0, 2))
def test_is_symmetric(a, b, e, f):
    one = judge(Estimate(a, e, 4), Estimate(b, f, 6), 0.01)
    other = judge(Estimate(b, f, 6), Estimate(a, e, 4), 0.01)
    assert one.kind == other.kind
    assert one.difference == pytest.approx(-other.difference)


def test_a_count_agrees_within_rounding_alone():
    assert judge(Estimate(1105), Estimate(1105), rounding("1105")).kind == "agrees"
    assert judge(Estimate(1106), Estimate(1105), rounding("1105")).text == "differs (higher)"
    assert judge(Estimate(0.1123), Estimate(0.112), rounding("0.112")).kind == "agrees"
    assert judge(Estimate(0.1115), Estimate(0.112), rounding("0.112")).kind == "agrees"
    assert judge(Estimate(0.1114), Estimate(0.112), rounding("0.112")).text == "differs (lower)"


@pytest.mark.parametrize(
    ("printed", "expected"),
    [("0.112", 0.0005), ("1105", 0.5), ("1e-4", 5e-5), ("0.1200", 5e-5), ("", 0.0)],
)
def test_half_a_unit_of_the_last_digit(printed, expected):
    assert rounding(printed) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("note", "runs"),
    [
        ("4 seeds; pooled over 2 subtypes; caption and text do not say sem or std", 8),
        ("5 interventions x 4 seeds; evaluated in PCA space, not comparable with Table 15", 20),
        ("1 seed; 2 held-out doses (3 and 10 ug/kg)", 2),
        ("4 seeds; 1 held-out cell type-cytokine pair", 4),
        ("single fold", 0),
    ],
)
def test_runs_of_a_note(note, runs):
    assert published_runs(note) == runs


def test_standard_error():
    assert standard_error(0.4, False, 16) == pytest.approx(0.1)
    assert standard_error(0.4, True, 16) == 0.4
    assert standard_error(math.nan, False, 16) == 0.0


def test_words():
    assert Verdict("not run", reason="no GPU").text == "not run: no GPU"
    assert Verdict("agrees").text == "agrees"
