"""Paired comparisons against SciPy and enumeration, and their errors where nothing differs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sccbgm.tables.paired import compare, holm, ranks, sign_flip

A, B = ("a", "edit", "default", "recommended"), ("b", "edit", "default", "recommended")


def rows(values: dict[str, np.ndarray], metric: str = "rmmd") -> pd.DataFrame:
    """Tidy rows of methods whose values are (questions, seeds)."""
    lines = [
        ("d", f"t{i}", "x", method, "edit", "default", "recommended", seed, metric, value)
        for method, table in values.items()
        for i, of_task in enumerate(table)
        for seed, value in enumerate(of_task)
    ]
    names = ["dataset", "task", "target", "method", "mode", "variant", "preset", "seed"]
    return pd.DataFrame(lines, columns=[*names, "metric", "value"])


def test_equals_scipys_permutation_test():
    rng = np.random.default_rng(0)
    for shift in (0.0, 0.4, 1.5):
        d = rng.normal(shift, 1, 9)
        expected = stats.permutation_test(
            (d,), np.mean, permutation_type="samples", n_resamples=np.inf
        ).pvalue
        assert sign_flip(d, "k") == pytest.approx(expected)


def test_more_questions_are_drawn_and_agree_with_all():
    d = np.random.default_rng(2).normal(0.45, 1, 16)
    signs = np.array(np.meshgrid(*[[1, -1]] * 16)).reshape(16, -1).T
    exact = (np.abs(signs @ d) / 16 >= abs(d.mean()) - 1e-12).mean()
    assert sign_flip(d, "k") == pytest.approx(exact, abs=0.006)


def test_error_rate_is_five_percent_where_nothing_differs():
    rng = np.random.default_rng(3)
    p = np.array([sign_flip(rng.standard_t(3, 10), "k") for _ in range(2000)])
    assert (p <= 0.05).mean() == pytest.approx(0.05, abs=0.015)


def test_the_interval_covers_the_effect():
    rng, covered = np.random.default_rng(4), []
    for i in range(150):
        of_task = rng.normal(0, 0.3, (14, 1))
        a = np.exp(of_task - 0.5 + rng.normal(0, 0.2, (14, 4)))
        b = np.exp(rng.normal(0, 0.2, (14, 4)))
        found = compare(rows({"a": a, "b": b}).assign(run=i), "rmmd", A, B)
        covered.append(found.low <= -0.5 <= found.high)
    assert 0.86 <= np.mean(covered) <= 0.99


def test_seeds_are_not_questions():
    """Many seeds of one question are one difference, whatever their agreement."""
    a, b = np.full((1, 50), 0.1), np.full((1, 50), 0.2)
    found = compare(rows({"a": a, "b": b}), "rmmd", A, B)
    assert (found.n_questions, found.p) == (1, 1.0)
    assert found.effect == pytest.approx(np.log(0.5))


def test_direction_is_the_metrics():
    a, b = np.full((3, 2), 0.9), np.full((3, 2), 0.5)
    higher = compare(rows({"a": a, "b": b}, "subtype_accuracy"), "subtype_accuracy", A, B)
    lower = compare(rows({"a": a, "b": b}), "rmmd", A, B)
    assert (higher.better, higher.wins, higher.logarithmic) == ("a", 3, False)
    assert (lower.better, lower.wins, lower.logarithmic) == ("b", 0, True)


def test_only_what_both_answered_counts():
    a, b = np.full((3, 2), 0.9), np.full((3, 2), 0.5)
    a[0] = np.nan
    assert compare(rows({"a": a, "b": b}), "rmmd", A, B).n_questions == 2
    assert compare(rows({"a": np.full((3, 2), np.nan), "b": b}), "rmmd", A, B) is None


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == pytest.approx([1.0, 1.0])


def test_ranks_and_critical_difference():
    rng = np.random.default_rng(5)
    values = {
        m: np.exp(rng.normal(shift, 0.01, (10, 2)))
        for m, shift in zip("abc", (0, 1, 2), strict=True)
    }
    found = ranks(rows(values), "rmmd")
    assert [key[0] for key in found.mean.index] == ["a", "b", "c"]
    assert found.mean.tolist() == [1.0, 2.0, 3.0]
    # Demsar 2006, Table 5: q = 2.343 for three methods
    assert found.critical == pytest.approx(2.343 * np.sqrt(3 * 4 / (6 * 10)), rel=1e-3)
    assert found.p < 0.001
    best = ranks(rows(values, "subtype_accuracy"), "subtype_accuracy")
    assert next(iter(best.mean.index))[0] == "c"
    assert ranks(rows({"a": values["a"], "b": values["b"]}), "rmmd") is None
