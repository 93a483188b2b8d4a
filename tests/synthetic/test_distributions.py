"""Every distribution of the generative model, tested on many draws."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sccbgm.config.sources import GeneratorSettings
from sccbgm.synthetic.cells import draw_cells
from sccbgm.synthetic.parameters import draw_parameters

RARE = 1e-3
"""Smallest p value accepted; all seeds are fixed, so a failure is a change, not chance."""
SETS = [
    draw_parameters(GeneratorSettings(n_cells=10, n_genes=20, n_batches=3, n_concepts=4, seed=seed))
    for seed in range(400)
]


def pooled(name: str) -> np.ndarray:
    return np.concatenate([getattr(p, name).ravel() for p in SETS])


def first(name: str) -> np.ndarray:
    """The first component of every share: independent draws of its Beta marginal."""
    return np.concatenate([np.atleast_2d(getattr(p, name))[:, 0] for p in SETS])


@pytest.mark.parametrize(
    ("name", "concentration", "n"),
    [("batch_share", 10.0, 3), ("tissue_share", 10.0, 3), ("type_share", 1.0, 4)],
)
def test_shares_are_dirichlet(name, concentration, n):
    marginal = stats.beta(concentration, concentration * (n - 1))
    assert stats.kstest(first(name), marginal.cdf).pvalue > RARE


def test_concept_shares_are_dirichlet_and_sum_to_one():
    for p in SETS[:20]:
        np.testing.assert_allclose(p.concept_share.sum(axis=1), 1.0)
    assert stats.kstest(first("concept_share"), stats.beta(0.2, 0.6).cdf).pvalue > RARE


@pytest.mark.parametrize(
    ("name", "distribution"),
    [
        ("library_sd", stats.uniform(0.01, 0.02)),
        ("batch", stats.norm(0, 0.06)),
        ("cell_type", stats.norm(0, 0.04)),
        ("tissue", stats.norm(0, 0.05)),
        ("baseline", stats.uniform(0, np.log(5))),
        ("keep_share", stats.beta(0.8, 1.0)),
    ],
)
def test_effects_and_baselines(name, distribution):
    assert stats.kstest(pooled(name), distribution.cdf).pvalue > RARE


def test_zero_share_of_a_concept_has_the_stated_mean():
    """Beta(1, 0.8), mean 0.556, is the probability of a zero coefficient, not of keeping it."""
    assert np.mean(1 - pooled("keep_share")) == pytest.approx(1 / 1.8, abs=0.02)
    assert np.mean(pooled("concept") == 0) == pytest.approx(1 / 1.8, abs=0.02)


def test_concept_effects_are_masked_normals():
    p = draw_parameters(GeneratorSettings(n_cells=10, n_genes=20_000, n_concepts=5, seed=7))
    kept = p.concept != 0
    for k in range(5):
        share = stats.binomtest(int(kept[k].sum()), 20_000, p.keep_share[k])
        assert share.pvalue > RARE
    assert stats.kstest(p.concept[kept], stats.norm(0, 0.08).cdf).pvalue > RARE


@pytest.mark.parametrize(
    ("argument", "name"),
    [
        ("std_batch", "batch"),
        ("std_type", "cell_type"),
        ("std_tissue", "tissue"),
        ("std_concept", "concept"),
    ],
)
def test_each_standard_deviation_sets_its_own_effect(argument, name):
    settings = GeneratorSettings(n_cells=10, n_genes=5000, seed=1)
    changed = settings.model_copy(update={argument: 0.5})
    before, after = (draw_parameters(s) for s in (settings, changed))
    for other in ("batch", "cell_type", "tissue", "concept"):
        ratio = np.std(getattr(after, other)) / np.std(getattr(before, other))
        default = getattr(settings, argument)
        assert ratio == pytest.approx(0.5 / default if other == name else 1.0)


def test_groups_of_cells_follow_their_shares():
    settings = GeneratorSettings(n_cells=20_000, n_genes=5, seed=11)
    p = draw_parameters(settings)
    cells = draw_cells(settings, p)
    assert _fits(cells.batch, p.batch_share)
    assert _fits(cells.tissue, p.tissue_share)
    for tissue in range(settings.n_tissues):
        assert _fits(cells.cell_type[cells.tissue == tissue], p.type_share[tissue])
    table = stats.contingency.crosstab(cells.batch, cells.tissue).count
    assert stats.chi2_contingency(table).pvalue > RARE


def test_concepts_are_bernoulli_with_the_share_of_their_type():
    settings = GeneratorSettings(n_cells=20_000, n_genes=5, n_concepts=20, seed=12)
    p = draw_parameters(settings)
    cells = draw_cells(settings, p)
    assert set(np.unique(cells.concepts)) == {0.0, 1.0}
    share = np.clip(p.concept_share, 1 / (1 + np.exp(8)), 1 / (1 + np.exp(-8)))
    for cell_type in range(settings.n_types):
        of_type = cells.concepts[cells.cell_type == cell_type]
        for k in range(settings.n_concepts):
            test = stats.binomtest(int(of_type[:, k].sum()), len(of_type), share[cell_type, k])
            assert test.pvalue > RARE / 10
    on_type_0 = cells.concepts[cells.cell_type == 0][:, p.concept_share[0] > 0.02]
    correlation = np.corrcoef(on_type_0.T)[np.triu_indices(on_type_0.shape[1], 1)]
    assert np.abs(correlation).max() < 0.08


@pytest.mark.parametrize("n_concepts", [5, 20, 100, 250])
def test_a_cell_has_about_one_concept_whatever_their_number(n_concepts):
    settings = GeneratorSettings(n_cells=5000, n_genes=5, n_concepts=n_concepts, seed=2)
    cells = draw_cells(settings, draw_parameters(settings))
    assert cells.concepts.sum(axis=1).mean() == pytest.approx(1.0, abs=0.12)


def test_library_size_has_the_deviation_of_its_batch():
    settings = GeneratorSettings(n_cells=20_000, n_genes=5, seed=13)
    p = draw_parameters(settings)
    cells = draw_cells(settings, p)
    for batch in range(settings.n_batches):
        scaled = cells.library[cells.batch == batch] / p.library_sd[batch]
        assert stats.kstest(scaled, "norm").pvalue > RARE


def test_dependency_is_wishart():
    """E[F F^T] = K (S S^T + 1e-6 I) with E[S S^T]_ii = (i + 1) 25 / 3, off-diagonals 0."""
    draws = np.stack([_covariance(seed) for seed in range(3000)])
    mean, error = draws.mean(axis=0), draws.std(axis=0) / np.sqrt(len(draws))
    expected = 3 * np.diag([1.0, 2.0, 3.0]) * 25 / 3
    assert (np.abs(mean - expected) < 4 * error).all()


def test_dependency_correlates_the_concepts_of_a_cell():
    settings = GeneratorSettings(
        n_cells=5000, n_genes=5, n_concepts=3, concept_dependency=True, seed=5
    )
    p = draw_parameters(settings)
    concepts = draw_cells(settings, p).concepts
    wanted = p.concept_factor @ p.concept_factor.T
    for a, b in ((0, 1), (0, 2), (1, 2)):
        strength = wanted[a, b] / np.sqrt(wanted[a, a] * wanted[b, b])
        found = np.corrcoef(concepts[:, a], concepts[:, b])[0, 1]
        assert abs(strength) < 0.15 or np.sign(found) == np.sign(strength)
    independent = draw_parameters(settings.model_copy(update={"concept_dependency": False}))
    assert not independent.concept_factor.any()


def _covariance(seed: int) -> np.ndarray:
    settings = GeneratorSettings(
        n_cells=1, n_genes=1, n_concepts=3, concept_dependency=True, seed=seed
    )
    factor = draw_parameters(settings).concept_factor
    return factor @ factor.T


def _fits(groups: np.ndarray, share: np.ndarray) -> bool:
    counts = np.bincount(groups, minlength=len(share))
    return bool(stats.chisquare(counts, share * len(groups)).pvalue > RARE)
