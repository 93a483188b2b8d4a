"""A fitted model: one or several seeds of a method, asked to edit and to encode cells."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sccbgm.api.concepts import Concepts
from sccbgm.api.faults import Fault, Faults, TrainingError
from sccbgm.api.reading import check_cells
from sccbgm.api.space import Space
from sccbgm.engine.method import StackedMethod
from sccbgm.protocol.method import Failure, Job
from sccbgm.protocol.task import Cells, Edits, Target, Task, TaskData

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

    from sccbgm.engine.fit import StackedFit

NO_TASK = Task("user", "user", column="", intervene="", hold_out=(), targets=())


CELLS_AT_ONCE = 8192
"""Cells that are sent through the networks together: about 100 MB of activations a seed."""


class Edited(NamedTuple):
    """Cells before and after an edit, through the same networks.

    x: (n_cells, n_dims) observed. before, after: (n_seeds, n_cells, n_dims), without and with it.
    """

    x: np.ndarray
    before: np.ndarray
    after: np.ndarray


@dataclasses.dataclass(frozen=True)
class Model:
    """A fitted method, one member a seed, and below it the first stage that it builds on, if any.

    history: mean loss terms by method, seed and epoch, of both stages.
    """

    method: StackedMethod
    concepts: Concepts
    space: Space
    fit: StackedFit
    history: pd.DataFrame
    stage1: Model | None = None

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seed of each member."""
        return tuple(job.member.seed for job in self.fit.jobs)

    @property
    def stages(self) -> list[Model]:
        """The first stage, if there is one, and the model itself."""
        return [*(self.stage1.stages if self.stage1 else []), self]

    @property
    def hash(self) -> str:
        """A hash of weights, hyperparameters, concepts and space: equal for equal models."""
        digest = hashlib.blake2b(digest_size=8)
        described = self.concepts, self.space.rep, self.space.genes, self.space.source
        digest.update(repr(described).encode())
        if self.space.basis is not None:
            digest.update(self.space.basis.mean.tobytes() + self.space.basis.components.tobytes())
        for stage in self.stages:
            plain = json.dumps(dataclasses.asdict(stage.fit.jobs[0].params), sort_keys=True)
            digest.update(f"{stage.method.id}{stage.seeds}{plain}".encode())
            for _, network in stage.fit.stacks:
                for name, weight in network.state_dict().items():
                    digest.update(name.encode() + weight.cpu().numpy().tobytes())
        return digest.hexdigest()

    def __repr__(self) -> str:
        kinds = {True: "0/1", False: "continuous"}
        concepts = ", ".join(f"{c.name} ({kinds[c.hard]})" for c in self.concepts.items[:8])
        more = ", ..." if len(self.concepts.items) > 8 else ""
        where = f"obsm[{self.space.rep!r}]" if self.space.rep else "principal components of X"
        return (
            f"{self.method.title}, seeds {', '.join(map(str, self.seeds))}\n"
            f"  cells: {self.space.n_dims} dimensions, {where}; {len(self.space.genes)} genes\n"
            f"  concepts: {concepts}{more}\n"
            f"  modes: {', '.join(self.method.modes)}"
        )

    def intervene(
        self, adata: AnnData, edits: Mapping[str, Any], mode: str | None = None
    ) -> np.ndarray:
        """(n_cells, n_dims) the cells, had their concepts these values: the mean over the seeds.

        edits: target values by concept, such as {"stim": 1.0}, or the label of a categorical
        column, {"cell_type": "B cells"}. mode: of the method's modes, by default its first.
        Raises Fault for unknown concepts or modes, values out of range and cells of another
        space, NameFault for what is not there.
        """
        return self.members(adata, edits, mode).mean(0)

    def members(
        self, adata: AnnData, edits: Mapping[str, Any], mode: str | None = None
    ) -> np.ndarray:
        """(n_seeds, n_cells, n_dims) as `intervene`, every seed's own answer."""
        cells, scaled = self._asked(adata, edits, mode)
        return self._answer(cells, scaled, mode)

    def edited(self, adata: AnnData, edits: Mapping[str, Any], mode: str | None = None) -> Edited:
        """Every seed's answer with the edit and without, of which the difference is its effect."""
        cells, scaled = self._asked(adata, edits, mode)
        before, after = (self._answer(cells, e, mode) for e in ({}, scaled))
        return Edited(cells.x, before, after)

    def reconstruct(self, adata: AnnData, mode: str | None = None) -> np.ndarray:
        """(n_seeds, n_cells, n_dims) the cells without an edit, through the same networks."""
        self._check_mode(mode)
        return self._answer(self._cells(adata), {}, mode)

    def encode(self, adata: AnnData, seed: int | None = None) -> pd.DataFrame:
        """Codes of cells by name, of one seed (by default the first), as the first stage has them.

        Of a concept bottleneck: predicted concepts, then the unknown code.
        Raises NotImplementedError for a method without a code, Fault for an unknown seed.
        """
        import pandas as pd

        if self.stage1 is not None:
            return self.stage1.encode(adata, seed)
        if seed is not None and seed not in self.seeds:
            raise Fault(f"seed: found {seed}; expected one of {self.seeds}")
        if type(self.method).flow_condition is StackedMethod.flow_condition:
            raise NotImplementedError(f"{self.method.title} has no code of a cell")
        index = 0 if seed is None else self.seeds.index(seed)
        cells, n = self._cells(adata), len(self.concepts.names)
        codes = self._on(cells, {}).flow_condition(index, cells)
        names = self.method.code_names(self.concepts.names, codes.shape[1] - n)
        table = pd.DataFrame(codes, index=adata.obs_names, columns=names)
        known = list(self.concepts.names)
        table[known] = self.concepts.in_units(table[known].to_numpy()).astype(np.float32)
        return table

    def save(self, path: str | Path) -> None:
        """Write the model into a folder, which `load` reads."""
        from sccbgm.api.files import save_model

        save_model(self, Path(path).expanduser())

    def _asked(
        self, adata: AnnData, edits: Mapping[str, Any], mode: str | None
    ) -> tuple[Cells, Edits]:
        """Cells and edits as the networks see them. Raises Fault with all that is wrong."""
        if self.method.modes == ("reconstruct",):
            raise Fault(f"{self.method.title} cannot edit cells; see `reconstruct`")
        faults = Faults()
        with faults.gather():
            scaled = self.concepts.edits(edits)
            if not scaled:
                raise Fault("edits: found none; expected one or more (see `reconstruct`)")
        with faults.gather():
            self._check_mode(mode)
        with faults.gather():
            cells = self._cells(adata)
        faults.stop()
        return cells, scaled

    def _check_mode(self, mode: str | None) -> None:
        if mode is not None and mode not in self.method.modes:
            raise Fault(f"mode: found {mode!r}, expected one of {self.method.modes}")

    def _cells(self, adata: AnnData) -> Cells:
        check_cells(adata)
        concepts = self.concepts.values(adata)
        check_annotations(self.method, self.concepts, concepts)
        return Cells(self.space.components(adata), concepts, np.arange(adata.n_obs))

    def _answer(self, cells: Cells, edits: Edits, mode: str | None) -> np.ndarray:
        """(n_seeds, n_cells, n_dims), some cells at a time."""
        parts = []
        for start in range(0, len(cells), CELLS_AT_ONCE):
            rows = slice(start, start + CELLS_AT_ONCE)
            some = Cells(cells.x[rows], cells.concepts[rows], cells.rows[rows])
            # The name is part of the key of the draws, which must not be the same for all parts
            name = f"edit{start // CELLS_AT_ONCE or ''}"
            parts.append(self._answer_some(self._on(some, edits, name), mode, name))
        return np.concatenate(parts, 1)

    def _answer_some(self, fit: StackedFit, mode: str | None, name: str) -> np.ndarray:
        if self.stage1 is None:
            # What the method cannot be asked is the caller's fault, not a failure of its training
            data = fit.jobs[0].data
            for target in (None, data.task.targets[0]):
                self.method.own_condition(fit.jobs[0], data.intervene, target, None, 0)
        found = []
        for seed, answer in zip(self.seeds, fit.predict(mode or self.method.modes[0]), strict=True):
            if isinstance(answer, Failure):
                raise Fault(f"{self.method.id}: {answer.reason}")
            if not np.isfinite(answer[name]).all():
                raise TrainingError(f"{self.method.id}: seed {seed} predicts values that are NaN")
            found.append(answer[name])
        return np.stack(found)

    def _on(self, cells: Cells, edits: Edits, name: str = "edit") -> StackedFit:
        """The fit, asked to edit other cells."""
        data = task_data(self.concepts, blank(self.space, self.concepts), cells, edits, name)
        stage1 = None if self.stage1 is None else self.stage1._on(cells, edits, name)
        jobs = [dataclasses.replace(job, data=data) for job in self.fit.jobs]
        return self.fit.on(jobs, stage1)


def check_annotations(method: StackedMethod, concepts: Concepts, values: np.ndarray) -> None:
    """Raise Fault where a method takes concepts as input and cells lack an annotation."""
    missing = int(np.isnan(values).any(1).sum())
    if method.needs_annotations and missing:
        raise Fault(
            f"obsm[{concepts.key!r}]: found {missing} of {len(values)} cells without an "
            f"annotation; expected all of them for {method.title}, which takes a cell's own "
            "concepts as input"
        )


def task_data(
    concepts: Concepts, train: Cells, cells: Cells, edits: Edits, name: str = "edit"
) -> TaskData:
    """Training cells, and an edit of others, as methods see them."""
    task = dataclasses.replace(NO_TASK, targets=(Target(name, (), dict(edits), ""),))
    nowhere = np.full(len(train), "", dtype=str)
    return TaskData(task, concepts.names, concepts.hard, train, cells, {}, nowhere, nowhere)


def blank(space: Space, concepts: Concepts) -> Cells:
    """Two cells of zeros, where a network asks for the shapes of its training cells alone."""
    x = np.zeros((2, space.n_dims), dtype=np.float32)
    return Cells(x, np.zeros((2, len(concepts.items)), dtype=np.float32), np.arange(2))


def failures(method: StackedMethod, jobs: list[Job], reasons: Mapping[int, str]) -> str:
    """Which seeds failed, and why."""
    return "; ".join(f"{method.id}, seed {jobs[i].member.seed}: {r}" for i, r in reasons.items())
