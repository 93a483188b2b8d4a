"""Fitting: from an AnnData to a model, with what is asked of it checked first."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sccbgm.api.concepts import Concepts, Soft, declare
from sccbgm.api.faults import Fault, Faults, NameFault, ParameterFault, TrainingError
from sccbgm.api.held_out import held_out_cells
from sccbgm.api.model import Model, check_annotations, failures, task_data
from sccbgm.api.progress import Progress
from sccbgm.api.reading import check_cells
from sccbgm.api.space import Features, Space
from sccbgm.config.errors import accepted
from sccbgm.config.method import MethodConfig, MethodEntry
from sccbgm.engine.method import StackedMethod
from sccbgm.methods import registry
from sccbgm.protocol.member import Member
from sccbgm.protocol.method import Job, Runtime
from sccbgm.protocol.task import Cells, TaskData

if TYPE_CHECKING:
    from anndata import AnnData

    from sccbgm.engine.validation import HeldOut

FEWEST_CELLS = 20
"""Fewer training cells are a mistake: no concept can be told from chance in them."""


@dataclasses.dataclass(frozen=True)
class Plan:
    """A training with all that it needs. held_out: cells to validate with, if any."""

    concepts: Concepts
    space: Space
    data: TaskData
    seeds: Sequence[int]
    held_out: HeldOut | None


def fit(
    adata: AnnData,
    concepts: str = "concepts",
    rep: str | None = "X_pca",
    method: str = "sccbgm",
    soft: Soft = (),
    seed: int | Sequence[int] = 0,
    runtime: Runtime | None = None,
    *,
    device: str = "auto",
    layer: str | None = None,
    counts: bool = False,
    n_pcs: int = 128,
    validation: float | str = 0.0,
    patience: int | None = None,
    progress: bool = False,
    **params: Any,
) -> Model:
    """Fit a method to the cells of an AnnData.

    concepts: obsm key of a DataFrame, a column a concept: 0/1, or continuous where named in
    `soft`, in [0, 1] or in the range of a mapping {name: (low, high)}; NaN where the annotation is
    missing. `setup_concepts` writes such a table and the kinds of its columns.
    rep: obsm key of the cells' components; None for `n_pcs` principal components of the genes, of
    X, of a layer, or of ".raw". Their values are log-normalised, or with counts=True counts, which
    are scaled to the median library size and logarithmised.
    seed: one, or several, which are trained as one stack. device: "auto" or PyTorch's name of one,
    where no runtime is given.
    validation: share of the cells that is not trained on, or the obs column that is True for
    those; the history has their loss. patience: epochs without a lower one after which a seed is
    done, with the weights of its best epoch. progress: show a bar.
    params: hyperparameters that differ from the method's defaults; those that a first stage has
    too apply to both.

    Raises Fault, naming the key, what was found and what is expected, for data, names and values
    that cannot be used, all of them together, and TrainingError where the training failed.
    """
    from sccbgm.engine import validation as engine

    check_cells(adata, FEWEST_CELLS)
    faults = Faults()
    with faults.gather():
        stages = _stages(stacked(method), params)
    with faults.gather():
        seeds = _seeds(seed)
    with faults.gather():
        runtime = runtime or default_runtime(device)
    train = np.ones(adata.n_obs, dtype=bool)
    with faults.gather():
        train = ~held_out_cells(adata, validation, patience, FEWEST_CELLS)
    with faults.gather():
        declared = declare(adata if train.all() else adata[train], concepts, soft)
        annotations = declared.values(adata)
    with faults.gather():
        components = Features(rep, layer, counts, n_pcs).read(adata, train)
    faults.stop()
    check_annotations(stages[-1][0], declared, annotations)
    space, x = components()
    cells, held = (
        Cells(x[rows], annotations[rows], np.flatnonzero(rows)) for rows in (train, ~train)
    )
    held_out = engine.HeldOut(held, patience) if len(held) else None
    data = task_data(declared, cells, cells, {})
    with Progress(progress, runtime) as watched:
        return _fit_stages(stages, Plan(declared, space, data, seeds, held_out), watched)


def stacked(method_id: str) -> StackedMethod:
    """One of this package's own models. Raises Fault for another method."""
    if method_id not in registry.METHODS:
        raise NameFault(f"method: {accepted(str(method_id), registry.METHODS)}")
    method = registry.get(method_id)
    if not isinstance(method, StackedMethod):
        raise Fault(f"method: found {method_id!r}; expected one of this package's own models")
    return method


def default_runtime(device: str = "auto") -> Runtime:
    """A runtime with PyTorch's number of threads. Raises Fault for a device that is not there.

    device: "auto" (a GPU if there is one) or PyTorch's name of one.
    """
    import torch

    try:
        if device != "auto":
            torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).partition("\n")[0]
        raise Fault(
            f"device: found {device!r}; expected 'auto' or one that is there ({reason})"
        ) from None
    return Runtime(device=device, threads=torch.get_num_threads())


def make_jobs(
    method: StackedMethod, data: TaskData, seeds: Sequence[int], params: Any
) -> list[Job]:
    """A job a seed."""
    return [Job(Member("user", "user", method.id, seed), data, params) for seed in seeds]


def _stages(method: StackedMethod, params: Mapping[str, Any]) -> list[tuple[StackedMethod, Any]]:
    """The method, and before it its first stage, each with its hyperparameters.

    Raises ParameterFault for a name that no stage has, Fault for a value of the wrong kind.
    """
    chain = [stacked(method.builds_on)] if method.builds_on else []
    chain.append(method)
    known = {stage.id: [f.name for f in dataclasses.fields(stage.Params)] for stage in chain}
    for name in params:
        if not any(name in names for names in known.values()):
            every = dict.fromkeys(name for names in known.values() for name in names)
            raise ParameterFault(accepted(name, every, f"hyperparameter of {method.id}"))
    return [
        (stage, checked_params(stage, {k: v for k, v in params.items() if k in known[stage.id]}))
        for stage in chain
    ]


def checked_params(method: StackedMethod, params: Mapping[str, Any], where: str = "fit") -> Any:
    """Hyperparameters of a method. Raises Fault for values that it cannot take."""
    entry = MethodEntry(method, MethodConfig(), where)
    params = {k: v.item() if isinstance(v, np.generic) else v for k, v in params.items()}
    entry.check(params, where, "params")
    return dataclasses.replace(entry, run_params=params).params("user", "recommended")


def _seeds(seed: int | Sequence[int]) -> list[int]:
    seeds = list(seed) if np.iterable(seed) else [seed]
    whole = all(isinstance(s, int | np.integer) and not isinstance(s, bool) for s in seeds)
    if not seeds or not whole or min(seeds) < 0 or len(set(seeds)) < len(seeds):
        raise Fault(f"seed: found {seed!r}; expected a whole number from 0, or several, each once")
    return [int(s) for s in seeds]


def _fit_stages(
    stages: Sequence[tuple[StackedMethod, Any]], plan: Plan, watched: Progress
) -> Model:
    """The fitted method, on top of its first stage if it has one."""
    from sccbgm.engine.fit import StackedFit

    model: Model | None = None
    for method, params in stages:
        jobs = make_jobs(method, plan.data, plan.seeds, params)
        below = model.fit if model else None
        fitted = method.fit(jobs, watched.runtime, below, plan.held_out)
        assert isinstance(fitted, StackedFit)
        if fitted.failures:
            raise TrainingError(failures(method, jobs, fitted.failures))
        history = watched.history()
        model = Model(method, plan.concepts, plan.space, fitted, history, model)
    assert model is not None
    return model
