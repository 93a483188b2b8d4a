"""From jobs to fitted members: which jobs make a stack, and its training."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from sccbgm.engine import memory
from sccbgm.engine.device import Precision, computing, precision_of, products
from sccbgm.engine.fit import StackedFit, build, subset
from sccbgm.engine.method import StackedMethod
from sccbgm.engine.store import Store
from sccbgm.engine.train import History, Schedule, Trainer, train
from sccbgm.engine.validation import HeldOut, Validation
from sccbgm.protocol.faults import of_machine, reason
from sccbgm.protocol.keys import derive_key
from sccbgm.protocol.method import Epoch, Fit, Job, Runtime

logger = logging.getLogger(__name__)

Fields = Mapping[str, np.ndarray]


def stack_key(job: Job) -> tuple:
    """Jobs of equal key can be one stack: equal shapes and equal non-stackable parameters."""
    fixed = tuple(
        (field.name, getattr(job.params, field.name))
        for field in dataclasses.fields(job.params)
        if not field.metadata.get("stackable", False)
    )
    return fixed, job.data.intervene.x.shape[1], tuple(job.data.hard.tolist())


def fit_stacks(
    method: StackedMethod,
    jobs: Sequence[Job],
    runtime: Runtime,
    stage1: Fit | None,
    held_out: HeldOut | None = None,
) -> StackedFit:
    """Train every job. A job whose first stage failed, or whose loss did, has a failure instead.

    held_out: cells that all jobs are validated with. Raises ValueError with checkpoints, which do
    not hold the state of a validation.
    """
    if held_out is not None and runtime.checkpoints is not None:
        raise ValueError("found checkpoints and a validation; expected one of them")
    fit = StackedFit(method, jobs, stage1, runtime)
    fit.held_out = held_out
    groups: dict[tuple, list[int]] = {}
    for index, job in enumerate(jobs):
        precision = precision_of(runtime, job.member)
        groups.setdefault((precision, *stack_key(job)), []).append(index)
    with computing(runtime):
        for (precision, *_), group in groups.items():
            try:
                with products(precision):
                    _fit_group(fit, group, precision)
            except Exception as error:
                if of_machine(error):
                    raise
                logger.exception("%s and those of its shape failed", jobs[group[0]].member)
                fit.failures |= {i: reason(error) for i in group if fit.waits(i)}
    return fit


def _fit_group(fit: StackedFit, group: list[int], precision: Precision) -> None:
    """Train jobs of one shape, in as few stacks as the device has memory for."""
    at_once = fit.runtime.members_at_once or _plan(fit, group)
    waiting = [group]
    while waiting:
        numbers = waiting.pop(0)
        if len(numbers) > at_once:
            waiting[:0] = [numbers[:at_once], numbers[at_once:]]
            continue
        try:
            _fit_stacks(fit, numbers, precision)
        except RuntimeError as error:
            left = [index for index in numbers if fit.waits(index)]
            if not memory.exhausted(error) or len(left) < 2:
                raise
            at_once = len(left) // 2
            waiting.insert(0, left)
            fit.runtime.report(f"out of memory with {len(left)} members: now {at_once}")


def _fit_stacks(fit: StackedFit, numbers: list[int], precision: Precision) -> None:
    """Train these jobs together, but for those whose arrays have other widths."""
    for arrays in _fields(fit, numbers):
        _fit_stack(fit, arrays, precision)


def _fields(fit: StackedFit, numbers: Sequence[int]) -> Iterator[dict[int, Fields]]:
    """Training arrays by job, jobs of equal widths together; one that has none gets the reason.

    Made for the jobs of a stack alone: a flow's conditions are arrays of every member's own.
    """
    groups: dict[tuple, dict[int, Fields]] = {}
    for index in numbers:
        try:
            arrays = fit.method.fields(fit.jobs[index], index, fit.stage1)
        except (RuntimeError, ValueError, LookupError) as error:
            if of_machine(error):
                raise
            fit.failures[index] = str(error)
            continue
        widths = tuple((name, array.shape[1:]) for name, array in arrays.items())
        groups.setdefault(widths, {})[index] = arrays
    yield from groups.values()


def _n_condition(fields: Fields) -> int:
    return fields["condition"].shape[1] if "condition" in fields else 0


def _plan(fit: StackedFit, group: Sequence[int]) -> int:
    """How many members like the first one that has training arrays fit on the device."""
    found = (arrays for index in group for arrays in _fields(fit, [index]))
    first = next(found, None)
    if first is None:
        return 1
    ((index, fields),) = first.items()
    job, params = fit.jobs[index], fit.jobs[index].params
    network = build(fit.method, [job], _n_condition(fields))
    # Members of one task share its own arrays, such as the cells: a part of them for each.
    part = len({id(fit.jobs[i].data) for i in group}) / len(group)
    of_task = [job.data.train.x, job.data.train.concepts]
    cells = sum(
        array.nbytes * (part if any(array is shared for shared in of_task) else 1)
        for array in fields.values()
    )
    activations = params.batch_size * params.hidden_dim * params.n_layers
    return memory.plan_members(fit.device, network, activations, int(cells))


def _fit_stack(fit: StackedFit, arrays: Mapping[int, Fields], precision: Precision) -> None:
    numbers = list(arrays)
    jobs, runtime = [fit.jobs[index] for index in numbers], fit.runtime
    fit.n_condition = _n_condition(arrays[numbers[0]])
    network = build(fit.method, jobs, fit.n_condition, precision).to(fit.device)
    store = Store(list(arrays.values()), fit.device)
    params = jobs[0].params
    schedule = Schedule(
        sizes=store.sizes.tolist(),
        learning_rates=[job.params.lr for job in jobs],
        n_epochs=params.epochs,
        batch_size=params.batch_size,
    )
    keys = [job.member.key("train") for job in jobs]
    trainer = Trainer(network, store, schedule, keys, fit.method.clip_norm)
    runtime.report(f"{fit.method.id}: {len(jobs)} members, {max(schedule.lengths)} steps")
    members = tuple(job.member for job in jobs)

    validation = _validation(fit, trainer, numbers)

    def tell(history: History) -> bool:
        enough = validation.note(history) if validation else False
        done = len(history.losses)
        runtime.on_epoch(Epoch(members, done, params.epochs, history.losses[-1]))
        return enough

    path, minutes = _checkpoint(runtime, jobs), runtime.checkpoint_minutes
    history = train(trainer, runtime.report, path, minutes, tell)
    if validation:
        validation.restore()
    good = [i for i in range(len(jobs)) if i not in history.failed_step]
    for i, step in history.failed_step.items():
        fit.failures[numbers[i]] = f"the loss was not finite at step {step}"
        runtime.report(f"{jobs[i].member}: {fit.failures[numbers[i]]}; the member is frozen")
    if good:
        fit.stacks.append(([numbers[i] for i in good], subset(network, good)))


def _validation(fit: StackedFit, trainer: Trainer, numbers: Sequence[int]) -> Validation | None:
    """Watches the held-out cells of a stack, if there are any."""
    if fit.held_out is None:
        return None
    jobs = {index: fit.jobs[index] for index in numbers}
    store = Store(fit.held_out.fields(fit.method, jobs, fit.stage1), fit.device)
    keys = [job.member.key("train") for job in jobs.values()]
    return Validation(trainer, store, keys, fit.held_out.patience)


def _checkpoint(runtime: Runtime, jobs: Sequence[Job]) -> Path | None:
    """The file of a stack's state, named by its members."""
    if runtime.checkpoints is None:
        return None
    name = f"{derive_key(*(str(job.member) for job in jobs)):016x}.pt"
    return runtime.checkpoints / name
