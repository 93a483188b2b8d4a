"""Keyed draws are what they say: uniform, independent, and the same in any stack."""

import numpy as np
import pytest
import torch
from scipy import stats

from sccbgm.nn.draws import Draws, key_words, prediction_draws


def draws(keys, step=0):
    return Draws(key_words(keys), torch.tensor(step, dtype=torch.int32))


def test_uniform_passes_kolmogorov_smirnov_and_stays_inside():
    u = draws([1, 2, 2**63 + 5]).uniform(200_000)
    assert u.min() > 0 and u.max() < 1
    for member in u:
        assert stats.kstest(member.numpy(), "uniform").pvalue > 1e-3


def test_normal_passes_kolmogorov_smirnov():
    z = draws([3], step=17).normal(200_000)[0]
    assert stats.kstest(z.numpy(), "norm").pvalue > 1e-3


@pytest.mark.parametrize("along", ["steps", "keys", "calls", "indices"])
def test_rows_that_should_be_independent_are_uncorrelated(along):
    if along == "steps":
        z = torch.stack([draws([5], step).normal(2000)[0] for step in range(200)])
    elif along == "keys":
        z = draws(range(200)).normal(2000)
    elif along == "calls":
        one = draws([5])
        z = torch.stack([one.normal(2000)[0] for _ in range(200)])
    else:
        z = draws(range(2000)).normal(200).T
    correlation = np.corrcoef(z.numpy())[np.triu_indices(200, 1)] * np.sqrt(2000)
    assert abs(correlation.std() - 1) < 0.03
    assert abs(correlation).max() < 5.5


def test_a_member_draws_the_same_alone_and_in_a_stack():
    together = draws([11, 12, 13], step=4)
    alone = draws([12], step=4)
    for shape in [(3, 5), (7,), (3, 5)]:
        assert torch.equal(together.normal(*shape)[1], alone.normal(*shape)[0])


def test_bits_are_the_hash_written_out_for_one_word():
    """Figures that were published with these numbers need them unchanged, call by call."""

    def mix(x: int, rounds: tuple[tuple[int, int], ...], last: int) -> int:
        for shift, factor in rounds:
            x = (x ^ x >> shift) * factor % 2**32
        return x ^ x >> last

    two = ((16, 0x7FEB352D), (15, 0x846CA68B))
    three = ((17, 0xED5AD4BB), (11, 0xAC4C1B51), (15, 0x31848BAB))
    key, step, weyl = 2**63 + 12345678901, 70_001, 0x9E3779B9
    drawn = draws([3, key], step)
    for call in range(1, 36):
        salt = mix((step * weyl + call * two[1][1]) % 2**32, three, 14)
        first = mix(key % 2**32 ^ salt, three, 14)
        second = mix(((key >> 32) + first + salt) % 2**32, three, 14)
        words = [
            mix((mix(i * weyl % 2**32 ^ first, two, 16) + second) % 2**32, two, 16)
            for i in range(6)
        ]
        assert [word % 2**32 for word in drawn.bits(2, 3)[1].flatten().tolist()] == words


def test_dropout_keeps_the_mean_and_drops_the_share():
    h = draws([1]).dropout(torch.ones(1, 1000, 100), 0.3)
    assert abs((h == 0).float().mean() - 0.3) < 0.01
    assert abs(h.mean() - 1) < 0.01


def test_order_is_a_permutation_and_every_permutation_occurs_equally():
    order = draws(range(6000)).order(torch.full((6000,), 3), 5)
    assert (order[:, 3:] == 3).all()
    assert (order[:, :3].sort(1).values == torch.arange(3)).all()
    counts = torch.unique(order, dim=0, return_counts=True)[1]
    assert len(counts) == 6
    assert stats.chisquare(counts.numpy()).pvalue > 1e-3


def test_prediction_draws_differ_between_names():
    keys = key_words([1])
    a, b = (prediction_draws(keys, "decode", name).normal(100) for name in ("3", "10"))
    assert not torch.equal(a, b)
