"""The configuration of a run: one file, the dataset and method files that it names, validated.

Read whenever the workflow is parsed, so nothing here imports more than NumPy, pydantic, PyYAML.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sccbgm.config import analyses, comparisons
from sccbgm.config.dataset import DatasetConfig, load_dataset_config, on_base, over
from sccbgm.config.derived import with_derived
from sccbgm.config.errors import ConfigError, Faults, accepted, validate
from sccbgm.config.lookalike import check_ids, with_file
from sccbgm.config.method import MethodEntry, load_method
from sccbgm.config.places import check_h5ad, config_folders, find, named
from sccbgm.config.reading import read_yaml, with_numbers
from sccbgm.config.references import check_outputs, check_references
from sccbgm.config.run_file import Config, Places
from sccbgm.config.scale import Scale, first_tasks
from sccbgm.config.sections import Pathways
from sccbgm.config.sources import FileSource
from sccbgm.config.sweep import expand_sweep
from sccbgm.protocol.method import Method

__all__ = ["Benchmark", "ConfigError", "load_config", "merged"]

SEEDS = (13, 42, 1337, 69)
"""The paper's, where neither a run nor a dataset names others."""


@dataclass(frozen=True)
class Benchmark:
    """A validated configuration with its datasets and methods.

    `methods` holds the first stages too, whether or not they are listed in the configuration.
    study: its name in a run of several. own_blocks, own_shards: datasets whose blocks of tasks, and
    paths of the shards, that an earlier study of the run uses otherwise; files of this one have its
    name in theirs.
    """

    config: Config
    datasets: Mapping[str, DatasetConfig]
    methods: Mapping[str, MethodEntry]
    study: str = ""
    own_blocks: frozenset[str] = frozenset()
    own_shards: frozenset[str] = frozenset()

    @cached_property
    def results(self) -> Path:
        """The root of everything that the workflow writes."""
        return Path(self.config.results)

    def seeds(self, dataset: str) -> tuple[int, ...]:
        """The seeds of a dataset: the run's, or those of its file; so many as `scale` has."""
        seeds = self.config.seeds or self.datasets[dataset].seeds or SEEDS
        return seeds[: self.config.scale.seeds]

    def tasks(self, dataset: str) -> tuple[str, ...]:
        """The tasks of a dataset that are asked in this study, in the order of its file."""
        config = self.datasets[dataset]
        return first_tasks(config, self.config.tasks or len(config.task_ids)).task_ids

    @property
    def declared(self) -> dict[str, Method]:
        """The declarations of the run's methods, by id."""
        return {id: entry.method for id, entry in self.methods.items()}


def load_config(
    source: str | Path | Mapping[str, Any],
    name: str = "config",
    folder: str | Path | None = None,
) -> Benchmark:
    """Read, merge and validate a configuration and the files that it names.

    source: a YAML file, or its content, which messages then call `name`.
    folder: the only place of `datasets/<id>.yaml` and `methods/<id>.yaml`; by default they are
    looked for in the key `folders`, beside the file, here and in the repository.

    Raises ConfigError whose message has a line a fault: file, key, what was found, what is
    accepted.
    """
    files: tuple[Path, ...] = ()
    if not isinstance(source, Mapping):
        name, files = str(source), (Path(source),)
        source = read_yaml(Path(source))
    content: dict[str, Any] = with_numbers(source)
    given = validate(Places, {"folders": content.get("folders", ())}, name).folders
    folders = [str(folder)] if folder else config_folders(files, first=given)
    config = validate(Config, on_base(content, Path(name), "studies", folders), name)
    config = config.model_copy(update={"folders": tuple(folders)})
    faults = Faults()
    for key in ("datasets", "methods", "presets", "seeds", "metrics", "tables", "figures"):
        with faults.gather():
            _distinct(getattr(config, key) or (), key, name)
    with faults.gather():
        known = (*named(folders, "datasets"), *named(folders, "norman"))
        check_ids(config.files, known, f"{name}: files")
    datasets: dict[str, DatasetConfig] = {}
    for dataset in config.datasets:
        with faults.gather():
            datasets[dataset] = _load_dataset(dataset, config, folders, name)
    entries = _load_methods(config, folders, name, faults)
    faults.stop()
    config, datasets = _at_scale(config, datasets)
    check_outputs(config, datasets, name, faults)
    check_references(config, entries, name, faults)
    faults.stop()
    methods = _with_settings(config, entries, name, faults)
    faults.stop()
    return Benchmark(config, datasets, methods)


def merged(paths: Sequence[str | Path]) -> dict[str, Any]:
    """The content of several configuration files, later ones stronger key by key.

    The rule of Snakemake's --configfile: sections are merged, lists and numbers replaced. What
    they name is looked for beside them first.
    """
    content: dict[str, Any] = {}
    for path in paths:
        content = over(content, read_yaml(Path(path)))
    return {"folders": config_folders(paths), **content}


def _at_scale(
    config: Config, datasets: Mapping[str, DatasetConfig]
) -> tuple[Config, dict[str, DatasetConfig]]:
    """The run with as many cells and tasks as `scale` says, and seeds for an ensemble at least."""
    scale = config.scale
    if scale.seeds and comparisons.needs_ensembles((*config.tables, *config.figures)):
        scale = scale.model_copy(update={"seeds": max(scale.seeds, comparisons.ENSEMBLE)})
    if scale == Scale():
        return config, {id: with_derived(d, config.results) for id, d in datasets.items()}
    results = f"{config.results}_reduced"
    smaller = {"scale": scale, "results": results}
    known = (with_derived(dataset, results) for dataset in datasets.values())
    return config.model_copy(update=smaller), {d.id: scale.dataset(d) for d in known}


def _distinct(values: tuple[Any, ...], key: str, name: str) -> None:
    twice = {value for value in values if values.count(value) > 1}
    if twice:
        raise ConfigError(f"{name}: {key}: {sorted(twice)} named more than once")


def _load_dataset(
    dataset: str, config: Config, folders: Sequence[str | Path], name: str
) -> DatasetConfig:
    files = named(folders, "datasets")
    if dataset not in files:
        raise ConfigError(
            f"{name}: datasets: {accepted(dataset, files)} (no file {dataset}.yaml in "
            f"{' or '.join(str(Path(folder, 'datasets')) for folder in folders)})"
        )
    path = files[dataset]
    own = load_dataset_config(path, folders)
    given = with_file(own, config.files.get(dataset), f"{name}: files.{dataset}")
    return _with_places(given, path)


def _with_places(config: DatasetConfig, path: Path) -> DatasetConfig:
    """The dataset with the files that it names where they are."""
    changed: dict[str, Any] = {}
    if isinstance(config.source, FileSource):
        try:
            cells = find(config.source.path, path)
            check_h5ad(cells)
        except ConfigError as error:
            raise ConfigError(f"{path}: source.path: {error}") from None
        changed["source"] = config.source.model_copy(update={"path": str(cells)})
    concepts = list(config.concepts)
    for i, concept in enumerate(concepts):
        if isinstance(concept, Pathways) and concept.file is not None:
            try:
                footprints = find(concept.file, path)
            except ConfigError as error:
                raise ConfigError(f"{path}: concepts[{i}].file: {error}") from None
            concepts[i] = concept.model_copy(update={"file": str(footprints)})
            changed["concepts"] = tuple(concepts)
    return config.model_copy(update=changed)


def _load_methods(
    config: Config, folders: Sequence[str | Path], name: str, faults: Faults
) -> dict[str, MethodEntry]:
    """The methods of the configuration, each after the first stage that it builds on."""
    entries: dict[str, MethodEntry] = {}
    for method_id in (*config.methods, *analyses.trained(config.tables, config.figures)):
        with faults.gather():
            entry = load_method(method_id, folders, name)
            stage1 = entry.method.builds_on
            if stage1 is not None and stage1 not in entries:
                entries[stage1] = load_method(stage1, folders, name)
            entries.setdefault(method_id, entry)
    return entries


def _with_settings(
    config: Config, entries: Mapping[str, MethodEntry], name: str, faults: Faults
) -> dict[str, MethodEntry]:
    """The methods with their hyperparameters in this run."""
    # Controls have no hyperparameters, and annotation noise does not reach them.
    trained = [method_id for method_id, entry in entries.items() if entry.fields]
    variants = expand_sweep(config.sweep, config.variants, trained, config.scale.settings)
    methods = {}
    for method_id, entry in entries.items():
        with faults.gather():
            methods[method_id] = entry.with_overrides(
                config.params, variants.get(method_id), name, config.scale.caps
            )
    return methods
