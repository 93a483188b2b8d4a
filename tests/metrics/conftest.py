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
    """Populations near to the target, far from it, and right in it but with too few cells."""
    noise = rng.normal(size=(36, 4))
    train = np.vstack([noise[:12] + 2, noise[12:30] + 3, noise[30:] + 0.1])
    groups = ["near"] * 12 + ["far"] * 18 + ["few"] * 6
    return make_task(train, groups, {"target": rng.normal(size=(20, 4))}, rng.normal(size=(8, 4)))
