"""The dataset file: where cells come from, how they are prepared, and what is held out.

Read when the workflow is parsed, so nothing here imports more than pydantic and PyYAML.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, PositiveInt, model_validator

from sccbgm.config.base import Model, Seed, Slug
from sccbgm.config.errors import ConfigError, accepted, validate
from sccbgm.config.places import named
from sccbgm.config.reading import read_yaml
from sccbgm.config.sections import (
    ROLES,
    Columns,
    Concept,
    DerivedTasks,
    Expected,
    HeldOutTasks,
    InterventionTasks,
    Pathways,
    Preprocess,
    Stored,
    Subtypes,
)
from sccbgm.config.sources import FileSource, LookalikeSource, OSFSource, SyntheticSource

Source = FileSource | OSFSource | SyntheticSource | LookalikeSource


class DatasetConfig(Model):
    """One dataset, `config/datasets/<id>.yaml`."""

    id: Slug
    """Id by which a run names the dataset: the name of this file."""
    title: str
    """Name of the dataset in tables and figures."""
    citation: str
    """Where the cells are from."""
    source: Annotated[Source, Field(discriminator="kind")]
    """Where the cells are, or how they are made."""
    published: OSFSource | None = None
    """The paper's file of a generated dataset, which `files` of a run can name instead."""
    sample: PositiveInt | None = None
    """Number of the file's cells to use, of each population its share; null for all."""
    columns: Columns = Columns()
    """What the columns of obs mean."""
    subtypes: Subtypes | None = None
    """How subtypes are clustered where the file has no column of `columns.subtype`; null for not at
    all."""
    preprocess: Preprocess = Preprocess()
    """How the matrix becomes log-normalised genes."""
    concepts: Annotated[tuple[Concept, ...], Field(min_length=1)]
    """What is annotated of a cell, and so can be edited."""
    tasks: Annotated[HeldOutTasks | DerivedTasks | InterventionTasks, Field(discriminator="kind")]
    """What is held out, and which cells are edited towards it."""
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1)] | None = None
    """Seeds of a run that names none."""
    n_pcs: PositiveInt | None = 128
    """Principal components that models see, fewer where a task has fewer training cells or genes;
    null for log-normalised genes."""
    expected: Expected = Expected()
    """Sizes that the cells are known to have."""
    reduced: str = ""
    """The sentence by which every result says that the cells are fewer than those of the paper's
    dataset; empty for the paper's data, and for data that are no version of these."""

    @property
    def task_ids(self) -> tuple[str, ...]:
        """Ids of this dataset's tasks in the order of the file, known without reading a cell.

        Of tasks that are derived, none before they are.
        """
        if isinstance(self.tasks, HeldOutTasks):
            return tuple(pair.id for pair in self.tasks.held_out)
        return tuple(f"intervention_{k}" for k in range(self.n_interventions))

    def joined(self, column: str) -> tuple[str, ...]:
        """The roles that a label column joins; of a role itself that alone."""
        return self.columns.labels.get(column, (column,))

    @property
    def starts_from_made(self) -> bool:
        """Whether the workflow writes the file that preprocessing reads: else it is the user's."""
        return self.sample is not None or self.source.kind != "file"

    @property
    def sizes(self) -> Expected:
        """The sizes that these cells must have: those of the file, if they are all of its cells."""
        whole = self.sample is None and not isinstance(self.source, LookalikeSource)
        return self.expected if whole else Expected()

    @property
    def n_cells(self) -> int | None:
        """Number of cells at most, None where nothing says it."""
        own = getattr(self.source, "n_cells", None) or self.expected.cells
        return min((n for n in (own, self.sample) if n is not None), default=None)

    @property
    def n_interventions(self) -> int:
        """Number of intervention columns: the generator's, or what the file is said to hold."""
        if isinstance(self.source, SyntheticSource):
            return self.source.n_tasks
        return getattr(self.tasks, "n_tasks", None) or 0

    @model_validator(mode="after")
    def _consistent(self) -> DatasetConfig:
        faults = [*self._task_faults(), *self._column_faults()]
        if self.seeds is not None and (not self.seeds or len(set(self.seeds)) < len(self.seeds)):
            faults.append(f"seeds: expected different numbers, got {list(self.seeds)}")
        if faults:
            raise ValueError("\n".join(faults))
        return self

    def _task_faults(self) -> list[str]:
        if isinstance(self.tasks, DerivedTasks):
            if self.tasks.held_out:
                return ["tasks.held_out: found pairs; expected none, they are derived"]
            roles = self.joined(self.tasks.column)
            clustered = self.subtypes is not None and "subtype" in roles
            if roles.count("condition") != 1 or roles[-1] != "condition" or clustered:
                return [
                    f"tasks.column: {self.tasks.column!r} must join a type of the file and the "
                    "condition, in this order, or be the condition itself, for tasks to be "
                    "derived from it"
                ]
        if isinstance(self.tasks, HeldOutTasks):
            twice = [name for name, n in Counter(self.task_ids).items() if n > 1]
            return [f"tasks.held_out: id {name!r} is used more than once" for name in twice]
        synthetic = isinstance(self.source, SyntheticSource)
        if synthetic and self.tasks.n_tasks is not None:
            return ["tasks.n_tasks: set source.n_tasks instead, the generator makes the tasks"]
        if not synthetic and self.tasks.n_tasks is None:
            return ["tasks.n_tasks: needed, the number of intervention_<k> columns in the file"]
        return []

    def _column_faults(self) -> list[str]:
        """References to roles and label columns that the file does not define."""
        defined = set(self.columns.roles)
        faults = []
        if self.subtypes is not None:
            if self.preprocess.selection_on == "train" and "subtype" not in defined:
                faults.append("preprocess.selection_on: `train` needs subtypes of a column")
            if "subtype" in self.preprocess.drop:
                faults.append("preprocess.drop.subtype: clusters are found after cells are dropped")
            missing = sorted({"broad", "condition"} - defined)
            faults += [f"subtypes: needs columns.{role}" for role in missing]
            defined.add("subtype")
        broad = self.columns.broad
        if broad is not None and broad.groups is not None and self.columns.subtype is None:
            faults.append("columns.broad.groups: needs columns.subtype")
        uses: list[tuple[str, str]]
        uses = [(f"columns.labels.{k}", r) for k, v in self.columns.labels.items() for r in v]
        uses += [(f"preprocess.drop.{role}", role) for role in self.preprocess.drop]
        for i, concept in enumerate(self.concepts):
            # Any other column of obs can be a concept.
            if not isinstance(concept, (Stored, Pathways)) and concept.column in ROLES:
                uses.append((f"concepts[{i}].column", concept.column))
        faults += [
            f"{where}: no columns.{name if name in ROLES else f'others.{name}'} is defined"
            for where, name in uses
            if name not in defined
        ]
        columns = sorted(defined | set(self.columns.labels))
        for key in ("column", "denominators") if isinstance(self.tasks, HeldOutTasks) else ():
            if (name := getattr(self.tasks, key)) not in columns:
                faults.append(f"tasks.{key}: {name!r} is not one of {columns}")
        for key in ("n_labels", "labels"):
            faults += [
                f"expected.{key}: {name!r} is not one of {columns}"
                for name in getattr(self.expected, key)
                if name not in columns
            ]
        return faults


def load_dataset_config(
    path: str | Path, folders: Sequence[str | Path] | None = None
) -> DatasetConfig:
    """Read and validate a dataset file.

    A file with `base: <id>` holds only what differs from that dataset's file, which is looked for
    beside it and then in `folders`: sections are merged, lists and numbers replaced.

    Raises ConfigError with a line for each fault: file, key, what was found, what is accepted.
    """
    path = Path(path)
    around = [str(path.parent.parent), *map(str, folders or ())]
    content = on_base(read_yaml(path), path, path.parent.name, around)
    config = validate(DatasetConfig, content, str(path))
    if config.id != path.stem:
        raise ConfigError(
            f"{path}: id: found {config.id!r}; expected the file's name, {path.stem!r}"
        )
    return config


def on_base(
    content: Mapping[str, Any],
    path: Path,
    kind: str,
    folders: Sequence[str],
    above: tuple[str, ...] = (),
) -> dict[str, Any]:
    """The content of a file over that of the file `<kind>/<base>.yaml` it is based on, and so on.

    path: the file, for messages. Raises ConfigError where there is no such base.
    """
    content = dict(content)
    if "base" not in content:
        return content
    above = (*above, path.stem)
    base, known = str(content.pop("base")), named(folders, kind)
    if base in above:
        raise ConfigError(f"{path}: base: found {base!r}; expected a file not based on this one")
    if base not in known:
        raise ConfigError(
            f"{path}: base: {accepted(base, [id for id in known if id not in above])}"
        )
    below = on_base(read_yaml(known[base]), known[base], kind, folders, above)
    return over(below, content)


def over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`below` with what `above` has, sections key by key; one of another `kind` is replaced."""
    both = {
        key: over(below[key], value)
        for key, value in above.items()
        if isinstance(value, Mapping) and isinstance(below.get(key), Mapping)
        if value.get("kind", below[key].get("kind")) == below[key].get("kind")
    }
    return {**below, **above, **both}
