"""Wrong, missing and superfluous concept annotations, as in the paper's noise study (Fig. 3).

Each function takes the concepts of all cells and leaves the target concept as it is, in the last
column; the noise falls on the others. Columns are chosen without replacement, and the same key
gives the same noise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

Noise = Callable[[pd.DataFrame, str, int, int], pd.DataFrame]


def clean(concepts: pd.DataFrame, target: str, n: int, key: int) -> pd.DataFrame:
    """The concepts as they are, the target where it is; `n` and `key` have no effect."""
    _others(concepts, target)
    return concepts.copy()


def missing(concepts: pd.DataFrame, target: str, n: int, key: int) -> pd.DataFrame:
    """Without `n` random columns."""
    others, chosen, _ = _choose(concepts, target, n, key)
    return _append(others.drop(columns=chosen), concepts[target])


def irrelevant(concepts: pd.DataFrame, target: str, n: int, key: int) -> pd.DataFrame:
    """With `n` more columns added_0, added_1... of Bernoulli(1/2) draws."""
    others, rng = _others(concepts, target), np.random.default_rng(key)
    if n < 1:
        raise ValueError(f"annotation noise: n is {n}, expected at least 1")
    drawn = rng.random((n, len(others))) < 0.5
    added = {f"added_{i}": drawn[i].astype(np.float32) for i in range(n)}
    return _append(others.assign(**added), concepts[target])


def incorrect(concepts: pd.DataFrame, target: str, n: int, key: int) -> pd.DataFrame:
    """With each entry of `n` random columns flipped (1 - v) with probability 1/2."""
    others, chosen, rng = _choose(concepts, target, n, key)
    flip = rng.random((len(others), n)) < 0.5
    values = others[chosen].to_numpy()
    others[chosen] = np.where(flip, 1 - values, values)
    return _append(others, concepts[target])


def duplicate(concepts: pd.DataFrame, target: str, n: int, key: int) -> pd.DataFrame:
    """With a copy of `n` random columns, named duplicate_<position of the original>."""
    others, chosen, _ = _choose(concepts, target, n, key)
    copies = {f"duplicate_{concepts.columns.get_loc(name)}": others[name] for name in chosen}
    return _append(others.assign(**copies), concepts[target])


_KINDS = (clean, missing, irrelevant, incorrect, duplicate)
NOISE: Mapping[str, Noise] = {noise.__name__: noise for noise in _KINDS}
"""The function of each kind in `protocol.variants.NOISES`."""


def _others(concepts: pd.DataFrame, target: str) -> pd.DataFrame:
    if target not in concepts:
        raise KeyError(f"annotation noise: {target!r} is no concept, of {list(concepts.columns)}")
    return concepts.drop(columns=target)


def _choose(
    concepts: pd.DataFrame, target: str, n: int, key: int
) -> tuple[pd.DataFrame, list[str], np.random.Generator]:
    """The other concepts, `n` of their names in drawing order, and the generator that drew them."""
    others, rng = _others(concepts, target), np.random.default_rng(key)
    if not 1 <= n <= others.shape[1]:
        raise ValueError(
            f"annotation noise: n is {n}, expected 1 to {others.shape[1]}, the number of concepts "
            f"besides {target!r}"
        )
    chosen = rng.choice(others.shape[1], size=n, replace=False)
    return others, [others.columns[i] for i in chosen], rng


def _append(others: pd.DataFrame, target: pd.Series) -> pd.DataFrame:
    return others.assign(**{str(target.name): target})
