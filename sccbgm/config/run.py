"""The configuration of a run: one file, the dataset and method files that it names, validated.

Read whenever the workflow is parsed, so nothing here imports more than NumPy, pydantic, PyYAML.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt

from sccbgm.analyses import registry as analyses
from sccbgm.config.dataset import DatasetConfig, load_dataset_config, over
from sccbgm.config.errors import ConfigError, accepted, read_yaml, validate
from sccbgm.config.figure_ids import parse_figure
from sccbgm.config.method import MethodEntry, load_method, registered_fields
from sccbgm.config.scale import Scale, first_tasks
from sccbgm.config.sources import FileSource
from sccbgm.config.sweep import Sweep, expand_sweep
from sccbgm.metrics.registry import METRICS
from sccbgm.tables.catalogue import find as find_table
from sccbgm.tables.parameters import TABLE_ID as PARAMETERS_TABLE

__all__ = ["Benchmark", "Config", "ConfigError", "load_config", "merged"]

Preset = Literal["recommended", "reference"]
Ids = tuple[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]*$")], ...]


class Section(BaseModel):
    """A section: frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ShardConfig(Section):
    """How many tasks and seeds of a dataset one job trains side by side."""

    tasks: PositiveInt = 64
    seeds: PositiveInt = 1


class RuntimeConfig(Section):
    """How to compute; nothing here changes a result beyond float tolerance.

    device: "auto" takes a GPU where there is one. threads: CPU threads of a job.
    members_at_once: models trained side by side, null for as many as fit.
    """

    device: Annotated[str, Field(pattern=r"^(auto|cpu|cuda(:\d+)?)$")] = "auto"
    precision: Literal["auto", "fp32", "tf32", "bf16"] = "auto"
    threads: PositiveInt = 2
    checkpoint_minutes: PositiveFloat = 5.0
    members_at_once: PositiveInt | None = None


class Config(Section):
    """A run of the benchmark, `config/*.yaml`; config/README.md explains every key.

    reference_methods: the methods that the preset "reference" is for, null for all that have it.
    params: hyperparameters for every method that has them. variants: method id -> name -> the
    hyperparameters in which that variant differs; "default" is the method's own. sweep: grids that
    become variants. tasks: the first so many tasks of every dataset, null for all. scale: the same
    study at reduced size, whose results are in a folder of its own, `<results>_reduced`.
    """

    results: str = "results"
    datasets: Annotated[Ids, Field(min_length=1)]
    methods: Annotated[Ids, Field(min_length=1)]
    presets: Annotated[tuple[Preset, ...], Field(min_length=1)] = ("recommended",)
    reference_methods: Ids | None = None
    seeds: Annotated[tuple[int, ...], Field(min_length=1)] = (13, 42, 1337, 69)
    shard: ShardConfig = ShardConfig()
    runtime: RuntimeConfig = RuntimeConfig()
    params: dict[str, Any] = {}
    variants: dict[str, dict[str, dict[str, Any]]] = {}
    sweep: Sweep = Sweep()
    tasks: PositiveInt | None = None
    scale: Scale = Scale()
    metrics: Annotated[Ids, Field(min_length=1)] = ("rmmd", "rfid", "rsd")
    tables: Ids = ()
    figures: Ids = ()


@dataclass(frozen=True)
class Benchmark:
    """A validated configuration with its datasets and methods.

    `methods` holds the first stages and what the analyses train too, whether or not they are
    listed in the configuration.
    """

    config: Config
    datasets: Mapping[str, DatasetConfig]
    methods: Mapping[str, MethodEntry]

    @cached_property
    def results(self) -> Path:
        """The root of everything that the workflow writes."""
        return Path(self.config.results)

    def seeds(self, dataset: str) -> tuple[int, ...]:
        """The seeds of a dataset: its own where its file names some."""
        own = self.datasets[dataset].seeds
        return self.config.seeds if own is None else own


def load_config(
    source: str | Path | Mapping[str, Any],
    name: str = "config",
    folder: str | Path = "config",
) -> Benchmark:
    """Read, merge and validate a configuration and the files that it names.

    source: a YAML file, or its content, which messages then call `name`.
    folder: where `datasets/<id>.yaml` and `methods/<id>.yaml` are.

    Raises ConfigError whose message has a line a fault: file, key, what was found, what is
    accepted.
    """
    if not isinstance(source, Mapping):
        name = str(source)
        source = read_yaml(Path(source))
    config = validate(Config, source, name)
    for key in ("datasets", "methods", "presets", "seeds", "metrics", "tables", "figures"):
        _distinct(getattr(config, key), key, name)
    folder = Path(folder)
    datasets = {d: _load_dataset(d, folder, name) for d in config.datasets}
    config, datasets = _at_scale(config, datasets, name)
    methods = _load_methods(config, folder, name)
    _check_references(config, methods, name)
    _check_outputs(config, datasets, name)
    return Benchmark(config, datasets, methods)


def merged(paths: Sequence[str | Path]) -> dict[str, Any]:
    """The content of several configuration files, later ones stronger key by key.

    The rule of Snakemake's --configfile: sections are merged, lists and numbers replaced.
    """
    content: dict[str, Any] = {}
    for path in paths:
        content = over(content, read_yaml(Path(path)))
    return content


def _at_scale(
    config: Config, datasets: Mapping[str, DatasetConfig], name: str
) -> tuple[Config, dict[str, DatasetConfig]]:
    """The run with as many tasks, cells and seeds as `tasks` and `scale` say."""
    scale, datasets = config.scale, dict(datasets)
    if config.tasks is not None:
        datasets = {id: first_tasks(d, config.tasks, name) for id, d in datasets.items()}
    if scale == Scale():
        return config, datasets
    fewer = {"seeds": config.seeds[: scale.seeds], "results": f"{config.results}_reduced"}
    datasets = {id: scale.dataset(dataset, name) for id, dataset in datasets.items()}
    return config.model_copy(update=fewer), datasets


def _distinct(values: tuple[Any, ...], key: str, name: str) -> None:
    twice = {value for value in values if values.count(value) > 1}
    if twice:
        raise ConfigError(f"{name}: {key}: {sorted(twice)} named more than once")


def _load_dataset(dataset: str, folder: Path, name: str) -> DatasetConfig:
    path = folder / "datasets" / f"{dataset}.yaml"
    if not path.exists():
        known = [file.stem for file in (folder / "datasets").glob("*.yaml")]
        raise ConfigError(f"{name}: datasets: {accepted(dataset, known)} (no file {path})")
    try:
        config = load_dataset_config(path)
    except ValueError as error:
        raise ConfigError(str(error)) from error
    if isinstance(config.source, FileSource) and not Path(config.source.path).exists():
        raise ConfigError(
            f"{path}: source.path: found {config.source.path!r}, and there is no such file; "
            "expected an AnnData file (.h5ad)"
        )
    return config


def _load_methods(config: Config, folder: Path, name: str) -> dict[str, MethodEntry]:
    """The methods of the configuration, each after the first stage that it builds on."""
    entries: dict[str, MethodEntry] = {}
    for method_id in (*config.methods, *analyses.trained(config.tables, config.figures)):
        entry = load_method(method_id, folder, name)
        stage1 = entry.method.builds_on
        if stage1 is not None and stage1 not in entries:
            entries[stage1] = load_method(stage1, folder, name)
        entries.setdefault(method_id, entry)
    # Controls have no hyperparameters, and annotation noise does not reach them.
    trained = [method_id for method_id, entry in entries.items() if entry.fields]
    variants = expand_sweep(config.sweep, config.variants, trained, config.scale.settings)
    return {
        method_id: entry.with_overrides(
            config.params, variants.get(method_id), name, config.scale.caps
        )
        for method_id, entry in entries.items()
    }


def _check_references(config: Config, methods: Mapping[str, MethodEntry], name: str) -> None:
    """What the configuration says of methods must be about methods that are there."""
    for section, named in (("variants", config.variants), ("sweep.params", config.sweep.params)):
        for method_id in named:
            if method_id not in methods:
                raise ConfigError(f"{name}: {section}: {accepted(method_id, list(methods))}")
    known = {field for entry in methods.values() for field in entry.fields}
    if set(config.params) - known:
        # Not an error where a method that has it was taken out of the run
        known |= registered_fields()
    for key in config.params:
        if key not in known:
            raise ConfigError(f"{name}: params: {accepted(key, sorted(known), 'hyperparameter')}")


def _check_outputs(config: Config, datasets: Mapping[str, DatasetConfig], name: str) -> None:
    """Every metric, table and figure that is asked for must be one that can be made."""
    for metric in config.metrics:
        if metric not in METRICS:
            raise ConfigError(f"{name}: metrics: {accepted(metric, list(METRICS))}")
    for table in config.tables:
        if table == PARAMETERS_TABLE:
            continue
        try:
            if analyses.is_output(table):
                analyses.find(table, "table", datasets)
            else:
                find_table(table)
        except ValueError as error:
            more = "" if analyses.is_output(table) else f", or {analyses.known('table')}"
            raise ConfigError(f"{name}: tables: {error}{more}") from error
    for figure in config.figures:
        try:
            if analyses.is_output(figure):
                analyses.find(figure, "figure", datasets)
            else:
                parse_figure(figure, datasets)
        except ValueError as error:
            raise ConfigError(f"{name}: figures: {error}") from error
