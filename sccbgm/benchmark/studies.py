"""A run: one study or several, whose common members are trained and scored once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from sccbgm.benchmark.depends import metrics_for, shard_settings
from sccbgm.benchmark.plan import Shard, blocks, expand, scored_as, with_first_stages
from sccbgm.config.analyses import asked_for
from sccbgm.config.comparisons import needing_ceilings
from sccbgm.config.dataset import DatasetConfig
from sccbgm.config.errors import ConfigError
from sccbgm.config.references import check_target
from sccbgm.config.run import Benchmark
from sccbgm.config.studies import load_studies
from sccbgm.metrics.registry import METRICS, headline

Kind = Literal["tables", "figures"]


@dataclass(frozen=True)
class Run:
    """The studies of a run by id ("" where it is one alone), in their order.

    experiments: ids of its experiments on double perturbations.
    """

    studies: Mapping[str, Benchmark]
    experiments: tuple[str, ...] = ()

    @property
    def first(self) -> Benchmark:
        """Any study, for what all have in common: the folder, the way of computing."""
        return next(iter(self.studies.values()))

    @property
    def results(self) -> Path:
        """The root of everything that the run writes."""
        return self.first.results

    @cached_property
    def datasets(self) -> dict[str, DatasetConfig]:
        """The datasets of all studies."""
        return {id: dataset for s in self.studies.values() for id, dataset in s.datasets.items()}

    @cached_property
    def scored(self) -> dict[str, dict[str, Shard]]:
        """Study -> its shards by path."""
        return {id: {s.path: s for s in expand(study)} for id, study in self.studies.items()}

    @cached_property
    def shards(self) -> dict[str, tuple[Benchmark, Shard]]:
        """Path -> everything that is trained, first stages too, each with a study that has it."""
        found: dict[str, tuple[Benchmark, Shard]] = {}
        for id, shards in self.scored.items():
            for shard in with_first_stages(list(shards.values())):
                found.setdefault(shard.path, (self.studies[id], shard))
        return found

    def sharing(self, path: str) -> list[Benchmark]:
        """The studies that show a shard, in their order."""
        return [self.studies[id] for id, shards in self.scored.items() if path in shards]

    def blocks(self, dataset: str) -> dict[str, Benchmark]:
        """Block of a dataset's tasks -> a study that has it."""
        found: dict[str, Benchmark] = {}
        for study in self.studies.values():
            if dataset in study.datasets:
                found |= {block: study for block in blocks(study, dataset) if block not in found}
        return found

    def metrics(self, dataset: str) -> list[str]:
        """The metrics that some study asks of a dataset, sorted."""
        studies = [study for study in self.studies.values() if dataset in study.datasets]
        return sorted({metric for study in studies for metric in metrics_for(study, dataset)})

    def ratios(self, dataset: str) -> list[str]:
        """The metrics of a dataset that need distances to the training populations, sorted."""
        return [metric for metric in self.metrics(dataset) if METRICS[metric].ratio]

    @cached_property
    def ceilings(self) -> dict[str, list[str]]:
        """Dataset -> the metrics that its real cells are scored by, sorted.

        Those that some table or figure shows between floor and ceiling, and those by which the
        report's first table sums a dataset up.
        """
        found: dict[str, set[str]] = {dataset: set() for dataset in self.datasets}
        for study in self.studies.values():
            config = study.config
            shown = needing_ceilings(config.tables, config.figures, study.datasets, config.metrics)
            for dataset in study.datasets:
                metrics = metrics_for(study, dataset)
                first = headline(metrics) if len(config.methods) > 1 else ""
                found[dataset] |= {*shown.get(dataset, ()), first} & {*metrics}
        return {dataset: sorted(metrics) for dataset, metrics in found.items()}

    def checks(self, path: str) -> list[str]:
        """The metrics of a shard whose fits are asked for them, sorted; none for what cannot be."""
        study, shard = self.shards[path]
        if not study.methods[shard.method].method.edits_any:
            return []
        return [metric for metric in self.metrics(shard.dataset) if METRICS[metric].asked]

    def scored_as(self, path: str) -> list[str]:
        """The presets whose rules of evaluation score a shard, see `plan.scored_as`."""
        _, shard = self.shards[path]
        presets = (scored_as(study, shard.method, shard.preset) for study in self.sharing(path))
        return list(dict.fromkeys(preset for found in presets for preset in found))

    @cached_property
    def analyses(self) -> dict[tuple[str, str], str]:
        """Analysis and dataset -> the first study that asks for a table or figure of it."""
        found: dict[tuple[str, str], str] = {}
        for id, study in self.studies.items():
            config = study.config
            for asked in asked_for(config.tables, config.figures, study.datasets):
                for dataset in asked.datasets:
                    found.setdefault((asked.output.analysis, dataset), id)
        return found

    def rows_file(self, study: str) -> Path:
        """Where all numbers of a study are."""
        name = f"studies/{study}.parquet" if study else "metrics.parquet"
        return self.results / name

    def outputs(self, kind: Kind) -> dict[str, str]:
        """The tables or figures that are asked for, by id -> the study that asks."""
        return {id: s for s, study in self.studies.items() for id in getattr(study.config, kind)}

    def owner(self, kind: Kind, id: str) -> str:
        """The study that a table or figure, asked for or not, is made of.

        Raises ConfigError, with what each study says, where none can make it.
        """
        if id in (asked := self.outputs(kind)):
            return asked[id]
        said = []
        for name, study in self.studies.items():
            try:
                check_target(kind, id, study)
            except ConfigError as error:
                said.append(str(error))
            else:
                return name
        raise ConfigError("\n".join(dict.fromkeys(said)))

    def making(self, kind: Kind, id: str) -> Benchmark:
        """The study that `owner` names."""
        return self.studies[self.owner(kind, id)]


def load_run(
    content: Mapping[str, Any], name: str = "config", folder: str | Path | None = None
) -> Run:
    """Validate the content of the file of a study or of a run of studies, as `load_config` does."""
    studies, experiments = load_studies(content, name, folder)
    _check_outputs(studies, name)
    return Run(_apart(studies) if "" not in studies else studies, experiments)


def _apart(studies: Mapping[str, Benchmark]) -> dict[str, Benchmark]:
    """The studies with names of their own for blocks and shards that an earlier one has otherwise.

    A shard is shared where seeds, tasks and hyperparameters are equal, and its first stage is.
    """
    known_blocks: dict[tuple[str, str], tuple[str, ...]] = {}
    known_shards: dict[str, tuple[Benchmark, Shard]] = {}
    named = {}
    for id, study in studies.items():
        study = replace(study, study=id)
        other = set()
        for dataset in study.datasets:
            for block, tasks in blocks(study, dataset).items():
                if known_blocks.setdefault((dataset, block), tasks) != tasks:
                    other.add(dataset)
        study = replace(study, own_blocks=frozenset(other))
        shards = {s.path: (study, s) for s in with_first_stages(expand(study))}
        both = shards.keys() & known_shards.keys()
        own = [path for path in both if _identity(*shards[path]) != _identity(*known_shards[path])]
        known_shards = shards | known_shards
        named[id] = replace(study, own_shards=frozenset(own))
    return named


def _identity(study: Benchmark, shard: Shard) -> str:
    stages: Iterable[Shard] = (shard, shard.stage1) if shard.stage1 else (shard,)
    return json.dumps([shard_settings(study, stage) for stage in stages], sort_keys=True)


def _check_outputs(studies: Mapping[str, Benchmark], name: str) -> None:
    """Raise ConfigError where two studies ask for one table or figure: they would differ."""
    kinds: tuple[Kind, ...] = ("tables", "figures")
    for kind in kinds:
        first: dict[str, str] = {}
        for id, study in studies.items():
            for output in getattr(study.config, kind):
                if (other := first.setdefault(output, id)) != id:
                    raise ConfigError(f"{name}: studies: {other} and {id} both have {output}")
