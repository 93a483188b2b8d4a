"""Checks by questions, on edits whose answers are known."""

import numpy as np
import pytest

from sccbgm.metrics import Missing
from sccbgm.metrics.checks import (
    Answers,
    composition,
    identity,
    identity_rebuilt,
    monotone,
    reversal,
)

X = np.random.default_rng(0).normal(size=(40, 3))
STEP = np.array([1.0, -2.0, 0.5])
VARIANCE = float(((X - X.mean(0)) ** 2).sum())
DOSES = {"same": 0.0, "dose 0.25": 0.25, "dose 0.5": 0.5, "dose 0.75": 0.75, "edit": 1.0}


def answered(**changed):
    """A linear edit, which passes everything, but for some answers."""
    given = {name: X + dose * STEP for name, dose in DOSES.items()}
    given |= {"nothing": X, "back": X, "edit then other": X + STEP, "other then edit": X + STEP}
    return Answers(X, given | {name.replace("_", " "): value for name, value in changed.items()})


def test_a_linear_edit_passes_everything():
    answers = answered()
    assert [f(answers) for f in (identity, identity_rebuilt, reversal, composition)] == [0] * 4
    assert monotone(answers) == 1


def test_the_mean_cell_for_everyone_is_as_far_off_as_the_cells_vary():
    mean = np.broadcast_to(X.mean(0), X.shape)
    answers = answered(same=mean, nothing=mean, back=mean)
    assert identity(answers) == pytest.approx(1)
    assert reversal(answers) == pytest.approx(1)
    assert identity_rebuilt(answers) == 0
    with pytest.raises(Missing, match="alike"):
        identity(Answers(mean, answers.given))


def test_differences_are_shares_of_the_variance():
    answers = answered(other_then_edit=X + 2 * STEP, back=X + STEP, same=X - STEP)
    share = len(X) * float(STEP @ STEP) / VARIANCE
    for check in (composition, reversal, identity, identity_rebuilt):
        assert check(answers) == pytest.approx(share)


def test_one_step_back_of_four_is_a_quarter_and_standing_still_is_none():
    back = answered(**{"dose_0.5": X, "dose_0.25": X + 0.5 * STEP})
    assert monotone(back) == pytest.approx(0.75)
    jump = answered(**{f"dose_{dose:g}": X for dose in (0.25, 0.5, 0.75)})
    assert monotone(jump) == 1
    with pytest.raises(Missing, match="moves no cell"):
        monotone(answered(**{name.replace(" ", "_"): X for name in DOSES}))


def test_what_was_not_answered_is_missing_with_its_reason():
    with pytest.raises(Missing, match="no such state"):
        reversal(answered(back="no such state"))
