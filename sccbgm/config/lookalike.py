"""The cells that a run names for a dataset: a file in the original's format, or a look-alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from sccbgm.config.dataset import DatasetConfig
from sccbgm.config.errors import ConfigError, Faults, accepted
from sccbgm.config.places import REPOSITORY, check_h5ad, shortened
from sccbgm.config.sections import HeldOutTasks, Pathways, Stored
from sccbgm.config.sources import FileSource, LookalikeSource, OSFSource, SyntheticSource

LOOKALIKE, PUBLISHED = "lookalike", "published"
FOOTPRINTS = REPOSITORY / "resources" / "lookalike_footprints.csv"
"""Made-up footprints of pathways, for look-alikes of datasets whose own would be downloaded."""
SENTENCE = (
    "Look-alike: generated cells with the labels of this dataset, not its own cells; the numbers "
    "say nothing about these."
)
N_CELLS, N_GENES = 10_000, 5000
"""Of a look-alike whose dataset file states no sizes."""


def check_ids(files: Mapping[str, str], known: Iterable[str], where: str) -> None:
    """Raise ConfigError, with a line each, for keys of `files` that are no dataset."""
    faults, ids = Faults(), sorted(known)
    faults.lines = [f"{where}: {accepted(id, ids, 'dataset')}" for id in files if id not in ids]
    faults.stop()


def with_file(config: DatasetConfig, given: str | None, where: str) -> DatasetConfig:
    """The dataset with the cells that a run names for it, its own where that is None.

    given: a path, "lookalike", or "published" for the paper's file of a generated dataset. A file
    with fewer cells than `expected` says so in `reduced`, and so does a look-alike.

    Raises ConfigError, which begins with `where`, for a file that is not there or no AnnData, and
    for a dataset of which there can be no look-alike, or is no published file.
    """
    if given == LOOKALIKE:
        config = config.model_copy(update={"source": LookalikeSource(kind="lookalike")})
    elif given == PUBLISHED:
        if config.published is None:
            raise ConfigError(f"{where}: {config.id} has no `published` file in place of its own")
        config = _not_generated(config, config.published)
    elif given is not None:
        config = _with_path(config, Path(given), where)
    return as_lookalike(config, where) if isinstance(config.source, LookalikeSource) else config


def as_lookalike(config: DatasetConfig, where: str) -> DatasetConfig:
    """A dataset whose source is a look-alike, with its sizes, footprints, and what it says."""
    if not isinstance(config.tasks, HeldOutTasks) or config.columns.condition is None:
        raise ConfigError(f"{where}: a look-alike needs held_out tasks and columns.condition")
    if any(isinstance(concept, Stored) for concept in config.concepts):
        raise ConfigError(f"{where}: a look-alike has labels alone, no `stored` concepts")
    if config.columns.others:
        raise ConfigError(
            f"{where}: a look-alike has types and conditions alone, no columns.others"
        )
    source, expected = config.source, config.expected
    assert isinstance(source, LookalikeSource)
    sizes = {
        "n_cells": source.n_cells or expected.cells or N_CELLS,
        "n_genes": source.n_genes or expected.genes or N_GENES,
    }
    footprints = {"file": str(shortened(FOOTPRINTS))}
    return config.model_copy(
        update={
            "source": source.model_copy(update=sizes),
            "concepts": tuple(
                concept.model_copy(update=footprints)
                if isinstance(concept, Pathways) and concept.file is None
                else concept
                for concept in config.concepts
            ),
            "reduced": " ".join(filter(None, (config.reduced, SENTENCE))),
        }
    )


def _with_path(config: DatasetConfig, path: Path, where: str) -> DatasetConfig:
    try:
        if not path.exists():
            raise ConfigError(f"found {str(path)!r}; there is no file {path.absolute()}")
        check_h5ad(path)
        n_cells = _n_cells(path)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None
    said, expected = config.reduced, config.expected.cells
    if expected is not None and n_cells < expected:
        fewer = f"Reduced: {n_cells:,} of {expected:,} cells (the file {path.name})."
        said = " ".join(filter(None, (said, fewer)))
    config = _not_generated(config, FileSource(kind="file", path=str(path)))
    return config.model_copy(update={"reduced": said})


def _not_generated(config: DatasetConfig, source: FileSource | OSFSource) -> DatasetConfig:
    """The dataset with a file, of as many tasks as the generator made where there was one."""
    tasks = config.tasks
    if isinstance(config.source, SyntheticSource):
        tasks = tasks.model_copy(update={"n_tasks": config.source.n_tasks})
    return config.model_copy(update={"source": source, "tasks": tasks})


def _n_cells(path: Path) -> int:
    """Rows of an AnnData file's obs. Raises ConfigError where it has none."""
    import h5py

    try:
        with h5py.File(path) as file:
            obs = file["obs"]
            table = obs[obs.attrs["_index"]] if isinstance(obs, h5py.Group) else obs
            return int(table.shape[0])
    except (OSError, KeyError) as error:
        raise ConfigError(
            f"found {str(path)!r}, which has no obs ({error}); expected an AnnData file (.h5ad)"
        ) from None
