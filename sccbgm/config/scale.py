"""A study at reduced size: fewer cells, genes, tasks, seeds, epochs; every number says so."""

from __future__ import annotations

from typing import Any

from pydantic import PositiveInt

from sccbgm.config.dataset import DatasetConfig
from sccbgm.config.errors import ConfigError
from sccbgm.config.sections import Model, Preprocess
from sccbgm.config.sources import SyntheticSource


class Scale(Model):
    """At most so much of everything, null for all of it.

    cells, genes: of each synthetic dataset; the counts per gene that expression is normalised to
    stay as they are. tasks: the first ones of each dataset. seeds: the first ones. settings: points
    of each method's grid, drawn by key. epochs, width, batch: of every network, in place of larger
    `epochs`, `hidden_dim` and `batch_size`.
    """

    cells: PositiveInt | None = None
    genes: PositiveInt | None = None
    tasks: PositiveInt | None = None
    seeds: PositiveInt | None = None
    epochs: PositiveInt | None = None
    width: PositiveInt | None = None
    batch: PositiveInt | None = None
    settings: PositiveInt | None = None

    @property
    def caps(self) -> dict[str, int]:
        """Hyperparameter -> its largest value."""
        caps = {"epochs": self.epochs, "hidden_dim": self.width, "batch_size": self.batch}
        return {key: cap for key, cap in caps.items() if cap is not None}

    def dataset(self, config: DatasetConfig, name: str) -> DatasetConfig:
        """A dataset at this size, which says so in `reduced`.

        Raises ConfigError, naming the file `name`, for one whose cells are not generated.
        """
        if not isinstance(config.source, SyntheticSource):
            raise ConfigError(
                f"{name}: scale: {config.id} has cells of a file, which cannot be generated smaller"
            )
        source = config.source
        sizes = {"n_cells": self.cells, "n_genes": self.genes, "n_tasks": self.tasks}
        smaller: dict[str, Any] = {
            key: size
            for key, size in sizes.items()
            if size is not None and size < getattr(source, key)
        }
        said = [
            f"{size:,} of {getattr(source, key):,} {key.removeprefix('n_')}"
            for key, size in smaller.items()
        ]
        seeds = config.seeds[: self.seeds] if config.seeds and self.seeds else config.seeds
        sentence = f"Reduced study: {', '.join([*said, *self._limits()])}."
        return config.model_copy(
            update={
                "source": source.model_copy(update=smaller),
                "preprocess": self._per_gene(config),
                "seeds": seeds,
                "reduced": " ".join(filter(None, (config.reduced, sentence))),
            }
        )

    def _limits(self) -> list[str]:
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
        """Preprocessing whose counts per cell shrink with the genes."""
        settings, all_genes = config.preprocess, getattr(config.source, "n_genes", 0)
        if self.genes is None or self.genes >= all_genes or settings.target_sum == "median":
            return settings
        return settings.model_copy(
            update={"target_sum": settings.target_sum * self.genes / all_genes}
        )
