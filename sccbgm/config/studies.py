"""A run of several studies: one file that names theirs, and what it sets for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from sccbgm.config.dataset import on_base, over
from sccbgm.config.errors import ConfigError, Faults, accepted, validate
from sccbgm.config.places import config_folders, named
from sccbgm.config.reading import read_yaml
from sccbgm.config.run import Benchmark, load_config
from sccbgm.config.run_file import Config, Ids, Places

OF_A_STUDY = (
    *("base", "datasets", "methods", "presets", "reference_methods"),
    *("variants", "sweep", "metrics", "tables", "figures"),
)
"""Keys that only the file of a study can have; the others can be set for all studies of a run."""


class Studies(Places):
    """A run of several studies, each a file of its own, and what is set for all of them."""

    studies: Annotated[Ids, Field(min_length=1)]
    """Ids of the run's studies, files of `studies/` or `norman/`."""


def load_studies(
    content: Mapping[str, Any], name: str, folder: str | Path | None = None
) -> tuple[dict[str, Benchmark], tuple[str, ...]]:
    """The studies of a run by id, and the ids of its experiments on double perturbations.

    content: the run's file, whose keys are stronger than those of a study; `name` in messages.
    folder: as `load_config` has it. A file without `studies` is one study, whose id is "".
    """
    if "studies" not in content:
        return {"": load_config(content, name, folder)}, ()
    places = {key: content[key] for key in ("studies", "folders") if key in content}
    asked = validate(Studies, places, name)
    folders = [str(folder)] if folder else config_folders(first=asked.folders)
    files, experiments = named(folders, "studies"), named(folders, "norman")
    faults = Faults()
    for key in content:
        if key in OF_A_STUDY:
            faults.lines.append(f"{name}: {key}: of a run of studies; expected in a study's file")
        elif key not in Config.model_fields and key != "studies":
            faults.lines.append(f"{name}: {accepted(key, _common(), 'key')}")
    for id in asked.studies:
        if id not in files and id not in experiments:
            known = accepted(id, [*files, *experiments])
            faults.lines.append(f"{name}: studies: {known}")
    if twice := sorted({id for id in asked.studies if asked.studies.count(id) > 1}):
        faults.lines.append(f"{name}: studies: {twice} named more than once")
    if not any(id in files for id in asked.studies):
        faults.lines.append(f"{name}: studies: expected one of {', '.join(files)} at least")
    faults.stop()
    of_all = {key: value for key, value in content.items() if key != "studies"}
    studies = {}
    for id in asked.studies:
        with faults.gather():
            if id in files:
                studies[id] = _study(files[id], of_all, folders)
    faults.stop()
    _check_datasets(studies, name)
    return studies, tuple(id for id in asked.studies if id not in files)


def _common() -> list[str]:
    return ["studies", *(key for key in Config.model_fields if key not in OF_A_STUDY)]


def _study(path: Path, of_all: Mapping[str, Any], folders: list[str]) -> Benchmark:
    """A study as a run has it: with the run's folder and way of computing."""
    own = on_base(read_yaml(path), path, "studies", folders)
    common = {"runtime": {}, "results": "results", "folders": folders, **of_all}
    own = {key: value for key, value in own.items() if key not in ("results", "runtime")}
    return load_config(over(own, common), str(path))


def _check_datasets(studies: Mapping[str, Benchmark], name: str) -> None:
    """Raise ConfigError where two studies mean different things by one dataset."""
    first: dict[str, str] = {}
    for id, study in studies.items():
        for dataset, config in study.datasets.items():
            other = first.setdefault(dataset, id)
            if studies[other].datasets[dataset] != config:
                raise ConfigError(
                    f"{name}: studies: {other} and {id} have different datasets {dataset!r}; give "
                    "one of them an id of its own"
                )
