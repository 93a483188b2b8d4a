"""Fixtures of the tests of metrics."""

import numpy as np
import pytest
from metric_problems import make_task

from sccbgm.protocol.task import TaskData


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20)


@pytest.fixture
def toy_task(rng) -> TaskData:
    """Three populations at distance 1, 2 and 3 of the target, the last of them too small."""
    noise = rng.normal(size=(36, 4))
    train = np.vstack([noise[:12] + 1, noise[12:30] + 2, noise[30:] + 0.1])
    groups = ["near"] * 12 + ["far"] * 18 + ["few"] * 6
    return make_task(train, groups, {"target": rng.normal(size=(20, 4))}, rng.normal(size=(8, 4)))
