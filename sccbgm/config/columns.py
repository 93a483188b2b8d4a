"""Sections of a dataset file: columns, subtypes, preprocessing, expected sizes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PositiveInt, model_validator

from sccbgm.config.base import Amount, ColumnName, Labels, Model

ROLES = ("broad", "subtype", "condition")
"""The roles that this project knows; a dataset file can have others."""
Dropped = Annotated[tuple[str | None, ...], Field(min_length=1)]
"""Labels, and null for cells without one."""


class Column(Model):
    """Which obs column plays a role, and what it must hold."""

    names: tuple[str, ...] = ()
    """Columns to look for; the first that exists and holds only accepted labels is taken."""
    labels: Labels | None = None
    """Accepted labels, besides those that are dropped; null accepts all."""
    numbers: Annotated[tuple[float, ...], Field(min_length=1)] | None = None
    """The labels are these numbers, in whatever type the file has them; in other keys they are the
    text of a Python float, such as "1.0"."""
    groups: Annotated[dict[str, Labels], Field(min_length=1)] | None = None
    """Instead of `names`: broad label -> the subtypes that it is made of."""

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
    """Roles of the obs columns, and labels composed of them."""

    broad: Column | None = None
    """The kind of a cell: cell type, cell line."""
    subtype: Column | None = None
    """A finer kind of a cell."""
    condition: Column | None = None
    """What was done to a cell: treatment, perturbation, dose."""
    others: dict[ColumnName, Column] = {}
    """Roles with names of your own, such as a donor, for labels, concepts and `preprocess.drop`."""
    labels: dict[ColumnName, Annotated[tuple[str, ...], Field(min_length=1)]] = {}
    """Name of a label column -> the roles that it joins with "_", as in
    `{L2_stim: [subtype, condition]}`."""

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
    """Subtypes found by clustering: Harmony on the condition, Leiden inside each broad type."""

    clusters: Annotated[dict[str, PositiveInt], Field(min_length=1)]
    """Broad type -> the number of subtypes wanted in it."""
    n_pcs: PositiveInt = 50
    """Principal components that the cells are clustered in."""
    n_neighbors: PositiveInt = 15
    """Neighbours of a cell in the graph that is clustered."""
    harmony_iterations: PositiveInt = 10
    """Rounds of Harmony at most."""


class Preprocess(Model):
    """From the file's matrix to log-normalised genes."""

    input: Literal["counts", "lognorm"] = "counts"
    """What the matrix holds: `counts` are whole numbers, and where there are none, values are taken
    as they are if the sums of expm1(x) over the genes are the same in all cells; `lognorm` declares
    ln(1 + normalised counts) where they are not, for instance because genes were left out."""
    matrix: str | None = None
    """Where the values are: `X`, `.raw` or a layer; without it X, and where counts are wanted and X
    has none, the layers `counts` and `raw`, then `.raw`."""
    target_sum: Literal["median"] | Amount = "median"
    """Counts of a cell after normalisation; `median` is the median library size."""
    n_top_genes: PositiveInt | None = 3000
    """Genes that are kept, null for all."""
    gene_selection: Literal["hvg", "mean_expression"] = "hvg"
    """Which genes: highly variable ones, as for the published numbers, or those with the highest
    mean, as the paper's text says."""
    selection_on: Literal["all", "train"] = "all"
    """Cells that the median and the genes are computed on: all, as in the authors' code, or only
    those that no task holds out."""
    drop: dict[str, Dropped] = {}
    """Role -> labels whose cells are not used, null for cells without a label; nothing else is
    asked of these cells."""


class Expected(Model):
    """Sizes that the cells are known to have; others are a warning, in the log and clean file."""

    cells: PositiveInt | None = None
    """Number of cells that are kept."""
    genes: PositiveInt | None = None
    """Number of genes of the file."""
    library_size: Amount | None = None
    """Median counts of a cell, to 5 %."""
    tasks: PositiveInt | None = None
    """Number of tasks that are derived from the cells."""
    concepts: PositiveInt | None = None
    """Number of concepts."""
    n_labels: dict[str, PositiveInt] = {}
    """Label column -> the number of its labels."""
    labels: dict[str, dict[str, PositiveInt]] = {}
    """Label column -> label -> its cells."""
