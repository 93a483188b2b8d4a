"""Predictions that need no training, on cells small enough to check by hand."""

import numpy as np

from sccbgm.methods.yardsticks import constant_mean, nearest_copy, true_shift


def test_trivial_predictions():
    cells = np.array([[0.0, 0.0], [2.0, 4.0]])
    np.testing.assert_array_equal(constant_mean(cells, 3), [[1.0, 2.0]] * 3)
    stimulated = np.array([[10.0, 10.0], [2.5, 4.0], [0.0, 1.0]])
    np.testing.assert_array_equal(nearest_copy(cells, stimulated), [[0.0, 1.0], [2.5, 4.0]])
    target = np.array([[1.0, 0.0], [3.0, 6.0]])
    np.testing.assert_array_equal(true_shift(cells, target), [[1.0, 1.0], [3.0, 5.0]])
