"""Counterfactuals that share every draw, the log rate term by term, and the same cells again."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from scipy import stats

from sccbgm.synthetic import generate
from sccbgm.synthetic import generator as module
from sccbgm.synthetic.cells import exogenous

SIZES = {"n_cells": 300, "n_genes": 120, "n_concepts": 6}


@pytest.fixture(scope="module")
def data():
    return generate(**SIZES, seed=3)


def test_log_rate_is_the_sum_of_its_terms(data):
    p, cells, rows = data.parameters, data.cells, np.array([5, 0, 299])
    epsilon, _ = exogenous(data.settings, rows)
    for i, row in enumerate(rows):
        terms = p.baseline + cells.library[row] + epsilon[i]
        terms = terms + p.batch[cells.batch[row]] + p.tissue[cells.tissue[row]]
        terms = terms + p.cell_type[cells.cell_type[row]] + cells.concepts[row] @ p.concept
        np.testing.assert_allclose(data.log_rate(rows)[i], terms, rtol=0, atol=1e-13)
        np.testing.assert_allclose(
            data.log_rate(rows, noise=False)[i], terms - epsilon[i], rtol=0, atol=1e-13
        )


def test_counts_are_scipy_quantiles_of_the_rates(data):
    rows = np.arange(SIZES["n_cells"])
    _, delta = exogenous(data.settings, rows)
    np.testing.assert_array_equal(
        data.counts, stats.poisson.ppf(delta, np.exp(data.log_rate(rows)))
    )


def test_no_op_intervention_returns_the_identical_counts(data):
    rows = np.random.default_rng(0).permutation(SIZES["n_cells"])[:137]
    np.testing.assert_array_equal(
        data.counterfactual(rows, data.cells.concepts[rows]), data.counts[rows]
    )


def test_counterfactual_moves_counts_with_the_sign_of_the_effect(data):
    off = np.flatnonzero(data.cells.concepts[:, 2] == 0)
    edited = data.cells.concepts[off].copy()
    edited[:, 2] = 1
    change = data.counterfactual(off, edited).astype(int) - data.counts[off]
    effect = data.parameters.concept[2]
    assert (change[:, effect > 0] >= 0).all()
    assert (change[:, effect < 0] <= 0).all()
    assert (change[:, effect == 0] == 0).all()
    assert (change != 0).any()


def test_counterfactual_has_the_rate_of_its_concepts(data):
    rows = np.arange(40)
    edited = 1 - data.cells.concepts[rows]
    _, delta = exogenous(data.settings, rows)
    expected = stats.poisson.ppf(delta, np.exp(data.log_rate(rows, edited)))
    np.testing.assert_array_equal(data.counterfactual(rows, edited), expected)


def test_same_cells_whatever_the_chunks_and_threads(data, monkeypatch):
    monkeypatch.setattr(module, "CHUNK_ENTRIES", 777)
    np.testing.assert_array_equal(generate(**SIZES, seed=3, threads=1).counts, data.counts)


def test_more_cells_keep_the_parameters(data):
    more = generate(**(SIZES | {"n_cells": 350}), seed=3)
    np.testing.assert_array_equal(more.parameters.effects, data.parameters.effects)


def test_another_seed_gives_other_cells(data):
    assert (generate(**SIZES, seed=4).counts != data.counts).mean() > 0.5


def test_exogenous_draws_are_uniform_and_normal():
    settings = generate(n_cells=2, n_genes=20_000, std_noise=0.08).settings
    epsilon, delta = exogenous(settings, np.arange(4))
    assert stats.kstest(epsilon.ravel() / 0.08, "norm").pvalue > 1e-3
    assert stats.kstest(delta.ravel(), "uniform").pvalue > 1e-3
    assert abs(np.corrcoef(np.concatenate([epsilon, delta]))[np.triu_indices(8, 1)]).max() < 0.03
    assert delta.min() > 0
    assert delta.max() < 1
    assert delta.dtype == np.float64


def test_golden():
    """The same numbers on every run and machine; a change here changes every synthetic result."""
    data = generate(n_cells=50, n_genes=40, n_concepts=3, seed=42)
    edited = np.ones_like(data.cells.concepts)
    counts = [data.counts, data.counterfactual(np.arange(50), edited)]
    digests = [hashlib.sha256(c.astype("<i2").tobytes()).hexdigest()[:16] for c in counts]
    assert [int(c.sum()) for c in counts] == [4843, 4836]
    assert digests == ["486d2219dbc5e84f", "c50a9c32486a467b"]


def test_large_effects_are_refused_rather_than_wrapped():
    with pytest.raises(ValueError, match="does not fit int16"):
        generate(n_cells=20, n_genes=200, std_batch=6.0, seed=1)


@pytest.mark.parametrize(("name", "value"), [("n_cells", 0), ("n_genes", -1), ("std_noise", -0.1)])
def test_refuses_impossible_settings(name, value):
    with pytest.raises(ValueError, match=name):
        generate(**(SIZES | {name: value}))
