from __future__ import annotations

import math

import pandas as pd
import pytest

from sccbgm.tables.aggregate import checked, counted, summarise

SEEDS = (13, 42, 1337, 69)


def with_mean_and_sem(task: str, mean: float, sem: float) -> dict[tuple[str, int], float]:
    """Four runs with exactly that mean and standard error: mean -+ s sqrt(3)/2, s = 2 sem."""
    step = sem * math.sqrt(3)
    values = (mean - step, mean - step, mean + step, mean + step)
    return {(task, seed): value for seed, value in zip(SEEDS, values, strict=True)}


def test_pooled_rule_of_the_papers_table_1(rows):
    # scCBGM on B cells: the subtypes' means and standard errors give the printed 0.112 +- 0.028.
    runs = rows(with_mean_and_sem("b0", 0.132, 0.012) | with_mean_and_sem("b1", 0.091, 0.006))
    summary = summarise(runs)
    assert summary.n == 8
    assert summary.mean == pytest.approx(0.1115)
    assert summary.mean == pytest.approx(0.112, abs=0.001)
    assert summary.sd_runs == pytest.approx(0.028, abs=0.001)


def test_sem_is_over_seeds_of_the_per_seed_average(rows):
    runs = rows({("a", 1): 1.0, ("b", 1): 3.0, ("a", 2): 2.0, ("b", 2): 6.0})
    summary = summarise(runs)
    # Per-seed averages 2 and 4: s = sqrt(2), standard error sqrt(2) / sqrt(2).
    assert summary.sem_seeds == pytest.approx(1.0)
    assert summary.n_seeds == 2
    assert summary.mean == pytest.approx(3.0)
    assert summary.sd_runs == pytest.approx(math.sqrt((4 + 0 + 1 + 9) / 3))


def test_a_seed_without_every_task_is_left_out_of_the_sem(rows):
    runs = rows({("a", 1): 1.0, ("b", 1): 3.0, ("a", 2): 2.0, ("b", 2): 6.0, ("a", 3): 100.0})
    missing = rows({("b", 3): math.nan}, reason="diverged")
    summary = summarise(pd.concat([runs, missing]))
    assert summary.n_seeds == 2
    assert summary.sem_seeds == pytest.approx(1.0)
    assert (summary.n, summary.n_missing) == (5, 1)
    assert summary.reasons == ("diverged (1)",)


def test_a_task_that_failed_everywhere_does_not_empty_the_sem(rows):
    runs = rows({("a", 1): 1.0, ("a", 2): 3.0})
    failed = rows({("b", 1): math.nan, ("b", 2): math.nan}, reason="too few cells")
    summary = summarise(pd.concat([runs, failed]))
    assert summary.sem_seeds == pytest.approx(1.0)
    assert summary.reasons == ("too few cells (2)",)


def test_one_run_has_a_mean_and_no_spread(rows):
    summary = summarise(rows({("a", 1): 0.5}))
    assert summary.mean == 0.5
    assert math.isnan(summary.sd_runs)
    assert math.isnan(summary.sem_seeds)


def test_a_run_that_is_there_twice_is_an_error(rows):
    runs = rows({("a", 1): 0.5})
    with pytest.raises(ValueError, match=r"more than one row.*'task': 'a'"):
        summarise(pd.concat([runs, runs]))


def test_missing_columns_are_named(rows):
    with pytest.raises(ValueError, match="missing columns reason, reduced"):
        checked(rows({("a", 1): 0.5}).drop(columns=["reason", "reduced"]))


def test_what_differs_by_numbers_alone_is_said_once():
    texts = ["fitted to 49 cells too", "stopped at 1e-07, d_1", "fitted to 1,273 cells too"]
    assert counted([*texts, "fitted to 52 cells too", "stopped at 1e-07, d_2"]) == (
        "fitted to 49 to 1,273 cells too (3)",
        "stopped at 1e-07, d_1 (1)",
        "stopped at 1e-07, d_2 (1)",
    )
