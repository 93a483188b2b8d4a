"""Cells that are copies of each other: what divides by their distances has no value."""

import numpy as np
import pytest
from metric_problems import make_task

from sccbgm.metrics import METRICS, Missing, denominators, emd
from sccbgm.metrics.frechet import variance_ratio
from sccbgm.metrics.mmd import median_gamma
from sccbgm.metrics.samples import Sample, is_rounding
from sccbgm.metrics.sinkhorn import sinkhorn_common

RATIOS = [id for id, metric in METRICS.items() if metric.ratio]
UNDEFINED = {1: {"rmmd_median", "rsd_common"}, 2: {"rmmd_median"}}


def copies(rng, first: int, second: int, n_dims: int = 20) -> np.ndarray:
    """Two cells, many times over, as single precision leaves them: the last digit differs."""
    cells = np.repeat(rng.normal(4, 3, size=(2, n_dims)), [first, second], axis=0)
    return cells * (1 + 1e-7 * rng.normal(size=cells.shape))


@pytest.mark.parametrize(("first", "second"), [(30, 0), (20, 10)])
def test_scales_of_copied_target_cells_are_missing(rng, first, second):
    target = copies(rng, first, second)
    train = rng.normal(size=(40, 20))
    table = denominators(make_task(train, ["a"] * 20 + ["b"] * 20, {"t": target}), RATIOS)
    undefined = UNDEFINED[1 if second == 0 else 2]
    for metric, rows in table.groupby("metric"):
        if metric in undefined:
            assert rows["value"].isna().all()
            assert set(rows["reason"]) <= {
                "the median distance between target cells is 0",
                "the largest distance between target cells is 0",
            }
        else:
            assert rows["value"].notna().all()


def test_rounding_is_told_from_differences(rng):
    alike, apart = Sample(copies(rng, 30, 0)), Sample(copies(rng, 20, 20))
    other = Sample(rng.normal(size=(10, 20)))
    with pytest.raises(Missing, match="median distance"):
        median_gamma(Sample(copies(rng, 20, 5)))
    assert median_gamma(apart) > 0
    with pytest.raises(Missing, match="largest distance"):
        sinkhorn_common(alike, other)
    with pytest.raises(Missing, match="do not vary"):
        variance_ratio(other, alike)
    assert variance_ratio(alike, apart) == pytest.approx(0, abs=1e-10)
    assert emd(alike.cells, alike.cells[::-1]) == 0.0
    assert is_rounding(1e-16, Sample(np.ones((2, 1)))) and not is_rounding(
        1e-9, Sample(np.ones((2, 1)))
    )
    assert is_rounding(0.0, Sample(np.zeros((3, 2))))
