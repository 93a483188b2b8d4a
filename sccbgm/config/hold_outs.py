"""The section `tasks` of a dataset file: what is held out, a class a kind."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PositiveInt, model_validator

from sccbgm.config.base import ColumnName, Labels, Model, Slug


class Pair(Model):
    """One task: a type of cells is held out in the target conditions."""

    id: Slug
    """Id of the task."""
    type: str | None = None
    """The type that is held out, as in the label column; null where its labels are conditions."""
    group: str
    """Column of the published tables that the task is averaged in."""
    targets: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    """Target conditions, in place of those of all tasks."""


class HeldOutTasks(Model):
    """Tasks of real data: cells of one type in the target conditions are never trained on."""

    kind: Literal["held_out"]
    column: str
    """Label column of the tasks, whose labels are `<type>_<condition>`, or `condition` itself."""
    denominators: str
    """Label column of the populations of training cells that the ratios are formed with."""
    intervene: str
    """Condition of the cells that are edited."""
    targets: tuple[str, ...] = ()
    """Conditions that the edited cells should come to, one answer each."""
    held_out: Annotated[tuple[Pair, ...], Field(min_length=1)]
    """The tasks."""
    intervene_in_train: bool = True
    """Whether the cells that are edited are trained on, in their own condition."""
    edit: tuple[str, ...] | None = None
    """Concepts that are set, to their mean over the target cells, or roles such as `condition` for
    all concepts of that column; null for those that differ between the two sides, which then may
    not vary inside either."""
    everywhere: bool = False
    """Hold the target conditions of a task out in all types, such as a dose that no model sees."""

    @model_validator(mode="after")
    def _every_pair_has_targets(self) -> HeldOutTasks:
        for pair in self.held_out:
            targets = self.targets_of(pair)
            if not targets:
                raise ValueError(f"{pair.id}: no targets, here or for all tasks")
            if self.intervene in targets or len(set(targets)) < len(targets):
                raise ValueError(
                    f"{pair.id}: targets {list(targets)} must differ from each other and from "
                    f"intervene {self.intervene!r}"
                )
        return self

    def targets_of(self, pair: Pair) -> tuple[str, ...]:
        """Target conditions of one task."""
        return self.targets if pair.targets is None else pair.targets

    @staticmethod
    def label(pair: Pair, condition: str) -> str:
        """Label of the cells of this pair's type in one condition."""
        return condition if pair.type is None else f"{pair.type}_{condition}"

    @property
    def held_out_labels(self) -> frozenset[str]:
        """Labels that some task holds out."""
        return frozenset(
            self.label(pair, target) for pair in self.held_out for target in self.targets_of(pair)
        )


class DerivedTasks(HeldOutTasks):
    """Hold-outs by rule: every type of a file in every condition that has the cells for it.

    A type is what `column` joins with the condition: a cell type, a donor, both; nothing where it
    is the condition itself.
    """

    kind: Literal["derived"]  # type: ignore[assignment]
    held_out: tuple[Pair, ...] = ()
    """Not to be set: the tasks, once the cells have been looked at."""
    each: Literal["pair", "type"] = "pair"
    """`pair` makes a task of each type and condition; `type` one of each type, whose conditions are
    held out together, each a target."""
    types: Labels | None = None
    """Only these types, null for all."""
    conditions: Labels | None = None
    """Only these conditions, null for all."""
    least: PositiveInt = 10
    """Cells that a type must have in the condition, and in `intervene`, to be a task."""


class InterventionTasks(Model):
    """Tasks of synthetic data, whose columns obs["intervention_<k>"] say the role of each cell."""

    kind: Literal["interventions"]
    denominators: ColumnName = "cell_type"
    """Label column of the populations of training cells that the ratios are formed with."""
    n_tasks: PositiveInt | None = None
    """Number of these columns; needed of a file, and known of generated cells."""
    intervene_in_train: bool = False
    """Whether the cells that are edited are trained on."""
    group: str | None = None
    """Column of the published tables; null for the dataset's id."""
