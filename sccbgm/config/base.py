"""What the sections of all files are made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Seed = Annotated[int, Field(ge=0, lt=2**32)]
SLUG = r"^[a-z0-9][a-z0-9_]*$"
Slug = Annotated[str, Field(pattern=SLUG)]
ColumnName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][^/]*$")]
"""Of an obs column that the clean file has; a slash would be a folder in HDF5."""
Amount = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Labels = Annotated[tuple[str, ...], Field(min_length=1)]


class Model(BaseModel):
    """A section: frozen, and an unknown key is an error.

    The text below a key is what it means, on the pages of keys and in editors (`config.pages`).
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )
