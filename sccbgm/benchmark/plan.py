"""The members and shards of a run, known from its configuration alone: no cell is read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from sccbgm.config.run import Benchmark, ConfigError
from sccbgm.config.sources import SyntheticSource
from sccbgm.protocol.member import Member

T = TypeVar("T")


@dataclass(frozen=True)
class Shard:
    """The members that one job trains together: variants x seeds x tasks.

    stage1: the first stage's shard that a second-stage method continues from.
    """

    dataset: str
    preset: str
    method: str
    seeds: tuple[int, ...]
    name: str
    tasks: tuple[str, ...]
    variants: tuple[str, ...]
    stage1: Shard | None = None

    @property
    def path(self) -> str:
        """Where its files are, below `fits/`, `predictions/`, `metrics/`."""
        return f"{self.dataset}/{self.preset}/{self.method}/{self.name}"

    @property
    def block(self) -> str:
        """The block of tasks that it is about, a name of `blocks`."""
        return self.name.rpartition("-")[2]

    @property
    def members(self) -> tuple[Member, ...]:
        """Its members; the task changes fastest, then the seed."""
        return tuple(
            Member(self.dataset, task, self.method, seed, variant, self.preset)
            for variant in self.variants
            for seed in self.seeds
            for task in self.tasks
        )


def expand(benchmark: Benchmark) -> list[Shard]:
    """The shards of every listed method, in the order of the configuration.

    A shard is a block of `shard.seeds` seeds, the default variant or a group of others whose shapes
    are equal, and a block of tasks; its name has the seeds. So a new method, seed, task or variant
    adds shards and changes none, but for the last block of tasks or seeds and the last group where
    these were not full.
    """
    return [
        shard
        for dataset in benchmark.datasets
        for method in benchmark.config.methods
        if _applies(benchmark, dataset, method)
        for preset in presets(benchmark, method)
        for shard in _shards(benchmark, dataset, method, preset)
    ]


def blocks(benchmark: Benchmark, dataset: str) -> dict[str, tuple[str, ...]]:
    """Name of a block -> its tasks, `shard.tasks` of them; blocks in the order of the dataset file.

    Sorted inside a block, so that their order there is no reason to train again.
    """
    prefix = f"{benchmark.study}_" if dataset in benchmark.own_blocks else ""
    tasks = batched(benchmark.tasks(dataset), benchmark.config.shard.tasks)
    return {f"{prefix}block{i}": tuple(sorted(block)) for i, block in enumerate(tasks)}


def _applies(benchmark: Benchmark, dataset: str, method: str) -> bool:
    generated = isinstance(benchmark.datasets[dataset].source, SyntheticSource)
    return generated or not benchmark.methods[method].method.generated_only


def with_first_stages(shards: list[Shard]) -> list[Shard]:
    """The shards to train: the given ones and the first stages that they build on, each once."""
    first = (shard.stage1 for shard in shards if shard.stage1 is not None)
    return list({shard.path: shard for shard in (*first, *shards)}.values())


def presets(benchmark: Benchmark, method: str) -> tuple[str, ...]:
    """The presets of the run that say something about this method or its first stage.

    A method without a "reference" preset would give the recommended result twice.
    `reference_methods` keeps that preset to some of the methods.
    """
    chosen = benchmark.config.reference_methods
    wanted = tuple(
        preset
        for preset in benchmark.config.presets
        if _has_preset(benchmark, method, preset)
        and (preset == "recommended" or chosen is None or method in chosen)
    )
    return wanted or ("recommended",)


def scored_as(benchmark: Benchmark, method: str, preset: str) -> tuple[str, ...]:
    """The presets whose rules of evaluation score what a method predicted with one preset.

    Its own. A method without a "reference" preset predicts the same in both, but its ratios can
    differ: where the run asks for it, what it predicted is scored by the rules of both.
    """
    chosen, own = benchmark.config.reference_methods, presets(benchmark, method)
    asked = [
        wanted
        for wanted in benchmark.config.presets
        if wanted == "recommended" or chosen is None or method in chosen
    ]
    return tuple(p for p in asked if p == preset or p not in own) or (preset,)


def _has_preset(benchmark: Benchmark, method: str, preset: str) -> bool:
    declared = benchmark.methods[method].method
    if preset == "recommended" or preset in declared.presets:
        return True
    return declared.builds_on is not None and _has_preset(benchmark, declared.builds_on, preset)


def _shards(
    benchmark: Benchmark,
    dataset: str,
    method: str,
    preset: str,
    only: tuple[int, ...] | None = None,
) -> Iterator[Shard]:
    """The shards of a method: all, or those of the seeds `only`."""
    groups = _architectures(benchmark, dataset, method, preset)
    for seeds in batched(benchmark.seeds(dataset), benchmark.config.shard.seeds):
        if only not in (None, seeds):
            continue
        label = "seed" + "_".join(map(str, seeds))
        for group, variants in groups.items():
            for block, tasks in _divided(benchmark, dataset, method, len(seeds)):
                name = "-".join(part for part in (label, group, block) if part)
                shard = Shard(dataset, preset, method, seeds, name, tasks, variants)
                if shard.path in benchmark.own_shards:
                    shard = replace(shard, name=f"{benchmark.study}-{name}")
                yield _with_stage1(benchmark, shard)


def _divided(
    benchmark: Benchmark, dataset: str, method: str, seeds: int
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Name and tasks of each block, or of its parts where a job of the method has few members."""
    most = _members_a_job(benchmark, method)
    for block, tasks in blocks(benchmark, dataset).items():
        if most is None:
            yield block, tasks
            continue
        for i, part in enumerate(batched(tasks, max(1, most // seeds))):
            yield f"part{i}-{block}", part


def _members_a_job(benchmark: Benchmark, method: str) -> int | None:
    """The fewest of a method and of its first stage, whose jobs have the same tasks."""
    declared = benchmark.methods[method].method
    first = declared.builds_on and _members_a_job(benchmark, declared.builds_on)
    return min((n for n in (declared.members_a_job, first) if n), default=None)


def batched(items: Sequence[T], size: int) -> Iterator[tuple[T, ...]]:
    """Blocks of `size` items in their order, the last one shorter where it does not come out."""
    for start in range(0, len(items), size):
        yield tuple(items[start : start + size])


def _architectures(
    benchmark: Benchmark, dataset: str, method: str, preset: str
) -> dict[str, tuple[str, ...]]:
    """Name of a group ("" for the default variant, which studies share) -> its variants.

    The others are together where their shapes are equal; a second-stage method's variants are apart
    where its first stage's are.
    """
    groups: dict[str, tuple[str, ...]] = {}
    for variant in sorted(benchmark.methods[method].variants):
        shapes = _shapes(benchmark, dataset, method, preset, variant)
        digest = hashlib.blake2b(shapes.encode(), digest_size=4).hexdigest()
        name = "" if variant == "default" else digest
        groups[name] = (*groups.get(name, ()), variant)
    return groups


def _shapes(benchmark: Benchmark, dataset: str, method: str, preset: str, variant: str) -> str:
    entry = benchmark.methods[method]
    shapes = entry.architecture(dataset, preset, variant)
    stage1 = entry.method.builds_on
    if stage1 is None:
        return shapes
    first = _variant_of_stage1(benchmark, stage1, variant)
    of_default = "default" if first == "default" else ""
    return shapes + of_default + _shapes(benchmark, dataset, stage1, preset, first)


def _variant_of_stage1(benchmark: Benchmark, stage1: str, variant: str) -> str:
    """A variant continues from the first stage's variant of the same name, else from its own."""
    return variant if variant in benchmark.methods[stage1].variants else "default"


def _with_stage1(benchmark: Benchmark, shard: Shard) -> Shard:
    """The shard with the first stage's shard that holds what all its members build on."""
    stage1 = benchmark.methods[shard.method].method.builds_on
    if stage1 is None:
        return shard
    preset = shard.preset if shard.preset in presets(benchmark, stage1) else "recommended"
    wanted = {_variant_of_stage1(benchmark, stage1, variant) for variant in shard.variants}
    for candidate in _shards(benchmark, shard.dataset, stage1, preset, shard.seeds):
        if candidate.tasks == shard.tasks and wanted <= set(candidate.variants):
            return replace(shard, stage1=candidate)
    raise ConfigError(
        f"variants.{shard.method}: {sorted(wanted)} of {stage1}, which it builds on, are not in "
        "one shard; give both methods variants of the same names"
    )
