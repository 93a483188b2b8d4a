"""Annotation noise: what changes, what must not, and the same noise from the same key."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sccbgm.protocol.variants import NOISES
from sccbgm.synthetic.noise import NOISE, clean, duplicate, incorrect, irrelevant, missing

TARGET = "concept_2"
OTHERS = ["concept_0", "concept_1", "concept_3", "concept_4"]


@pytest.fixture
def concepts():
    values = (np.random.default_rng(0).random((4000, 5)) < 0.2).astype(np.float32)
    names = [f"concept_{k}" for k in range(5)]
    return pd.DataFrame(values, columns=names, index=[f"obs_{i}" for i in range(4000)])


def test_every_kind_that_a_sweep_can_name_is_made():
    assert set(NOISE) == set(NOISES)


@pytest.mark.parametrize("kind", NOISE)
@pytest.mark.parametrize("n", [1, 3])
def test_target_is_untouched_and_the_key_decides(concepts, kind, n):
    before = concepts.copy()
    noisy = NOISE[kind](concepts, TARGET, n, 5)
    pd.testing.assert_frame_equal(concepts, before)
    pd.testing.assert_series_equal(noisy[TARGET], before[TARGET])
    pd.testing.assert_frame_equal(noisy, NOISE[kind](concepts, TARGET, n, 5))
    assert {str(kind) for kind in noisy.dtypes} == {"float32"}
    assert noisy.columns.is_unique
    if kind == "clean":
        pd.testing.assert_frame_equal(noisy, before)
    else:
        assert noisy.columns[-1] == TARGET
        assert not all(noisy.equals(NOISE[kind](concepts, TARGET, n, key)) for key in range(20))


@pytest.mark.parametrize("n", [1, 3])
def test_missing_removes_columns(concepts, n):
    noisy = missing(concepts, TARGET, n, 1)
    assert noisy.shape == (4000, 5 - n)
    kept = list(noisy.columns)[:-1]
    assert kept == [name for name in OTHERS if name in kept]
    pd.testing.assert_frame_equal(noisy, concepts[[*kept, TARGET]])


@pytest.mark.parametrize("n", [1, 3])
def test_irrelevant_appends_coin_flips(concepts, n):
    noisy = irrelevant(concepts, TARGET, n, 1)
    added = [f"added_{i}" for i in range(n)]
    assert list(noisy) == [*OTHERS, *added, TARGET]
    pd.testing.assert_frame_equal(noisy[OTHERS], concepts[OTHERS])
    assert set(np.unique(noisy[added])) == {0.0, 1.0}
    np.testing.assert_allclose(noisy[added].mean(), 0.5, atol=0.03)
    assert np.abs(np.corrcoef(noisy.to_numpy().T)[4:-1, :4]).max() < 0.06


@pytest.mark.parametrize("n", [1, 3])
def test_incorrect_makes_columns_pure_noise(concepts, n):
    noisy = incorrect(concepts, TARGET, n, 1)
    assert list(noisy) == [*OTHERS, TARGET]
    flipped = (noisy[OTHERS] != concepts[OTHERS]).mean()
    assert (flipped > 0).sum() == n
    np.testing.assert_allclose(flipped[flipped > 0], 0.5, atol=0.03)
    for name in flipped[flipped > 0].index:
        assert abs(np.corrcoef(noisy[name], concepts[name])[0, 1]) < 0.06


@pytest.mark.parametrize("n", [1, 3])
def test_duplicate_copies_columns(concepts, n):
    noisy = duplicate(concepts, TARGET, n, 1)
    pd.testing.assert_frame_equal(noisy[OTHERS], concepts[OTHERS])
    copies = list(noisy.columns[4:-1])
    assert len(copies) == n
    for name in copies:
        original = concepts[f"concept_{name.removeprefix('duplicate_')}"]
        np.testing.assert_array_equal(noisy[name], original)


def test_columns_are_chosen_evenly(concepts):
    few = concepts.iloc[:3]
    lost = [set(OTHERS) - set(missing(few, TARGET, 1, key)) for key in range(400)]
    counts = [sum(name in names for names in lost) for name in OTHERS]
    np.testing.assert_allclose(counts, 100, atol=35)


@pytest.mark.parametrize("function", [missing, incorrect, duplicate])
@pytest.mark.parametrize("n", [0, 5])
def test_refuses_more_columns_than_there_are(concepts, function, n):
    with pytest.raises(ValueError, match="expected 1 to 4"):
        function(concepts, TARGET, n, 1)


def test_refuses_an_unknown_target(concepts):
    for function in (clean, irrelevant):
        with pytest.raises(KeyError, match="'stim' is no concept"):
            function(concepts, "stim", 1, 1)
    with pytest.raises(ValueError, match="at least 1"):
        irrelevant(concepts, TARGET, 0, 1)
