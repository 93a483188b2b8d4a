"""A study at reduced size: fewer cells, genes, tasks, seeds, epochs; every number says so."""

from __future__ import annotations

from collections import defaultdict
from typing import Annotated, Any

from pydantic import Field, PositiveInt

from sccbgm.config.base import Model
from sccbgm.config.dataset import DatasetConfig
from sccbgm.config.sections import HeldOutTasks, Pair, Pathways, Preprocess
from sccbgm.config.sources import LookalikeSource, SyntheticSource

FEWEST = 10
"""Cells of each kind that a held-out pair of a smaller synthetic dataset must have."""


class Scale(Model):
    """At most so much of everything, null for all of it."""

    cells: PositiveInt | None = None
    """Cells of each dataset: generated ones (a held-out pair then needs fewer, in proportion), or
    a part of a file's, of each population its share."""
    genes: PositiveInt | None = None
    """Genes: generated ones (the counts per gene that expression is normalised to stay as they
    are), or selected ones; of a dataset with pathways all stay."""
    tasks: PositiveInt | None = None
    """Tasks of each dataset: of real cells the first of each group in turn, of others the first."""
    seeds: PositiveInt | None = None
    """Seeds, the first ones; two at least where a `calibration__DATASET` is asked for."""
    epochs: PositiveInt | None = None
    """Epochs of every network."""
    width: PositiveInt | None = None
    """Width of the hidden layers of every network."""
    batch: Annotated[int, Field(ge=2)] | None = None
    """Cells of a training step."""
    settings: PositiveInt | None = None
    """Points of each method's grid, drawn by key."""

    @property
    def caps(self) -> dict[str, int]:
        """Hyperparameter -> its largest value."""
        caps = {"epochs": self.epochs, "hidden_dim": self.width, "batch_size": self.batch}
        return {key: cap for key, cap in caps.items() if cap is not None}

    def dataset(self, config: DatasetConfig) -> DatasetConfig:
        """A dataset at this size, which says so in `reduced`."""
        smaller = config if self.tasks is None else first_tasks(config, self.tasks)
        if isinstance(config.source, SyntheticSource | LookalikeSource):
            smaller = self._generated(smaller)
        else:
            smaller = self._of_file(smaller)
        said = _smaller(config, smaller)
        sentence = f"Reduced study: {', '.join([*said, *self.limits])}."
        reduced = " ".join(filter(None, (config.reduced, sentence)))
        return smaller.model_copy(update={"reduced": reduced})

    def _generated(self, config: DatasetConfig) -> DatasetConfig:
        """Fewer generated cells and genes."""
        sizes = {"n_cells": self.cells, "n_genes": self.genes}
        fewer = {key: _least(getattr(config.source, key), cap) for key, cap in sizes.items()}
        source = config.source.model_copy(update=fewer)
        if isinstance(source, SyntheticSource) and isinstance(config.source, SyntheticSource):
            needed = round(source.min_cells * source.n_cells / config.source.n_cells)
            least = min(source.min_cells, max(FEWEST, needed))
            source = source.model_copy(update={"min_cells": least})
        return config.model_copy(update={"source": source, "preprocess": self._per_gene(config)})

    def _of_file(self, config: DatasetConfig) -> DatasetConfig:
        """A part of a file's cells, and fewer selected genes."""
        changed: dict[str, Any] = {}
        if self.cells is not None and self.cells < (config.n_cells or self.cells + 1):
            changed["sample"] = self.cells
        if self.genes is not None and not any(isinstance(c, Pathways) for c in config.concepts):
            selected = {"n_top_genes": _least(config.preprocess.n_top_genes, self.genes)}
            changed["preprocess"] = config.preprocess.model_copy(update=selected)
        return config.model_copy(update=changed)

    @property
    def limits(self) -> list[str]:
        """The limits that are not the dataset's, in words."""
        words = {
            "seeds": "seeds at most {}",
            "settings": "settings of a grid at most {}",
            "epochs": "epochs at most {}",
            "width": "hidden layers at most {} wide",
            "batch": "cells a step at most {}",
        }
        limits = {name: getattr(self, name) for name in words}
        return [words[name].format(n) for name, n in limits.items() if n is not None]

    def _per_gene(self, config: DatasetConfig) -> Preprocess:
        """Preprocessing whose counts per cell shrink with the genes of a synthetic dataset."""
        settings, source = config.preprocess, config.source
        if not isinstance(source, SyntheticSource) or settings.target_sum == "median":
            return settings
        share = min(1.0, (self.genes or source.n_genes) / source.n_genes)
        return settings.model_copy(update={"target_sum": settings.target_sum * share})


def first_tasks(config: DatasetConfig, n_tasks: int) -> DatasetConfig:
    """A dataset with some of its tasks, which are the same as among more.

    Of real cells the first of every group in turn, then the second of every group, and so on; of
    others the first.
    """
    source, tasks = config.source, config.tasks
    if isinstance(tasks, HeldOutTasks):
        chosen = tasks.model_copy(update={"held_out": _of_every_group(tasks.held_out, n_tasks)})
        expected = config.expected.model_copy(update={"tasks": None})
        return config.model_copy(update={"tasks": chosen, "expected": expected})
    n_tasks = min(n_tasks, config.n_interventions)
    if isinstance(source, SyntheticSource):
        return config.model_copy(update={"source": source.model_copy(update={"n_tasks": n_tasks})})
    return config.model_copy(update={"tasks": tasks.model_copy(update={"n_tasks": n_tasks})})


def _of_every_group(pairs: tuple[Pair, ...], n: int) -> tuple[Pair, ...]:
    """n pairs of as many groups as possible, in the order of the file."""
    place: dict[str, int] = defaultdict(int)
    turn = []
    for at, pair in enumerate(pairs):
        turn.append((place[pair.group], at))
        place[pair.group] += 1
    return tuple(pairs[at] for at in sorted(at for _, at in sorted(turn)[:n]))


def _least(size: int | None, cap: int | None) -> int | None:
    """The smaller one, where null is no limit."""
    return min((n for n in (size, cap) if n is not None), default=None)


def _smaller(before: DatasetConfig, after: DatasetConfig) -> list[str]:
    """What became fewer: "2,000 of 24,054 cells"."""

    def sizes(config: DatasetConfig) -> dict[str, int | None]:
        genes = getattr(config.source, "n_genes", None) or config.preprocess.n_top_genes
        return {"cells": config.n_cells, "genes": genes, "tasks": len(config.task_ids)}

    said = []
    for (what, n), all_of_them in zip(sizes(after).items(), sizes(before).values(), strict=True):
        if n is not None and n != all_of_them:
            part = "at most " if what == "cells" and after.sample is not None else ""
            of = "" if all_of_them is None else f" of {all_of_them:,}"
            said.append(f"{part}{n:,}{of} {what}")
    return said
