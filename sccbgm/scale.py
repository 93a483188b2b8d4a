"""A study at reduced size: fewer cells, genes, tasks, seeds and epochs, and always labelled so."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, PositiveInt

from sccbgm.config_errors import ConfigError
from sccbgm.data.config import DatasetConfig
from sccbgm.data.sources import SyntheticSource


class Scale(BaseModel):
    """At most so much of everything, null for all of it.

    cells, genes: of each synthetic dataset. tasks: the first ones of each dataset. seeds: the
    first ones. epochs, width: of every network, in place of larger `epochs` and `hidden_dim`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    cells: PositiveInt | None = None
    genes: PositiveInt | None = None
    tasks: PositiveInt | None = None
    seeds: PositiveInt | None = None
    epochs: PositiveInt | None = None
    width: PositiveInt | None = None

    @property
    def caps(self) -> dict[str, int]:
        """Hyperparameter -> its largest value."""
        caps = {"epochs": self.epochs, "hidden_dim": self.width}
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
        said += [f"at most {n} seeds" for n in (self.seeds,) if n is not None]
        said += [f"at most {n} epochs" for n in (self.epochs,) if n is not None]
        said += [f"hidden layers of at most {n}" for n in (self.width,) if n is not None]
        seeds = config.seeds[: self.seeds] if config.seeds and self.seeds else config.seeds
        sentence = f"Reduced study: {', '.join(said)}."
        return config.model_copy(
            update={
                "source": source.model_copy(update=smaller),
                "seeds": seeds,
                "reduced": " ".join(filter(None, (config.reduced, sentence))),
            }
        )


def first_tasks(config: DatasetConfig, n_tasks: int, name: str) -> DatasetConfig:
    """A synthetic dataset with its first tasks alone, which are the same as among more.

    Raises ConfigError, naming the file `name`, for one whose cells are not generated.
    """
    if not isinstance(config.source, SyntheticSource):
        raise ConfigError(f"{name}: tasks: {config.id} has tasks of its own, not generated ones")
    fewer = min(n_tasks, config.source.n_tasks)
    return config.model_copy(update={"source": config.source.model_copy(update={"n_tasks": fewer})})
