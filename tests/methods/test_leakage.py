"""Held-out cells can be noise: nothing that any method fits or predicts changes."""

import dataclasses

import numpy as np
import pytest
from external_toy import toy_data, toy_job

from sccbgm.methods import registry
from sccbgm.protocol.method import Fit, Method, Runtime
from sccbgm.protocol.task import Cells, TaskData

SMALL = {
    "epochs": 2,
    "hidden_dim": 16,
    "n_layers": 1,
    "latent_dim": 12,
    "n_unknown": 4,
    "batch_size": 32,
    "solver_steps": 3,
}


def spoilt(data: TaskData) -> TaskData:
    """The task with noise in place of its held-out cells, in components and in genes."""
    rng = np.random.default_rng(9)
    held_out = np.concatenate([cells.rows for cells in data.targets.values()])

    def genes(rows: np.ndarray) -> np.ndarray:
        values = data.genes(rows).copy()
        of_held_out = np.isin(rows, held_out)
        values[of_held_out] = rng.exponential(3, (of_held_out.sum(), values.shape[1]))
        return values

    targets = {
        id: Cells(rng.normal(5, 9, cells.x.shape).astype(np.float32), cells.concepts, cells.rows)
        for id, cells in data.targets.items()
    }
    return dataclasses.replace(data, targets=targets, genes=genes)


def fitted(method: Method, tasks: list[TaskData]) -> Fit:
    """One fit of the same member on each task: what a package compiles, it compiles once."""
    known = {field.name for field in dataclasses.fields(method.Params)}
    settings = {name: value for name, value in SMALL.items() if name in known}
    stage1 = fitted(registry.get(method.builds_on), tasks) if method.builds_on else None
    jobs = [toy_job(method, data=data, **settings) for data in tasks]
    return method.fit(jobs, Runtime(device="cpu"), stage1)


def of_a_package(method: Method) -> bool:
    first = registry.get(method.builds_on) if method.builds_on else None
    return method.environment is not None or (first is not None and of_a_package(first))


METHODS = [
    pytest.param(method, id=method.id, marks=[pytest.mark.slow] if of_a_package(method) else [])
    for method in map(registry.get, registry.METHODS)
    if not method.sees_targets
]


@pytest.mark.parametrize("method", METHODS)
def test_no_method_sees_a_held_out_cell(method):
    tasks = [toy_data(), spoilt(toy_data())]
    together = [tasks] if of_a_package(method) else [[data] for data in tasks]
    fits = [fitted(method, some) for some in together]
    for mode in method.modes:
        before, after = (answer for fit in fits for answer in fit.predict(mode))
        assert before.keys() == after.keys()
        for target, cells in before.items():
            np.testing.assert_array_equal(cells, after[target])
