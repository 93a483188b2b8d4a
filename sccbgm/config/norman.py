"""The file of a double-perturbation experiment, `config/norman/<id>.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveInt

from sccbgm.config.errors import ConfigError, Faults, validate
from sccbgm.config.method import MethodConfig, MethodEntry
from sccbgm.config.reading import read_yaml
from sccbgm.config.sections import Model, Seed, Slug
from sccbgm.config.sources import FileSource
from sccbgm.methods import registry
from sccbgm.protocol.method import Preset

METHOD = "perturbedvae"
"""The method that the runs train."""


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
    """The sizes that the file must have, or it is not the file that was described."""

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

    preset: Preset = "recommended"
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
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1)]
    runs: Annotated[dict[Slug, Run], Field(min_length=1)]
    reduced: str = ""


def load_norman_config(path: str | Path) -> NormanConfig:
    """Read and validate a file. Raises ConfigError with a line a fault."""
    path = Path(path)
    config = validate(NormanConfig, read_yaml(path), str(path))
    if config.id != path.stem:
        raise ConfigError(
            f"{path}: id: found {config.id!r}; expected the file's name, {path.stem!r}"
        )
    entry = MethodEntry(registry.get(METHOD), MethodConfig(), str(path))
    faults = Faults()
    for name, run in config.runs.items():
        with faults.gather():
            entry.check(run.params, str(path), f"runs.{name}.params")
    faults.stop()
    return config
