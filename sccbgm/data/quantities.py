"""Numbers out of a column of numbers, or of text with one unit throughout."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from sccbgm.data.text import as_text

QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*([^\d\s.,+-].*)?", re.IGNORECASE)
SHOWN = 5


def read_numbers(series: pd.Series) -> tuple[pd.Series, str]:
    """Float64 numbers, NaN where there is none, and the unit behind all of them ("" for none).

    Text such as "1e-3", "0.1uM" or "10 uM" is read where every cell has the same unit.

    Raises ValueError, with values and their cells, where one is not a number or units differ.
    """
    text = as_text(series)
    counts = text.value_counts()
    found = {label: QUANTITY.fullmatch(label.strip()) for label in counts.index}
    if unread := [label for label, match in found.items() if match is None]:
        raise ValueError(f"holds {_shown(unread, counts)}, which are not numbers")
    units = {label: match[2] or "" for label, match in found.items() if match}
    if len(set(units.values())) > 1:
        examples = [
            next(x for x in units if units[x] == unit) for unit in sorted(set(units.values()))
        ]
        raise ValueError(
            f"holds {_shown(examples, counts)}: expected the same unit, or none, in every cell"
        )
    numbers = {label: float(match[1]) for label, match in found.items() if match}
    unit = next(iter(units.values()), "")
    return text.map(numbers).astype(np.float64), unit


def range_fault(numbers: pd.Series, largest: float) -> str:
    """Why numbers are not all between 0 and the largest, "" where they are."""
    faults = []
    if missing := int(numbers.isna().sum()):
        faults.append(f"{missing} cells without a number")
    for outside, what in (
        (numbers < 0, "negative numbers"),
        (numbers > largest * (1 + 1e-6), f"numbers above {largest:g}"),
    ):
        if outside.any():
            counts = numbers[outside].value_counts()
            faults.append(f"{what}: {_shown(list(counts.index), counts)}")
    return "; ".join(faults)


def _shown(values: list, counts: pd.Series) -> str:
    some = ", ".join(f"{value!r} ({counts[value]} cells)" for value in values[:SHOWN])
    return some + (f" and {len(values) - SHOWN} more" if len(values) > SHOWN else "")
