"""From the file of an experiment to one task: train on controls and singles, predict doubles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from sccbgm.config.norman import NormanConfig
from sccbgm.data.contract import ContractError
from sccbgm.data.matrix import content_of
from sccbgm.data.text import as_text, label_faults
from sccbgm.protocol.keys import generator
from sccbgm.protocol.task import Cells, Target, Task, TaskData

if TYPE_CHECKING:
    from anndata import AnnData


def perturbations(adata: AnnData, config: NormanConfig) -> np.ndarray:
    """(n_cells,) tuples of the perturbed genes, sorted: () for a control. Checks the contract.

    Raises ContractError with a message a fault: the column, the scale, and every expected count.
    """
    labels = config.labels
    if labels.column not in adata.obs:
        raise ContractError(config.id, [f"obs has no column {labels.column!r}"])
    x, text = content_of(adata.X), as_text(adata.obs[labels.column])
    named = label_faults(text[text != labels.control])
    faults = [f"obs[{labels.column!r}] {fault}" for fault in named]
    if not x.may_be_logs:
        faults.append(f"X: expected log-normalised values, found {x.words}")
    by_label: dict[str, tuple[str, ...]] = {
        label: () if label == labels.control else tuple(sorted(label.split(labels.separator)))
        for label in adata.obs[labels.column].astype(str).unique()
    }
    found = np.empty(adata.n_obs, dtype=object)
    found[:] = [by_label[label] for label in adata.obs[labels.column].astype(str)]
    kinds = set(found)
    counts = {
        "cells": adata.n_obs,
        "genes": adata.n_vars,
        "singles": sum(len(kind) == 1 for kind in kinds),
        "doubles": sum(len(kind) == 2 for kind in kinds),
        "double_cells": int(sum(len(kind) == 2 for kind in found)),
    }
    faults += [
        f"{name}: found {counts[name]}, expected {number}"
        for name, number in config.expected.model_dump().items()
        if counts[name] != number
    ]
    if () not in kinds:
        faults.append(f"obs[{labels.column!r}]: no cell is labelled {labels.control!r}")
    if any(len(kind) > 2 for kind in kinds):
        faults.append(f"obs[{labels.column!r}]: a label has more than two genes")
    if faults:
        raise ContractError(config.id, faults)
    return found


def double_task(adata: AnnData, config: NormanConfig) -> TaskData:
    """The task in gene space: a concept for each single gene, and no PCA.

    Targets are the doubles whose genes both occur as singles ("double"), and the singles that are
    held out ("single"). Edited are control cells, which are trained on.
    """
    found = perturbations(adata, config)
    singles = tuple(sorted(kind[0] for kind in set(found) if len(kind) == 1))
    tested = _held_out_singles(found, config)
    doubles = {kind for kind in set(found) if len(kind) == 2 and set(kind) <= set(singles)}
    sides = {"+".join(kind): np.flatnonzero([f == kind for f in found]) for kind in sorted(doubles)}
    sides |= tested
    targets = tuple(
        Target(
            name,
            (name,),
            dict.fromkeys(name.split("+"), 1.0),
            "double" if "+" in name else "single",
        )
        for name in sides
    )
    x = adata.X.toarray() if sparse.issparse(adata.X) else np.asarray(adata.X)
    x = x.astype(np.float32, copy=False)
    concepts = np.array([[gene in kind for gene in singles] for kind in found], dtype=np.float32)

    def cells(rows: np.ndarray) -> Cells:
        return Cells(x[rows], concepts[rows], rows)

    trained = np.array([len(kind) <= 1 for kind in found])
    trained[[row for rows in tested.values() for row in rows]] = False
    train = np.flatnonzero(trained)
    task = Task(
        config.id, "doubles", config.labels.column, "control",
        tuple(t.id for t in targets), targets,
    )  # fmt: skip
    return TaskData(
        task=task,
        concept_names=singles,
        hard=np.ones(len(singles), dtype=bool),
        train=cells(train),
        intervene=cells(_controls(train, found, config)),
        targets={name: cells(rows) for name, rows in sides.items()},
        train_groups=np.array(["+".join(found[row]) or "control" for row in train]),
        train_context=np.full(len(train), "all"),
        gene_names=tuple(adata.var_names),
    )


def _held_out_singles(found: np.ndarray, config: NormanConfig) -> dict[str, np.ndarray]:
    """Gene -> rows of its cells that are tested. Raises ContractError where there are too few."""
    held_out = config.singles_held_out
    if held_out is None:
        return {}
    rows = {g: np.flatnonzero([kind == (g,) for kind in found]) for g in held_out.genes}
    faults = [
        f"singles_held_out: {gene!r} has {len(r)} cells, expected more than {held_out.cells}"
        for gene, r in rows.items()
        if len(r) <= held_out.cells
    ]
    if faults:
        raise ContractError(config.id, faults)
    return {gene: r[: held_out.cells] for gene, r in rows.items()}


def _controls(train: np.ndarray, found: np.ndarray, config: NormanConfig) -> np.ndarray:
    """Rows of the control cells that predictions start from."""
    controls = train[[found[row] == () for row in train]]
    if config.n_predicted is None or config.n_predicted >= len(controls):
        return controls
    chosen = generator("controls", config.id).choice(
        len(controls), config.n_predicted, replace=False
    )
    return controls[np.sort(chosen)]
