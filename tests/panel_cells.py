"""Generated cells with a known edit, on which adversaries are scored."""

from __future__ import annotations

import numpy as np

from sccbgm.methods import registry
from sccbgm.protocol.member import Member
from sccbgm.protocol.method import Job, Predictions, Runtime
from sccbgm.protocol.task import Cells, Target, Task, TaskData

TYPES = ("A", "B", "C")


def panel_task(n: int = 120, n_genes: int = 40, seed: int = 0) -> TaskData:
    """Counts of three types with and without a stimulus, log1p; stimulated A are held out.

    The stimulus acts on 12 genes in all types, and on 6 more in each type alone. Two programmes of
    10 genes each vary between the cells of a type.
    """
    rng = np.random.default_rng(seed)
    base = rng.normal(1.0, 0.6, (len(TYPES), n_genes))
    effect = np.zeros((len(TYPES), n_genes))
    effect[:, :12] = rng.choice([-1.2, 1.2], 12)
    for i in range(len(TYPES)):
        effect[i, 12 + 6 * i : 18 + 6 * i] = rng.choice([-1.2, 1.2], 6)
    kind = np.repeat(np.arange(len(TYPES)), 2 * n)
    stim = np.tile(np.repeat([0, 1], n), len(TYPES))
    programmes = np.zeros((2, n_genes))
    programmes[0, :10] = programmes[1, 30:] = 0.5
    rate = base[kind] + effect[kind] * stim[:, None]
    rate += rng.normal(0, 1, (len(kind), 2)) @ programmes
    genes = np.log1p(rng.poisson(np.exp(rate))).astype(np.float32)
    concepts = np.column_stack([np.eye(len(TYPES))[kind], stim]).astype(np.float32)
    held_out = (kind == 0) & (stim == 1)

    def cells(chosen: np.ndarray) -> Cells:
        rows = np.flatnonzero(chosen)
        return Cells(genes[rows], concepts[rows], rows)

    names = np.array(TYPES)[kind]
    groups = np.char.add(names, np.where(stim, "_stim", "_ctrl"))
    target = Target("stim", ("A_stim",), {"stim": 1.0}, "a")
    return TaskData(
        task=Task("panel", "a", "label", "A_ctrl", ("A_stim",), (target,)),
        concept_names=(*TYPES, "stim"),
        hard=np.ones(len(TYPES) + 1, dtype=bool),
        train=cells(~held_out),
        intervene=cells((kind == 0) & (stim == 0)),
        targets={"stim": cells(held_out)},
        train_groups=groups[~held_out],
        train_context=names[~held_out],
        gene_names=tuple(f"g{i}" for i in range(n_genes)),
        genes=lambda rows: genes[rows],
        project=lambda values: values,
        reconstruct=lambda values: values,
    )


def answer(method_id: str, data: TaskData, seed: int = 0) -> Predictions:
    """The predictions of a control."""
    method = registry.get(method_id)
    job = Job(Member(data.task.dataset, data.task.id, method_id, seed), data, method.params())
    (found,) = method.fit([job], Runtime()).predict("edit")
    assert isinstance(found, dict), found
    return found
