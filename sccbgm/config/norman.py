"""The file of a double-perturbation experiment, `config/norman/<id>.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveInt, ValidationError

from sccbgm.config.errors import read_yaml
from sccbgm.config.sections import Model, Slug
from sccbgm.config.sources import FileSource


class ArchiveSource(Model):
    """A file inside a tar archive that is served over HTTP."""

    kind: Literal["tar"]
    url: str
    member: str


class Labels(Model):
    """How `column` of obs names what was done to a cell: `A` or `A<separator>B` or `control`."""

    column: str
    control: str
    separator: str


class Counts(Model):
    """What the file must hold, or it is not the file that was described."""

    cells: PositiveInt
    genes: PositiveInt
    singles: PositiveInt
    doubles: PositiveInt
    double_cells: PositiveInt


class SinglesHeldOut(Model):
    """The first `cells` cells, in file order, of each of these singles are tested, not trained."""

    cells: PositiveInt
    genes: tuple[str, ...]


class Run(Model):
    """One way to train PerturbedVAE: parameters on top of a preset."""

    preset: Literal["recommended", "reference"] = "recommended"
    params: dict[str, Any] = {}


class NormanConfig(Model):
    """One experiment: controls and singles are trained on, unseen doubles are predicted.

    n_predicted: control cells that each prediction starts from, null for all of them.
    largest: doubles with most cells that are also summarised apart, null for none.
    reduced: empty for the data of the paper, otherwise the sentence that every result carries.
    """

    id: Slug
    title: str
    citation: str
    source: Annotated[FileSource | ArchiveSource, Field(discriminator="kind")]
    labels: Labels
    expected: Counts
    singles_held_out: SinglesHeldOut | None = None
    n_predicted: PositiveInt | None = None
    largest: PositiveInt | None = None
    seeds: Annotated[tuple[int, ...], Field(min_length=1)]
    runs: Annotated[dict[Slug, Run], Field(min_length=1)]
    reduced: str = ""


def load_norman_config(path: str | Path) -> NormanConfig:
    """Read and validate a file. Raises ValueError naming the file, the key and what was found."""
    path = Path(path)
    try:
        config = NormanConfig.model_validate(read_yaml(path))
    except ValidationError as error:
        faults = [
            f"{path}: {'.'.join(map(str, fault['loc']))}: {fault['msg']}"
            for fault in error.errors()
        ]
        raise ValueError("\n".join(faults)) from None
    if config.id != path.stem:
        raise ValueError(f"{path}: id: found {config.id!r}, expected the file's name {path.stem!r}")
    return config
