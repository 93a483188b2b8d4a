"""Errors between a predicted cell and its own true counterfactual, row by row."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from sccbgm.metrics.samples import Missing, as_cells


def mse(predicted: ArrayLike, truth: ArrayLike) -> float:
    """Cell-level mean squared error, mean_{i,d} (x̂_id − x_id)²; rows are the same cells.

    Both (n_cells, n_dims); squared units. Raises ValueError where the shapes differ, Missing
    without cells. Source: the paper, synthetic benchmark.
    """
    predicted, truth = _pair(predicted, truth)
    return float(((predicted - truth) ** 2).mean())


def mse_nonzero(predicted: ArrayLike, truth: ArrayLike) -> float:
    """Mean squared error over the entries where the truth is not zero. Raises as `mse` does."""
    predicted, truth = _pair(predicted, truth)
    expressed = truth != 0
    if not expressed.any():
        raise Missing("every entry of the truth is zero")
    return float(((predicted - truth)[expressed] ** 2).mean())


def row_cosine(predicted: ArrayLike, truth: ArrayLike) -> float:
    """Mean over cells of the cosine ⟨x̂_i, x_i⟩ / ‖x̂_i‖‖x_i‖; a row of zeros counts 0.

    Shapes and errors as in `mse`. Source: authors' reference code.
    """
    predicted, truth = _pair(predicted, truth)
    products = (predicted * truth).sum(axis=1)
    norms = np.linalg.norm(predicted, axis=1) * np.linalg.norm(truth, axis=1)
    return float(np.divide(products, norms, out=np.zeros_like(norms), where=norms > 0).mean())


def row_pearson(predicted: ArrayLike, truth: ArrayLike) -> float:
    """Mean over cells of Pearson's correlation over features; a constant row counts 0.

    Shapes and errors as in `mse`. Source: authors' reference code.
    """
    predicted, truth = _pair(predicted, truth)
    constant = (np.ptp(predicted, axis=1) == 0) | (np.ptp(truth, axis=1) == 0)
    centred = predicted - predicted.mean(axis=1, keepdims=True)
    # The mean of equal numbers can differ from them by rounding: without this a constant row
    # would correlate with noise of the last digit.
    centred[constant] = 0.0
    return row_cosine(centred, truth - truth.mean(axis=1, keepdims=True))


def _pair(predicted: ArrayLike, truth: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    predicted, truth = as_cells(predicted), as_cells(truth)
    if predicted.shape != truth.shape:
        raise ValueError(
            f"paired cells need equal shapes, found {predicted.shape} and {truth.shape}"
        )
    if len(predicted) == 0:
        raise Missing("there are no cells")
    return predicted, truth
