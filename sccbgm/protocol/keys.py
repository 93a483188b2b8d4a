"""Keys of random draws: the same names give the same numbers, in any order and on any machine."""

from __future__ import annotations

import hashlib

import numpy as np


def derive_key(*names: str | int) -> int:
    """A 64-bit key of a sequence of names, such as ("init", dataset, task, method, seed).

    The names are length-prefixed before hashing (BLAKE2b), so ("ab", "c") and ("a", "bc") differ.
    """
    digest = hashlib.blake2b(digest_size=8)
    for name in names:
        encoded = f"{type(name).__name__}:{name}".encode()
        digest.update(len(encoded).to_bytes(4, "little") + encoded)
    return int.from_bytes(digest.digest(), "little")


def generator(*names: str | int) -> np.random.Generator:
    """A NumPy generator seeded with `derive_key(*names)`."""
    return np.random.default_rng(derive_key(*names))
