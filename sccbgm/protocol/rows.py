"""What a tidy row is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

NAME = ["dataset", "task", "target", "method", "mode", "preset", "variant", "seed", "metric"]
"""The columns that tell a row from all others of a study."""


def row_names(rows: pd.DataFrame) -> pd.Series:
    """The columns `NAME` of each row, joined by a slash, behind "STUDY:" where it has a study."""
    names = rows[NAME].astype(str).agg("/".join, axis=1)
    if "study" not in rows:
        return names
    study = rows["study"].astype(str)
    return (study + ":").where(study != "", "") + names
