"""Call a metric so that it answers with a number or a reason, whatever happens inside."""

from __future__ import annotations

import logging
import warnings
from typing import NamedTuple

import numpy as np

from sccbgm.metrics.registry import Metric
from sccbgm.metrics.samples import Inexact, Missing, Sample, finite
from sccbgm.protocol.faults import of_machine, reason

logger = logging.getLogger(__name__)

NAN = float("nan")


class Measured(NamedTuple):
    """A number and what is to be said about it: why it is NaN, or why it is inexact."""

    value: float
    reason: str


def measure(metric: Metric, *arguments: object) -> Measured:
    """Call a metric's function; its failure is NaN with a reason, never an exception.

    An error that nobody foresaw is logged with its traceback too. A fault of the machine is no
    result and still raises.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", Inexact)
        try:
            value = float(metric.function(*arguments))
        except Missing as missing:
            return Measured(NAN, str(missing))
        except np.linalg.LinAlgError as error:
            return Measured(NAN, f"linear algebra failed: {error}")
        except Exception as error:
            if of_machine(error):
                raise
            logger.exception("%s failed", metric.id)
            return Measured(NAN, reason(error))
    notes = []
    for warning in caught:
        if issubclass(warning.category, Inexact):
            notes.append(str(warning.message))
        else:
            warnings.warn(warning.message, warning.category, stacklevel=2)
    if not np.isfinite(value):
        notes.append(f"the value is not finite ({value})")
        value = NAN
    return Measured(value, "; ".join(dict.fromkeys(notes)))


def unusable(name: str, sample: Sample, metric: Metric) -> str:
    """Why a metric is not defined on a sample; empty if it is."""
    if len(sample) < metric.min_cells:
        return f"the {name} has {len(sample)} cells, {metric.min_cells} needed"
    if not finite(sample):
        bad = int((~np.isfinite(sample.cells)).any(axis=1).sum())
        return f"{bad} of {len(sample)} cells of the {name} are not finite"
    return ""
