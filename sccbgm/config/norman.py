"""The file of a double-perturbation experiment, `config/norman/<id>.yaml`."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveInt

from sccbgm.config.base import Model, Seed, Slug
from sccbgm.config.errors import ConfigError, Faults, validate
from sccbgm.config.lookalike import LOOKALIKE, SENTENCE
from sccbgm.config.method import MethodConfig, MethodEntry
from sccbgm.config.reading import read_yaml
from sccbgm.config.scale import Scale
from sccbgm.config.sources import FileSource
from sccbgm.methods import registry
from sccbgm.protocol.method import Preset

METHOD = "perturbedvae"
"""The method that the runs train."""

N_CONTROLS, N_SINGLES, N_DOUBLES, N_OF_SINGLE, N_OF_DOUBLE = 300, 20, 12, 120, 60
"""Of a look-alike: control cells, perturbations, and cells of each."""


class ArchiveSource(Model):
    """A file inside a tar archive that is served over HTTP."""

    kind: Literal["tar"]
    url: str
    """Address of the archive."""
    member: str
    """Path of the h5ad file inside the archive."""


class GeneratedSource(Model):
    """Cells that are generated with the labels of the experiment."""

    kind: Literal["lookalike"]


class Labels(Model):
    """How `column` of obs names what was done to a cell: `A` or `A<separator>B` or `control`."""

    column: str
    """Column of obs."""
    control: str
    """Label of unperturbed cells."""
    separator: str
    """Text between the two genes of a label."""


class Counts(Model):
    """The sizes that the file must have, or it is not the file that was described."""

    cells: PositiveInt
    """Number of cells."""
    genes: PositiveInt
    """Number of genes."""
    singles: PositiveInt
    """Number of single perturbations."""
    doubles: PositiveInt
    """Number of double perturbations."""
    double_cells: PositiveInt
    """Number of cells with a double perturbation."""


class SinglesHeldOut(Model):
    """The first `cells` cells, in file order, of each of these singles are tested, not trained."""

    cells: PositiveInt
    """Cells of each of these singles."""
    genes: tuple[str, ...]
    """The singles."""


class Run(Model):
    """One way to train PerturbedVAE: parameters on top of a preset."""

    preset: Preset = "recommended"
    """As of a study: with defects of the authors' code fixed, or mirrored."""
    params: dict[str, Any] = {}
    """Hyperparameters that differ from the preset."""


class NormanConfig(Model):
    """One experiment: controls and singles are trained on, unseen doubles are predicted."""

    id: Slug
    """Id by which a run of studies names the experiment: the name of this file."""
    title: str
    """Name of the experiment in tables and figures."""
    citation: str
    """Where the cells are from."""
    source: Annotated[FileSource | ArchiveSource | GeneratedSource, Field(discriminator="kind")]
    """Where the cells are, or how they are made."""
    labels: Labels
    """What a label says was done to a cell."""
    expected: Counts
    """Sizes that the file must have."""
    singles_held_out: SinglesHeldOut | None = None
    """Cells of some singles that are not trained on, null for none."""
    n_predicted: PositiveInt | None = None
    """Control cells that each prediction starts from, null for all of them."""
    largest: PositiveInt | None = None
    """Doubles with most cells that are also summarised apart, null for none."""
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1)]
    """Seeds, each of which trains every run once."""
    runs: Annotated[dict[Slug, Run], Field(min_length=1)]
    """Name -> a way to train."""
    reduced: str = ""
    """The sentence that every result carries; empty for the data of the paper."""


def load_norman_config(
    path: str | Path, given: str | None = None, scale: Scale | None = None
) -> NormanConfig:
    """Read and validate a file. Raises ConfigError with a line a fault.

    given: a file in the format of the experiment's own, or "lookalike". scale: of the run.
    """
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
    return _at_scale(_with_cells(config, given), scale or Scale())


def _with_cells(config: NormanConfig, given: str | None) -> NormanConfig:
    if given is None:
        return config
    if given != LOOKALIKE:
        source = FileSource(kind="file", path=given)
        return config.model_copy(update={"source": source})
    held_out = config.singles_held_out
    expected = {
        "cells": N_CONTROLS + N_SINGLES * N_OF_SINGLE + N_DOUBLES * N_OF_DOUBLE,
        "genes": min(config.expected.genes, 500),
        "singles": N_SINGLES,
        "doubles": N_DOUBLES,
        "double_cells": N_DOUBLES * N_OF_DOUBLE,
    }
    assert held_out is None or held_out.cells < N_OF_SINGLE
    return config.model_copy(
        update={
            "source": GeneratedSource(kind="lookalike"),
            "expected": Counts(**expected),
            "reduced": " ".join(filter(None, (config.reduced, SENTENCE))),
        }
    )


def _at_scale(config: NormanConfig, scale: Scale) -> NormanConfig:
    """The experiment with as many seeds, epochs and units as a run's `scale` says."""
    if scale == Scale():
        return config
    entry = registry.get(METHOD)
    runs = {}
    for name, run in config.runs.items():
        full = dataclasses.asdict(entry.params(run.preset)) | run.params
        caps = {k: min(full[k], cap) for k, cap in scale.caps.items() if k in full}
        runs[name] = run.model_copy(update={"params": run.params | caps})
    said = f"Reduced study: {', '.join(scale.limits)}." if scale.limits else ""
    return config.model_copy(
        update={
            "seeds": config.seeds[: scale.seeds],
            "runs": runs,
            "reduced": " ".join(filter(None, (config.reduced, said))),
        }
    )


def lookalike_labels(config: NormanConfig) -> dict[str, int]:
    """Label -> cells of a look-alike: controls, singles (those held out come first), doubles."""
    held_out = config.singles_held_out.genes if config.singles_held_out else ()
    others = (f"GENE{i}" for i in range(config.expected.singles))
    singles = [*held_out, *others][: config.expected.singles]
    pairs = itertools.islice(itertools.combinations(singles, 2), config.expected.doubles)
    doubles = [config.labels.separator.join(pair) for pair in pairs]
    n_double = config.expected.double_cells // max(1, config.expected.doubles)
    return {
        config.labels.control: N_CONTROLS,
        **dict.fromkeys(singles, N_OF_SINGLE),
        **dict.fromkeys(doubles, n_double),
    }
