"""What the columns of a file mean: guessed from their names and labels, each guess with its reason.

A wrong guess is seen by its reader, who is told why, and never taken without being written down.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pandas as pd
from pandas.api.types import is_float_dtype

from sccbgm.config.errors import ConfigError, accepted
from sccbgm.data.control_labels import CONTROLS, NOT, is_control, says_nothing, words
from sccbgm.data.quantities import range_fault, read_numbers
from sccbgm.data.text import as_text, plain

WORDS: Mapping[str, Mapping[int, tuple[str, ...]]] = {
    "condition": {
        5: words("condition treatment treated stim stimulation stimulus perturbation perturbed"),
        4: words("drug compound cytokine ligand exposure infection agent virus pert guide grna"),
        3: words("sgrna target gene product molecule"),
        2: words("disease genotype status group phenotype sample arm time timepoint visit"),
    },
    "kind": {
        6: words("celltype celltypes cellline celllabel cellclass"),
        4: words("annotation annotations annot ontology lineage identity majority"),
        3: words("type line cluster clusters leiden louvain subtype broad label class"),
    },
    "donor": {
        6: words("donor patient individual subject person participant"),
        4: words("ind mouse animal replicate rep biosample"),
    },
    "dose": {6: words("dose dosage concentration conc")},
}
"""Role -> points -> words in a column's name that say so much for it."""

LEAST = 3
"""Of these points a column needs to be taken for a role by its name alone."""

MOST_LABELS = 5000
SEPARATORS = ("+", "|", "&", ";", ",")


@dataclass(frozen=True)
class Guess:
    """The columns of obs by role, None where there is none. notes: why, a line each.

    control: label of the cells to edit. numbers: the conditions as numbers, where they are doses.
    separator: of labels such as "A+B". none: parts of these that stand for the control.
    """

    condition: str
    control: str
    kind: str | None = None
    donor: str | None = None
    dose: str | None = None
    numbers: tuple[float, ...] | None = None
    separator: str | None = None
    none: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Column:
    name: str
    counts: pd.Series
    missing: int

    @property
    def words(self) -> list[str]:
        """The words of the name: "Cell.typeL2" has cell, type, l and 2."""
        return [w.lower() for w in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", self.name)]

    def points(self, role: str) -> int:
        """How much the name says for a role."""
        found = {*self.words, *(a + b for a, b in pairwise(self.words))}
        return max((n for n, words in WORDS[role].items() if found & set(words)), default=0)

    @property
    def control(self) -> str | None:
        """The label that reads as a control: one of `CONTROLS` first, then that of most cells."""
        found = [label for label in self.counts.index if is_control(label)]
        return next((label for label in found if plain(label) in CONTROLS), next(iter(found), None))


def guess(obs: pd.DataFrame, given: Mapping[str, str | None]) -> Guess:
    """The roles of the columns of obs. given: role, or "control" -> what the user says it is.

    Raises ConfigError where no column can be the condition, or a given one is not there.
    """
    wanted = {role: name for role, name in given.items() if name is not None}
    for role in WORDS:
        if role in wanted and wanted[role] not in obs:
            raise ConfigError(
                f"--{_OPTION[role]}: {accepted(wanted[role], map(str, obs), 'column')}"
            )
    columns = {name: _column(obs[name]) for name in map(str, obs)}
    can_be = {name: c for name, c in columns.items() if c is not None and len(c.counts) > 1}
    notes: list[str] = []
    dose = wanted.get("dose") or _dose(obs, can_be, notes)
    condition = wanted.get("condition") or _condition(can_be, dose, wanted, notes)
    if condition is None:
        raise ConfigError("\n".join([*notes, _no_condition(columns)]))
    taken: set[str | None] = {condition, dose, *wanted.values()}
    kind = wanted.get("kind") or _by_name("kind", can_be, taken, notes)
    donor = wanted.get("donor") or _by_name("donor", can_be, {*taken, kind}, notes)
    labels = columns[condition] or _Column(condition, as_text(obs[condition]).value_counts(), 0)
    numbers = _numbers(obs[condition]) if condition == dose or labels.points("dose") else None
    control = _control(labels, wanted.get("control"), numbers, notes)
    separator, none = (None, ()) if numbers else parts_in(labels.counts.index, notes)
    return Guess(
        condition, control, kind, donor, None if dose == condition else dose,
        numbers, separator, none, notes,
    )  # fmt: skip


_OPTION = {"condition": "condition", "kind": "type", "donor": "donor", "dose": "dose"}


def _column(values: pd.Series) -> _Column | None:
    """A column as labels, None for measurements, names of cells and columns without a label."""
    few = min(MOST_LABELS, max(20, len(values) // 5))
    if is_float_dtype(values.dtype) and values.nunique() > 200:
        return None
    if values.nunique() > few:
        return None
    text = as_text(values)
    counts = text.value_counts()
    return _Column(str(values.name), counts, int(text.isna().sum())) if len(counts) else None


def _dose(obs: pd.DataFrame, can_be: Mapping[str, _Column], notes: list[str]) -> str | None:
    named = [c for c in can_be.values() if c.points("dose") > LEAST]
    for column in sorted(named, key=lambda c: -c.points("dose")):
        if (numbers := _numbers(obs[column.name])) is not None:
            notes.append(
                f"dose: obs[{column.name!r}], by its name; numbers from {min(numbers):g} to "
                f"{max(numbers):g}"
            )
            return column.name
        fault = _no_numbers(obs[column.name])
        notes.append(f"obs[{column.name!r}] reads as a dose but is not taken as one: {fault}")
    return None


def _numbers(values: pd.Series) -> tuple[float, ...] | None:
    """The distinct numbers of a column that has one in every cell, none negative."""
    return None if _no_numbers(values) else tuple(map(float, np.unique(read_numbers(values)[0])))


def _no_numbers(values: pd.Series) -> str:
    """Why a column has not a number from 0 up in every cell, "" where it has."""
    try:
        return range_fault(read_numbers(values)[0], float("inf"))
    except ValueError as error:
        return f"it {error}"


def _condition(
    can_be: Mapping[str, _Column],
    dose: str | None,
    wanted: Mapping[str, str],
    notes: list[str],
) -> str | None:
    ranked = []
    for place, column in enumerate(can_be.values()):
        if column.name in (dose, *wanted.values()) or column.points("kind") > LEAST:
            continue
        control = column.control
        if column.points("donor") > LEAST and control is None:
            continue
        points = column.points("condition") + (4 if control is not None else 0)
        if points >= LEAST:
            signs = ["its name"] * bool(column.points("condition"))
            signs += [f"its label {control!r}"] * (control is not None)
            ranked.append((-points, column.missing, place, column.name, " and ".join(signs)))
    if ranked:
        *_, name, why = min(ranked)
        notes.append(f"condition: obs[{name!r}], by {why}{_others(ranked, name)}")
        return name
    if dose is not None:
        notes.append(f"condition: obs[{dose!r}], the dose")
    return dose


def _no_condition(columns: Mapping[str, _Column | None]) -> str:
    """What the columns hold instead."""
    known = [column for column in columns.values() if column is not None]
    shown = "; ".join(
        f"{c.name} ({', '.join(map(repr, c.counts.index[:3]))}{', ...' * (len(c.counts) > 3)})"
        for c in known
    )
    return (
        "no column of obs with several labels reads as a treatment or perturbation; name it with "
        f"--condition COLUMN. Columns with labels: {shown or 'none'}"
    )


def _others(ranked: Iterable[tuple], name: str) -> str:
    others = [repr(row[3]) for row in sorted(ranked) if row[3] != name]
    return f" (others that could be: {', '.join(others[:4])})" if others else ""


def _by_name(
    role: str, can_be: Mapping[str, _Column], taken: set[str | None], notes: list[str]
) -> str | None:
    """The column whose name says most; of equal ones that with the fewest missing, words, labels.

    Yes or no is no type.
    """
    ranked = [
        (-column.points(role), column.missing, len(column.words), len(column.counts), name)
        for name, column in can_be.items()
        if name not in taken and column.points(role) >= LEAST and len(column.counts) <= 500
        if not {"True", "False"} & set(column.counts.index)
    ]
    what = {"kind": "type", "donor": "donor"}[role]
    if not ranked:
        notes.append(f"{what}: no column of obs reads as one (--{_OPTION[role]} COLUMN)")
        return None
    name = min(ranked)[-1]
    others = [repr(row[-1]) for row in sorted(ranked) if row[-1] != name]
    also = f" (others that could be: {', '.join(others[:4])})" if others else ""
    notes.append(f"{what}: obs[{name!r}], by its name; {len(can_be[name].counts)} labels{also}")
    return name


def _control(
    column: _Column, given: str | None, numbers: tuple[float, ...] | None, notes: list[str]
) -> str:
    if given is not None:
        known = list(column.counts.index) if numbers is None else list(map(str, numbers))
        meant = next((label for label in known if given in (label, label.removesuffix(".0"))), None)
        if meant is None:
            raise ConfigError(f"--control: {accepted(given, known, 'label')}")
        return meant
    if numbers is not None:
        notes.append(f"edited cells: those at the lowest dose, {numbers[0]:g}")
        return str(numbers[0])
    control = column.control or next((x for x in column.counts.index if plain(x) in NOT), None)
    if control is not None:
        notes.append(f"edited cells: {control!r}, which reads as a control")
        return control
    labels = [label for label in column.counts.index if not says_nothing(label)]
    most_cells = str(next(iter(labels), column.counts.index[0]))
    notes.append(
        f"edited cells: {most_cells!r}, the label of most cells: none reads as a control "
        "(--control LABEL)"
    )
    return most_cells


def parts_in(labels: Iterable[str], notes: list[str]) -> tuple[str | None, tuple[str, ...]]:
    """How labels such as "A+B" are composed, and parts that stand for the control ("A+ctrl").

    A label is taken for a combination where most of those with that character have a part that
    occurs alone, or with the control.
    """
    known = list(labels)
    for separator in SEPARATORS:
        split = {x: [part.strip() for part in x.split(separator)] for x in known if separator in x}
        split = {x: parts for x, parts in split.items() if all(parts)}  # "CD4+" is no combination
        none = {part for parts in split.values() for part in parts if is_control(part)}
        real = {x: [part for part in parts if part not in none] for x, parts in split.items()}
        alone = {x for x in known if x not in split}
        alone |= {parts[0] for parts in real.values() if len(parts) == 1}
        several = [set(parts) for parts in real.values() if len(parts) > 1]
        if several and sum(bool(parts & alone) for parts in several) >= len(several) / 2:
            notes.append(f"conditions such as {next(iter(split))!r} are combinations of others")
            return separator, tuple(sorted(none))
    return None, ()
