"""The front door: fit a model to an AnnData, set concepts, get counterfactual cells.

model = sccbgm.api.fit(adata, concepts="concepts", rep="X_pca", method="sccbgm_fm")
stimulated = model.intervene(adata[control], {"stim": 1.0})
model.save("model")
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sccbgm.engine.method import StackedMethod
from sccbgm.methods import registry
from sccbgm.protocol.member import Member
from sccbgm.protocol.method import Failure, Fit, Job, Runtime
from sccbgm.protocol.task import Cells, Edits, Target, Task, TaskData

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

NO_TASK = Task("user", "user", column="", intervene="", hold_out=(), targets=())


@dataclasses.dataclass(frozen=True)
class Space:
    """Where cells and concepts are in an AnnData: obsm keys, and the concepts' names and kinds."""

    concepts: str
    rep: str
    names: tuple[str, ...]
    hard: tuple[bool, ...]

    def cells(self, adata: AnnData) -> Cells:
        """Arrays of these cells. Raises KeyError for a missing key, ValueError for others."""
        for key in (self.concepts, self.rep):
            if key not in adata.obsm:
                raise KeyError(f"obsm[{key!r}]: not there; expected one of {list(adata.obsm)}")
        names = tuple(map(str, adata.obsm[self.concepts].columns))
        if names != self.names:
            raise ValueError(f"obsm[{self.concepts!r}]: found {names}, expected {self.names}")
        x = np.asarray(adata.obsm[self.rep], dtype=np.float32)
        concepts = adata.obsm[self.concepts].to_numpy(dtype=np.float32)
        return Cells(x, concepts, np.arange(adata.n_obs))

    def data(self, train: Cells, cells: Cells, edits: Edits) -> TaskData:
        """Training cells, and an edit of others."""
        unknown = [name for name in edits if name not in self.names]
        if unknown:
            raise KeyError(f"no concepts {unknown}; the model has {list(self.names)}")
        task = dataclasses.replace(NO_TASK, targets=(Target("edit", (), dict(edits), ""),))
        nowhere = np.full(len(train), "", dtype=str)
        return TaskData(task, self.names, np.array(self.hard), train, cells, {}, nowhere, nowhere)


@dataclasses.dataclass(frozen=True)
class Model:
    """A fitted method, and below it the first stage that it builds on, if any."""

    method: StackedMethod
    space: Space
    fit: Fit
    stage1: Model | None = None

    def intervene(self, adata: AnnData, edits: Edits, mode: str | None = None) -> np.ndarray:
        """(n_cells, n_dims) the cells of `adata`, had their concepts these values.

        edits: target values by concept, such as {"stim": 1.0}. mode: of the method's modes, by
        default its first. Raises KeyError for an unknown concept, ValueError for an unknown mode.
        """
        modes = self.method.modes
        if mode is not None and mode not in modes:
            raise ValueError(f"mode: found {mode!r}, expected one of {modes}")
        answer = self._on(self.space.cells(adata), edits).predict(mode or modes[0])[0]
        if isinstance(answer, Failure):
            raise ValueError(answer.reason)
        return answer["edit"]

    def encode(self, adata: AnnData) -> pd.DataFrame:
        """Codes of cells by name: predicted concepts, then the unknown code; of the first stage."""
        import pandas as pd

        if self.stage1 is not None:
            return self.stage1.encode(adata)
        codes = self.fit.condition(0, self.space.cells(adata))
        n_other = codes.shape[1] - len(self.space.names)
        columns = [*self.space.names, *(f"unknown_{i}" for i in range(n_other))]
        return pd.DataFrame(codes, index=adata.obs_names, columns=columns)

    def save(self, path: str | Path) -> None:
        """Write the model into a folder, which `load` reads."""
        path = Path(path)
        path.mkdir(parents=True, exist_ok=True)
        if self.stage1 is not None:
            self.stage1.save(path / "stage1")
        job = self.fit.jobs[0]
        record = {
            "method": self.method.id,
            "seed": job.member.seed,
            "params": dataclasses.asdict(job.params),
            "space": dataclasses.asdict(self.space),
            "n_dims": job.data.train.x.shape[1],
        }
        self.method.save(self.fit, path / "weights.pt")
        (path / "model.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")

    def _on(self, cells: Cells, edits: Edits) -> Any:
        """The fit, asked to edit other cells."""
        from sccbgm.engine.fit import StackedFit

        assert isinstance(self.fit, StackedFit)
        job = self.fit.jobs[0]
        data = self.space.data(job.data.train, cells, edits)
        return self.fit.on([dataclasses.replace(job, data=data)], self._stage1_on(cells, edits))

    def _stage1_on(self, cells: Cells, edits: Edits) -> Fit | None:
        return None if self.stage1 is None else self.stage1._on(cells, edits)


def fit(
    adata: AnnData,
    concepts: str = "concepts",
    rep: str = "X_pca",
    method: str = "sccbgm",
    soft: Sequence[str] = (),
    seed: int = 0,
    runtime: Runtime | None = None,
    **params: Any,
) -> Model:
    """Fit a method to all cells of an AnnData.

    concepts: obsm key of a DataFrame, a column a concept; 0/1, or continuous where named in
    `soft`; NaN where the annotation is missing. rep: obsm key of the cells' components.
    params: hyperparameters that differ from the method's defaults; those that a first stage has
    too apply to both.

    Raises KeyError for an unknown method or key, ValueError for a method of another package,
    TypeError for an unknown hyperparameter, RuntimeError where the training failed.
    """
    names = tuple(map(str, adata.obsm[concepts].columns)) if concepts in adata.obsm else ()
    space = Space(concepts, rep, names, tuple(name not in soft for name in names))
    cells = space.cells(adata)
    data = space.data(cells, cells, {})
    return _fit(_stacked(method), space, data, seed, runtime or Runtime(threads=_threads()), params)


def load(path: str | Path, runtime: Runtime | None = None) -> Model:
    """The model that `Model.save` wrote into a folder."""
    path, runtime = Path(path), runtime or Runtime(threads=_threads())
    record = json.loads((path / "model.json").read_text(encoding="utf-8"))
    stage1 = load(path / "stage1", runtime) if (path / "stage1").exists() else None
    method = _stacked(record["method"])
    stored = record["space"]
    space = Space(stored["concepts"], stored["rep"], tuple(stored["names"]), tuple(stored["hard"]))
    empty = Cells(
        np.zeros((0, record["n_dims"]), np.float32),
        np.zeros((0, len(space.names)), np.float32),
        np.zeros(0, int),
    )
    job = _job(method, space.data(empty, empty, {}), record["seed"], record["params"])
    below = None if stage1 is None else stage1.fit
    return Model(method, space, method.load([job], path / "weights.pt", runtime, below), stage1)


def _fit(
    method: StackedMethod,
    space: Space,
    data: TaskData,
    seed: int,
    runtime: Runtime,
    params: Mapping[str, Any],
) -> Model:
    stage1 = None
    if method.builds_on is not None:
        below = _stacked(method.builds_on)
        known = {field.name for field in dataclasses.fields(below.Params)}
        shared = {name: value for name, value in params.items() if name in known}
        stage1 = _fit(below, space, data, seed, runtime, shared)
        known = {field.name for field in dataclasses.fields(method.Params)}
        params = {k: v for k, v in params.items() if k in known or k not in shared}
    job = _job(method, data, seed, params)
    fitted = method.fit([job], runtime, stage1.fit if stage1 else None)
    model = Model(method, space, fitted, stage1)
    if failures := getattr(fitted, "failures", {}):
        raise RuntimeError(f"{method.id}: {failures[0]}")
    return model


def _job(method: StackedMethod, data: TaskData, seed: int, params: Mapping[str, Any]) -> Job:
    return Job(Member("user", "user", method.id, seed), data, method.params(**params))


def _stacked(method_id: str) -> StackedMethod:
    method = registry.get(method_id)
    if not isinstance(method, StackedMethod):
        raise ValueError(f"{method_id}: not one of this package's own models")
    return method


def _threads() -> int:
    import torch

    return torch.get_num_threads()
