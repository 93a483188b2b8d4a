"""The concept matrix: what is annotated of each cell, one named column a concept."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sccbgm.config.dataset import DatasetConfig
from sccbgm.config.sections import Binary, LogDose, OneHot, Parts, Pathways, Stored
from sccbgm.config.sources import SyntheticSource
from sccbgm.data.pathways import activities, pathway_faults
from sccbgm.data.quantities import range_fault, read_numbers
from sccbgm.data.text import absent, as_text, key_of, label_faults, name_of

if TYPE_CHECKING:
    from anndata import AnnData

logger = logging.getLogger(__name__)

STORED_PREFIXES = ("cell_types_L1_", "cell_type_L1_", "L1_", "sample_", "stim_")


def concept_matrix(
    adata: AnnData, labels: pd.DataFrame, config: DatasetConfig, clean: AnnData | None = None
) -> tuple[pd.DataFrame, list[str], list[str]]:
    """Concepts of the cells in `labels`, the names of the hard ones, and what is wrong.

    The table is (n_cells, n_concepts) float32 in [0, 1], columns named and in the order of the
    dataset file. labels: roles and composed labels of the cells that are kept; other columns are
    looked for in obs. clean: the same cells with log-normalised genes. Before these are there, of
    pathways only the file is looked at, and concepts of clusters are left out.
    """
    parts: list[pd.DataFrame] = []
    hard: list[str] = []
    faults: list[str] = []
    obs = adata.obs.loc[labels.index]
    for i, concept in enumerate(config.concepts):
        where = f"concepts[{i}]"
        if isinstance(concept, Stored):
            stored = adata.obsm.get(concept.key)
            kept = stored.loc[labels.index] if isinstance(stored, pd.DataFrame) else stored
            table, wrong = _stored(kept, concept, where)
            given = map(str, table)
            hard += [name for name in given if name not in concept.soft and _is_binary(table[name])]
        elif isinstance(concept, Pathways):
            table, wrong = _pathways(clean, concept, labels.index, where)
        elif concept.column == "subtype" and "subtype" not in labels and config.subtypes:
            continue
        else:
            source = labels if concept.column in labels else obs
            table, wrong = _of_column(source, concept, config, where)
            hard += [] if isinstance(concept, LogDose) else map(str, table)
        faults += wrong or _constant(table, config)
        parts.append(table)
    joined = pd.concat(parts, axis=1) if parts else pd.DataFrame(index=labels.index)
    if twice := list(joined.columns[joined.columns.duplicated()].unique()):
        return joined, hard, [*faults, f"concepts: names used more than once: {twice}"]
    return joined.astype(np.float32), hard, faults


def set_concepts(adata: AnnData, table: pd.DataFrame) -> None:
    """Keep a concept matrix in obsm["concepts"], under names that HDF5 can take."""
    adata.obsm["concepts"] = table.set_axis([key_of(str(name)) for name in table], axis=1)


def get_concepts(adata: AnnData, key: str = "concepts") -> pd.DataFrame:
    """The concept matrix of preprocessed cells under the concepts' own names."""
    table = adata.obsm[key]
    return table.set_axis([name_of(str(key)) for key in table], axis=1)


def compare_stored(stored: object, table: pd.DataFrame) -> None:
    """Log where a concept matrix that came with the file differs; the rebuilt one is used."""
    if not isinstance(stored, pd.DataFrame):
        return
    names = {}
    for name in map(str, stored.columns):
        prefix = next((p for p in STORED_PREFIXES if name.startswith(p)), "")
        names[name.removeprefix(prefix)] = name
    if set(names) != set(table.columns):
        logger.warning(
            "the stored concepts have %d names, the rebuilt ones %d; not the same: %s",
            len(names),
            table.shape[1],
            sorted(set(names) ^ set(table.columns))[:10],
        )
        return
    stored = stored.loc[table.index].set_axis([str(name) for name in stored.columns], axis=1)
    for name in map(str, table):
        values = pd.to_numeric(stored[names[name]], errors="coerce").to_numpy(dtype=np.float64)
        if not np.allclose(values, table[name], atol=1e-4, equal_nan=True):
            logger.warning("concept %r differs from the stored one", name)


def _of_column(
    source: pd.DataFrame,
    concept: OneHot | Binary | Parts | LogDose,
    config: DatasetConfig,
    where: str,
) -> tuple[pd.DataFrame, list[str]]:
    """Concepts made of one column of labels or numbers."""
    nothing = pd.DataFrame(index=source.index)
    if concept.column not in source:
        wrong = absent([concept.column], map(str, source), "no obs column")
        return nothing, [f"{where}.column: {words}" for words in wrong]
    is_role = concept.column in config.columns.roles
    what = f"columns.{concept.column}" if is_role else f"obs[{concept.column!r}]"
    if isinstance(concept, LogDose):
        try:
            dose, unit = read_numbers(source[concept.column])
            fault = range_fault(dose, concept.max)
        except ValueError as error:
            fault = str(error)
        if fault:
            return nothing, [f"{where}: {concept.name}: {what}: {fault}"]
        if unit:
            logger.info("%s: numbers in %s, of at most %g", what, unit, concept.max)
        scaled = np.log1p(dose) / np.log1p(concept.max)
        return scaled.clip(upper=1.0).to_frame(concept.name), []
    labels = as_text(source[concept.column])
    if reasons := label_faults(labels):
        return nothing, [f"{where}: {what} {reason}" for reason in reasons]
    if isinstance(concept, OneHot):
        return _one_hot(labels, concept, config), []
    if isinstance(concept, Parts):
        unknown = absent(concept.none, parts_of(labels, concept.separator), "no part is")
        table = _parts(labels, concept)
        return table, [f"{where}.none: {words}" for words in unknown]
    wrong = absent([concept.one], labels, f"no cell of {what} is")
    table = (labels == concept.one).to_frame(concept.name)
    return (nothing if wrong else table), [f"{where}.one: {words}" for words in wrong]


def _pathways(
    clean: AnnData | None, concept: Pathways, index: pd.Index, where: str
) -> tuple[pd.DataFrame, list[str]]:
    """Activities of pathways, once there are log-normalised genes."""
    if clean is None:
        faults = pathway_faults(concept)
        return pd.DataFrame(index=index), [f"{where}.file: {fault}" for fault in faults]
    try:
        return activities(clean, concept).set_axis(index), []
    except ValueError as error:
        return pd.DataFrame(index=index), [f"{where}: {error}"]


def _one_hot(labels: pd.Series, concept: OneHot, config: DatasetConfig) -> pd.DataFrame:
    """Columns in the order that the dataset file gives the labels, else sorted; none is empty."""
    present = set(labels)
    role = config.columns.roles.get(concept.column)
    order = role.order if role is not None and role.order is not None else sorted(present)
    return pd.DataFrame({label: labels == label for label in order if label in present})


def parts_of(labels: Iterable[str], separator: str) -> list[str]:
    """The parts of some labels, sorted, each once."""
    return sorted({part.strip() for label in set(labels) for part in label.split(separator)})


def _parts(labels: pd.Series, concept: Parts) -> pd.DataFrame:
    """A column a part of the labels, sorted."""
    of_label = {label: set(parts_of([label], concept.separator)) for label in set(labels)}
    names = [name for name in parts_of(of_label, concept.separator) if name not in concept.none]
    return pd.DataFrame(
        {
            part: labels.map({label: part in own for label, own in of_label.items()})
            for part in names
        },
        index=labels.index,
    )


def made_of(table: pd.DataFrame, config: DatasetConfig, role: str, labels: pd.Series) -> list[str]:
    """The concepts, names of `table`, that are made of a role, whose labels are given."""
    names: set[str] = set()
    for concept in config.concepts:
        if getattr(concept, "column", None) != role:
            continue
        if isinstance(concept, OneHot):
            names |= set(labels)
        elif isinstance(concept, Parts):
            names |= set(parts_of(labels, concept.separator))
        elif isinstance(concept, Binary | LogDose):
            names.add(concept.name)
    return [name for name in table if name in names]


def _stored(stored: object, concept: Stored, where: str) -> tuple[pd.DataFrame, list[str]]:
    """A table of obsm with names as text and numbers as float64."""
    what = f"{where}: obsm[{concept.key!r}]"
    if not isinstance(stored, pd.DataFrame):
        found = "nothing" if stored is None else type(stored).__name__
        return pd.DataFrame(), [
            f"{where}: expected a table obsm[{concept.key!r}] with column names, found {found}"
        ]
    names = pd.Series([str(name) for name in stored.columns], dtype=object)
    faults = [f"{where}.soft: {words}" for words in absent(concept.soft, names, "no concept is")]
    if not len(names) or "" in set(names):
        faults.append(f"{what}: expected named columns, found {list(names)}")
    if names.duplicated().any():
        twice = list(names[names.duplicated()].unique())
        faults.append(f"{what}: names used more than once: {twice}")
        return pd.DataFrame(index=stored.index), faults
    table = stored.set_axis(names, axis=1)
    numbers = table.apply(lambda column: pd.to_numeric(column.astype(object), errors="coerce"))
    numbers = numbers.astype(np.float64)
    for name in numbers:
        unread = numbers[name].isna() & table[name].notna()
        outside = numbers[name][(numbers[name] < 0) | (numbers[name] > 1)]
        if unread.any():
            examples = sorted(set(table[name][unread].astype(str)))[:5]
            faults.append(f"{what}: {name!r} holds {examples}, which are not numbers")
        elif len(outside):
            faults.append(
                f"{what}: {name!r}: expected 0 or 1, or numbers between them, found "
                f"{outside.min():g} to {outside.max():g} in {len(outside)} cells; scale them"
            )
    return numbers, faults


def _is_binary(values: pd.Series) -> bool:
    """True where values are only 0 and 1, missing ones aside."""
    return bool(values.dropna().isin([0, 1]).all())


def _constant(table: pd.DataFrame, config: DatasetConfig) -> Iterator[str]:
    """Concepts that say the same of every cell; of generated cells, whose draw it is, a warning."""
    for name in table:
        values = table[name].dropna().unique()
        if len(values) > 1:
            continue
        found = (
            f"is {float(values[0]):g} in every cell" if len(values) else "has no value in any cell"
        )
        words = f"concepts: {name!r} {found}; it says nothing of a cell, leave it out"
        if isinstance(config.source, SyntheticSource):
            logger.warning("%s: %s", config.id, words)
        else:
            yield words
