"""The sections of a dataset file: columns, subtypes, preprocessing, concepts, tasks."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, model_validator

ROLES = ("broad", "subtype", "condition")
"""The roles that this project knows; a dataset file can have others."""
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]*$")]
ColumnName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][^/]*$")]
"""Of an obs column that the clean file has; a slash would be a folder in HDF5."""
Amount = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Labels = Annotated[tuple[str, ...], Field(min_length=1)]
Dropped = Annotated[tuple[str | None, ...], Field(min_length=1)]
"""Labels, and null for cells without one."""


class Model(BaseModel):
    """A section: frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Column(Model):
    """Which obs column plays a role, and what it must hold.

    names: columns to look for; the first that exists and holds only accepted labels is taken.
    labels: accepted labels (besides those that are dropped); null accepts all.
    numbers: the labels are these numbers, in whatever type the file has them; they become the
        text of a Python float, such as "1.0".
    groups: instead of `names`, broad label -> the subtypes that it is made of.
    """

    names: tuple[str, ...] = ()
    labels: Labels | None = None
    numbers: Annotated[tuple[float, ...], Field(min_length=1)] | None = None
    groups: Annotated[dict[str, Labels], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> Column:
        if bool(self.names) == (self.groups is not None):
            raise ValueError("expected either `names` or `groups`")
        if sum(x is not None for x in (self.labels, self.numbers, self.groups)) > 1:
            raise ValueError("expected one of `labels`, `numbers`, `groups`")
        subtypes = [name for names in (self.groups or {}).values() for name in names]
        if twice := sorted({name for name in subtypes if subtypes.count(name) > 1}):
            raise ValueError(f"groups: {twice} in more than one group")
        return self

    @property
    def order(self) -> tuple[str, ...] | None:
        """Labels in the order of the file, which is the order of one-hot concepts."""
        if self.numbers is not None:
            return tuple(str(number) for number in self.numbers)
        return tuple(self.groups) if self.groups is not None else self.labels


class Columns(Model):
    """Roles of the obs columns, and labels composed of them.

    `others` are roles with names of your own, such as a donor or a batch, for labels, concepts and
    `preprocess.drop`. `labels` maps the name of a label column to the roles that it joins with
    "_", such as {L2_stim: [subtype, condition]}.
    """

    broad: Column | None = None
    subtype: Column | None = None
    condition: Column | None = None
    others: dict[ColumnName, Column] = {}
    labels: dict[ColumnName, Annotated[tuple[str, ...], Field(min_length=1)]] = {}

    @property
    def roles(self) -> dict[str, Column]:
        """The roles that the file gives a column, by name."""
        own = {role: getattr(self, role) for role in ROLES}
        return {name: column for name, column in own.items() if column is not None} | self.others

    @model_validator(mode="after")
    def _groups_only_broad(self) -> Columns:
        for role, column in self.roles.items():
            if role != "broad" and column.groups is not None:
                raise ValueError(f"{role}.groups: only the broad type can be grouped")
        for key, others in (("others", ROLES), ("labels", {*ROLES, *self.others})):
            if taken := sorted(set(others) & set(getattr(self, key))):
                raise ValueError(f"{key}: {taken} are names of roles, expected others")
        return self


class Subtypes(Model):
    """Subtypes found by clustering: Harmony on the condition, Leiden inside each broad type.

    `clusters` is the number of subtypes wanted in each broad type.
    """

    clusters: Annotated[dict[str, PositiveInt], Field(min_length=1)]
    n_pcs: PositiveInt = 50
    n_neighbors: PositiveInt = 15
    harmony_iterations: PositiveInt = 10


class Preprocess(Model):
    """From the file's matrix to log-normalised genes.

    input: what X holds. Counts must be whole numbers; where there are none, a matrix that is
        log-normalised is taken as it is, if the sums of expm1(x) over the genes of a cell are the
        same in all cells. "lognorm" declares ln(1 + normalised counts) where they are not, for
        instance because some genes were left out; it is taken as it is.
    target_sum: counts per cell after normalisation; "median" is the median library size.
    n_top_genes: genes kept, null for all; chosen as `gene_selection` says (the published numbers
        use highly variable genes, the paper's text says most highly expressed ones).
    selection_on: cells that the median and the genes are computed on: all, as in the authors'
        reference code, or only those that no task holds out.
    drop: labels of a role whose cells are not used, null for cells without a label; nothing else
        is asked of these cells. Where the column's section lists what it may hold, they may be
        gone already.
    matrix: where the values are: "X", ".raw", or the name of a layer; by default X, and where it
        has no counts but counts are wanted, the layers "counts" and "raw" and then .raw.
    """

    input: Literal["counts", "lognorm"] = "counts"
    matrix: str | None = None
    target_sum: Literal["median"] | Amount = "median"
    n_top_genes: PositiveInt | None = 3000
    gene_selection: Literal["hvg", "mean_expression"] = "hvg"
    selection_on: Literal["all", "train"] = "all"
    drop: dict[str, Dropped] = {}


class OneHot(Model):
    """One hard concept for each label of a column, named as the label."""

    kind: Literal["one_hot"]
    column: str


class Binary(Model):
    """One hard concept: 1 where the column is `one`, else 0."""

    kind: Literal["binary"]
    column: str
    one: str
    name: Annotated[str, Field(min_length=1)]


class Parts(Model):
    """One hard concept for each part of a column's labels, such as A and B of "A+B".

    none: parts that are no concept, such as the control.
    """

    kind: Literal["parts"]
    column: str
    separator: Annotated[str, Field(min_length=1)] = "+"
    none: tuple[str, ...] = ()


class LogDose(Model):
    """One soft concept, ln(1 + dose) / ln(1 + max), with values in [0, 1].

    The column holds numbers, or text such as "0.1 uM" with the same unit in every cell.
    """

    kind: Literal["log_dose"]
    column: str
    name: Annotated[str, Field(min_length=1)]
    max: Amount


class Stored(Model):
    """Concepts as they are in the DataFrame obsm[key], with values in [0, 1], NaN if not annotated.

    Those with only 0 and 1 are hard, but for the ones named in `soft`.
    """

    kind: Literal["stored"]
    key: str = "concepts"
    soft: tuple[str, ...] = ()


class Pathways(Model):
    """One soft concept a pathway: its activity in each cell, min-max scaled over the dataset.

    file: csv of footprints (source, target, weight, p_value); null for PROGENy, which decoupler
        then downloads for the organism.
    top: genes of each pathway, those of least p-value.
    method: decoupler's, "mlm" (all pathways in one linear model) or "ulm" (one at a time).
    """

    kind: Literal["pathways"]
    file: str | None = None
    organism: Literal["mouse", "human"] = "mouse"
    top: PositiveInt = 100
    method: Literal["mlm", "ulm"] = "mlm"


Concept = Annotated[
    OneHot | Binary | Parts | LogDose | Stored | Pathways, Field(discriminator="kind")
]


class Pair(Model):
    """One task: `type` is held out in the target conditions.

    `group` is the column of the published tables; `targets` replaces those of all tasks. Without
    `type` the condition itself is the label.
    """

    id: Slug
    type: str | None = None
    group: str
    targets: Annotated[tuple[str, ...], Field(min_length=1)] | None = None


class HeldOutTasks(Model):
    """Tasks of real data: cells of one type in the target conditions are never trained on.

    column: label column, "<type>_<condition>".
    denominators: label column whose groups of training cells the ratios are formed with.
    intervene, targets: condition of the edited cells, and of the cells they should become.
    edit: concepts to edit, to their mean over the target cells, or roles such as `condition` for
        all concepts that are made of that column; by default those that differ between the two
        sides, which then must be constant within each.
    everywhere: hold the target conditions of a task out in all types, not only in its own: a dose
        that no model has seen.
    """

    kind: Literal["held_out"]
    column: str
    denominators: str
    intervene: str
    targets: tuple[str, ...] = ()
    held_out: Annotated[tuple[Pair, ...], Field(min_length=1)]
    intervene_in_train: bool = True
    edit: tuple[str, ...] | None = None
    everywhere: bool = False

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

    A pair of type and condition counts where the type has at least `least` cells in the condition
    and as many in `intervene`. A type is what `column` joins with the condition: a cell type, a
    donor, both; nothing where it is the condition itself.
    each: "pair" makes a task of each pair, "type" one of each type, whose conditions are held out
        together, each a target.
    types, conditions: only these, null for all. `held_out` is empty until the file has been looked
    at.
    """

    kind: Literal["derived"]  # type: ignore[assignment]
    held_out: tuple[Pair, ...] = ()
    each: Literal["pair", "type"] = "pair"
    types: Labels | None = None
    conditions: Labels | None = None
    least: PositiveInt = 10


class InterventionTasks(Model):
    """Tasks of synthetic data, whose columns obs["intervention_<k>"] say the role of each cell.

    n_tasks: number of these columns, unless the cells come from the generator, which knows it.
    group: column of the published tables, by default the dataset's id.
    """

    kind: Literal["interventions"]
    denominators: ColumnName = "cell_type"
    n_tasks: PositiveInt | None = None
    intervene_in_train: bool = False
    group: str | None = None


class Expected(Model):
    """Sizes that the cells are known to have; others are a warning in the log and the clean file.

    cells: that are kept. genes: of the file. library_size: median counts of a cell, to 5 %.
    tasks: number of tasks that are derived from the cells. concepts: their number.
    n_labels: label column -> number of its labels. labels: label column -> label -> cells.
    """

    cells: PositiveInt | None = None
    genes: PositiveInt | None = None
    library_size: Amount | None = None
    tasks: PositiveInt | None = None
    concepts: PositiveInt | None = None
    n_labels: dict[str, PositiveInt] = {}
    labels: dict[str, dict[str, PositiveInt]] = {}
