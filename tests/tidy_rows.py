"""Tidy rows made by hand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

PAPER = Path(__file__).parents[1] / "resources" / "paper"

KNOWN = {
    "dataset": "kang",
    "group": "b_cells",
    "target": "stim",
    "method": "sccbgm",
    "mode": "edit",
    "preset": "recommended",
    "variant": "default",
    "seed": 13,
    "metric": "rmmd",
    "reason": "",
    "reduced": "",
    "n_train": 100,
    "n_intervene": 50,
    "n_target": 40,
    "denominator_group": "B cells_stim",
    "distance": 0.02,
    "denominator": 0.1,
    "settings": "",
}


def make_rows(values: dict[tuple[str, int], float], **known: object) -> pd.DataFrame:
    """Tidy rows from values by (task, seed)."""
    lines = [
        KNOWN | known | {"task": task, "seed": seed, "value": value}
        for (task, seed), value in values.items()
    ]
    return pd.DataFrame(lines)
