"""The section `concepts` of a dataset file: what is annotated in cells, a class a kind."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PositiveInt

from sccbgm.config.base import Amount, Model


class OneHot(Model):
    """One hard concept for each label of a column, named as the label."""

    kind: Literal["one_hot"]
    column: str
    """A role, a label column, or any column of obs."""


class Binary(Model):
    """One hard concept: 1 where the column is `one`, else 0."""

    kind: Literal["binary"]
    column: str
    """A role, a label column, or any column of obs."""
    one: str
    """The label that is 1."""
    name: Annotated[str, Field(min_length=1)]
    """Name of the concept."""


class Parts(Model):
    """One hard concept for each part of a column's labels, such as A and B of "A+B"."""

    kind: Literal["parts"]
    column: str
    """A role, a label column, or any column of obs."""
    separator: Annotated[str, Field(min_length=1)] = "+"
    """Text between the parts of a label."""
    none: tuple[str, ...] = ()
    """Parts that are no concept, such as the control."""


class LogDose(Model):
    """One soft concept, ln(1 + dose) / ln(1 + max), with values in [0, 1]."""

    kind: Literal["log_dose"]
    column: str
    """A role or any column of obs with numbers, or text such as `0.1 uM` with one unit in all
    cells."""
    name: Annotated[str, Field(min_length=1)]
    """Name of the concept."""
    max: Amount
    """The dose whose value is 1."""


class Stored(Model):
    """Concepts as they are in a DataFrame of obsm, with values in [0, 1], NaN if not annotated."""

    kind: Literal["stored"]
    key: str = "concepts"
    """Key of the table in obsm."""
    soft: tuple[str, ...] = ()
    """Columns that are soft concepts, even if they hold only 0 and 1; others with only 0 and 1 are
    hard."""


class Pathways(Model):
    """One soft concept a pathway: its activity in each cell, min-max scaled over the dataset."""

    kind: Literal["pathways"]
    file: str | None = None
    """A csv of footprints (source, target, weight, p_value); null for PROGENy, which decoupler then
    downloads."""
    organism: Literal["mouse", "human"] = "mouse"
    """Whose PROGENy is downloaded."""
    top: PositiveInt = 100
    """Genes of each pathway, those of least p-value."""
    method: Literal["mlm", "ulm"] = "mlm"
    """Decoupler's: `mlm` has all pathways in one linear model, `ulm` one at a time."""


Concept = Annotated[
    OneHot | Binary | Parts | LogDose | Stored | Pathways, Field(discriminator="kind")
]
