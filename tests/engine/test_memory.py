"""Memory that a process can have, and stacks that become smaller where there is too little."""

import weakref

import numpy as np
import pytest
import torch
from toy import toy_job, toy_task

from sccbgm.engine import memory, stack
from sccbgm.engine.store import Store
from sccbgm.methods import registry
from sccbgm.protocol.method import Failure, Runtime

GB = 10**9
V1, V2 = "5:cpu,cpuacct:/a\n4:memory:/jobs/1\n0::/jobs/1\n", "0::/jobs/1\n"


def machine(root, cgroup: str, files: dict[str, str]):
    """A file system with 20 GB available on the machine."""
    content = {
        "proc/meminfo": "MemTotal: 24000000 kB\nMemAvailable: 19531250 kB\n",
        "proc/self/cgroup": cgroup,
        **{f"sys/fs/cgroup/{path}": text for path, text in files.items()},
    }
    for path, text in content.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def limits(folder: str, limit: str, use: str, cached: str, values: tuple[str, int, int]):
    return {
        f"{folder}/{limit}": f"{values[0]}\n",
        f"{folder}/{use}": f"{values[1]}\n",
        f"{folder}/memory.stat": f"anon 1\n{cached} {values[2]}\n",
    }


OF_V2 = "memory.max", "memory.current", "inactive_file"
OF_V1 = "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"


@pytest.mark.parametrize(
    ("cgroup", "files", "expected"),
    [
        (V2, {}, 20 * GB),
        (V2, limits("jobs/1", *OF_V2, (str(8 * GB), 5 * GB, 2 * GB)), 5 * GB),
        (V2, limits("jobs/1", *OF_V2, ("max", 5 * GB, 0)), 20 * GB),
        (V2, limits("jobs", *OF_V2, (str(8 * GB), 7 * GB, 0)), 1 * GB),
        (V2, limits("", *OF_V2, (str(8 * GB), 9 * GB, 0)), 0),
        (V1, limits("memory/jobs/1", *OF_V1, (str(6 * GB), 4 * GB, GB)), 3 * GB),
        (V1, limits("memory", *OF_V1, (str(2**63 - 4096), 4 * GB, 0)), 20 * GB),
    ],
)
def test_the_smallest_limit_counts(tmp_path, cgroup, files, expected):
    assert memory.available_bytes(machine(tmp_path, cgroup, files)) == expected


def test_this_machine_has_memory():
    assert memory.free_bytes(torch.device("cpu")) > 10**7


def broken_capture(*arguments):
    """As a graph's capture that runs out of memory: its end raises another error."""
    try:
        raise torch.cuda.OutOfMemoryError("CUDA out of memory")
    finally:
        raise RuntimeError("operation failed due to a previous error during capture")


def test_no_memory_inside_a_capture_halves_the_stack(monkeypatch):
    fit_stack, sizes = stack._fit_stack, []

    def scarce(fit, arrays, precision):
        sizes.append(len(arrays))
        return broken_capture() if len(arrays) > 2 else fit_stack(fit, arrays, precision)

    monkeypatch.setattr(stack, "_fit_stack", scarce)
    jobs = [toy_job("vanilla_fm", seed=s, epochs=1, solver_steps=2) for s in range(5)]
    fitted = registry.get("vanilla_fm").fit(jobs, Runtime(device="cpu"))
    assert sizes == [5, 2, 2, 1]
    assert all(isinstance(answer, dict) for answer in fitted.predict("edit"))


def test_another_fault_of_a_stack_does_not_halve_it(monkeypatch):
    tried = []

    def broken(fit, arrays, precision):
        tried.append(len(arrays))
        raise RuntimeError("no such shape")

    monkeypatch.setattr(stack, "_fit_stack", broken)
    jobs = [toy_job("vanilla_fm", seed=s) for s in range(3)]
    answers = registry.get("vanilla_fm").fit(jobs, Runtime(device="cpu")).predict("edit")
    assert tried == [3]
    assert {type(answer) for answer in answers} == {Failure}


@pytest.mark.parametrize("method_id", ["vanilla_fm", "sccbgm", "cvae"])
def test_members_of_a_task_share_its_arrays(method_id):
    method = registry.get(method_id)
    tasks = [toy_task(n=60, seed=s, task_id=str(s)) for s in range(2)]
    jobs = [toy_job(method_id, data, seed) for data in tasks for seed in range(4)]
    store = Store([method.fields(job, i, None) for i, job in enumerate(jobs)], "cpu")
    n_cells = sum(len(data.train) for data in tasks)
    assert {name: len(flat) for name, flat in store.flat.items()} == dict.fromkeys(
        store.flat, n_cells
    )


def test_conditions_are_made_a_stack_at_a_time(monkeypatch):
    """They are arrays of each member's own, and all of them would be many times the cells."""
    first = registry.get("sccbgm").fit(
        [toy_job("sccbgm", seed=s, epochs=1) for s in range(4)], Runtime(device="cpu")
    )
    method = registry.get("sccbgm_fm")
    fields, made = method.fields, []

    def watched(job, index, stage1):
        found = fields(job, index, stage1)
        made.append(weakref.ref(found["condition"]))
        alive.append(sum(reference() is not None for reference in made))
        return found

    alive: list[int] = []
    monkeypatch.setattr(method, "fields", watched)
    jobs = [toy_job("sccbgm_fm", seed=s, epochs=1, solver_steps=2) for s in range(4)]
    fitted = method.fit(jobs, Runtime(device="cpu", members_at_once=2), first)
    assert max(alive) == 2
    assert all(np.isfinite(answer["stim"]).all() for answer in fitted.predict("edit"))
