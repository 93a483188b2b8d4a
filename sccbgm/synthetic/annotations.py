"""A task as a member sees it whose concepts are annotated with noise (paper's Fig. 3)."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

from sccbgm.protocol.keys import derive_key
from sccbgm.protocol.task import Cells, TaskData
from sccbgm.protocol.variants import CLEAN, Variant
from sccbgm.synthetic.noise import NOISE


def with_noise(data: TaskData, variant: Variant, seed: int) -> TaskData:
    """The task with corrupted concepts in all its cells; clean annotations are left as they are.

    The edited concept keeps its values and comes last. The noise is that of (dataset, task, kind,
    level, seed), so that methods of one seed see the same annotations. The cells are shared with
    `data`.

    Raises ValueError for a task that edits several concepts, or has too few others.
    """
    if variant.kind == CLEAN:
        return data
    edited = {name for target in data.task.targets for name in target.edits}
    if len(edited) != 1:
        raise ValueError(
            f"{data.task.id}: annotation noise needs one edited concept, found {sorted(edited)}"
        )
    key = derive_key(
        "annotation noise", data.task.dataset, data.task.id, variant.kind, variant.level, seed
    )
    clean = _table(data)
    noisy = NOISE[variant.kind](clean, edited.pop(), variant.level, key)
    known = dict(zip(data.concept_names, data.hard, strict=True))
    names = tuple(map(str, noisy.columns))

    def annotated(cells: Cells) -> Cells:
        places = clean.index.get_indexer(pd.Index(cells.rows))
        return dataclasses.replace(cells, concepts=noisy.to_numpy(np.float32)[places])

    return dataclasses.replace(
        data,
        concept_names=names,
        # Columns that the noise adds are 0/1, and copies of hard concepts are hard.
        hard=np.array([known.get(name, True) for name in names]),
        train=annotated(data.train),
        intervene=annotated(data.intervene),
        targets={id: annotated(cells) for id, cells in data.targets.items()},
    )


def _table(data: TaskData) -> pd.DataFrame:
    """The concepts of every cell of the task, once, by row number."""
    parts = [data.train, data.intervene, *data.targets.values()]
    rows, first = np.unique(np.concatenate([part.rows for part in parts]), return_index=True)
    concepts = np.concatenate([part.concepts for part in parts])[first]
    return pd.DataFrame(concepts, index=rows, columns=list(data.concept_names))
