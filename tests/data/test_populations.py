"""How many cells of each population there are when there are fewer in all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sccbgm.data.populations import OTHER_CELLS, TASK_CELLS, allocate

SIZES = st.lists(st.tuples(st.integers(1, 4000), st.booleans()), min_size=1, max_size=30)


@given(SIZES, st.floats(0, 1))
def test_a_part_has_its_size_and_no_more_cells_than_there_are(sizes, share):
    of = np.array([size for size, _ in sizes])
    needed = np.array([flag for _, flag in sizes])
    least = np.minimum(of, TASK_CELLS)[needed].sum()
    n = round(2 * least + share * max(0, of.sum() - 2 * least))
    if not 0 < n <= of.sum():
        return
    kept = allocate(of, needed, n, "test")
    assert kept.sum() == n
    assert (kept <= of).all() and (kept >= 0).all()
    assert (kept[needed] >= np.minimum(of, TASK_CELLS)[needed]).all()


def test_shares_are_those_of_the_whole():
    sizes = np.array([4000, 2000, 1000, 500])
    none = np.zeros(4, dtype=bool)
    assert allocate(sizes, none, 750, "test").tolist() == [400, 200, 100, 50]
    assert allocate(sizes, none, 15_000, "test").tolist() == [8000, 4000, 2000, 1000]


def test_small_populations_keep_what_tasks_need():
    sizes = np.array([10_000, 9, 100, 100])
    kept = allocate(sizes, np.array([False, True, True, False]), 500, "test")
    assert kept.tolist() == [500 - 9 - TASK_CELLS - OTHER_CELLS, 9, TASK_CELLS, OTHER_CELLS]


def test_ties_are_broken_by_key_and_not_by_order():
    sizes = np.full(1000, 100)
    none = np.zeros(1000, dtype=bool)
    kept = [allocate(sizes, none, 500, "test", key) for key in (1, 1, 2)]
    assert (kept[0] == kept[1]).all() and (kept[0] != kept[2]).any()
    assert 200 < kept[0][:500].sum() < 300


def test_too_few_cells_are_a_fault():
    with pytest.raises(ValueError, match="50 cells are too few for the 2 populations"):
        allocate(np.array([100, 100]), np.array([True, True]), 50, "test")
