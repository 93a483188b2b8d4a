"""Stacks: what they hold for each member and what for all, how they compute, what ends a job."""

import dataclasses

import numpy as np
import pytest
import torch
from torch import nn
from toy import toy_job, toy_task

from sccbgm.engine import stack
from sccbgm.engine.device import precision_of
from sccbgm.engine.fit import build
from sccbgm.engine.method import StackedMethod, TrainingParams
from sccbgm.methods import registry
from sccbgm.nn.layers import Linear
from sccbgm.protocol.member import Member
from sccbgm.protocol.method import Failure, Job, Runtime

RUNTIME = Runtime(device="cpu")
LEVELS = torch.tensor([0.5, 1.0, 2.0])
"""A table that all members share, as long as there are members: the trap."""


class Scaled(nn.Module):
    """x' = x W + b, times the last of the shared levels."""

    def __init__(self, n: int, generators, shared: bool) -> None:
        super().__init__()
        self.linear = Linear(n, n, generators)
        self.register_buffer("levels", LEVELS.clone())
        if shared:
            self.shared_buffers = ("levels",)

    def forward(self, x):
        return self.linear(x) * self.levels[-1]

    def loss(self, batch, draws):
        return {"loss": (self(batch["x"]) - batch["x"]).square().mean((1, 2))}


class Users(StackedMethod):
    """A user's method with a network of their own."""

    id, title, citation = "users", "Users", "none"
    Params = TrainingParams
    shared = True

    def network(self, jobs, n_condition, generators):
        return Scaled(jobs[0].data.train.x.shape[1], generators, self.shared)

    def predict_cells(self, network, question):
        return network(question.x.expand(len(question.jobs), -1, -1))


def users_jobs(seeds=range(3)) -> list[Job]:
    params = TrainingParams(epochs=2, hidden_dim=4, n_layers=1, batch_size=32)
    data = toy_task(n=200)
    return [Job(Member("toy", "toy", "users", seed), data, params) for seed in seeds]


def test_a_buffer_that_members_share_is_whole_in_each_of_them():
    jobs = users_jobs()
    together = Users().fit(jobs, RUNTIME)
    for index, job in enumerate(jobs):
        assert torch.equal(together.member(index).levels, LEVELS)
        alone = Users().fit([job], RUNTIME).predict("edit")[0]["stim"]
        np.testing.assert_allclose(together.predict("edit")[index]["stim"], alone, atol=1e-5)


@pytest.mark.parametrize("seeds", [range(1), range(2), range(3)], ids=len)
def test_a_shared_buffer_that_is_not_declared_is_named(seeds):
    method = Users()
    method.shared = False
    for answer in method.fit(users_jobs(seeds), RUNTIME).predict("edit"):
        assert isinstance(answer, Failure)
        assert "levels: found shape (3,)" in answer.reason
        assert "shared_buffers" in answer.reason


def test_every_native_network_says_what_its_members_share():
    for name in registry.METHODS:
        method = registry.get(name)
        if isinstance(method, StackedMethod):
            for jobs in ([toy_job(name)], [toy_job(name, seed=s) for s in range(3)]):
                build(method, jobs, 5)


@pytest.mark.parametrize(
    ("preset", "asked", "device", "expected"),
    [
        ("recommended", "auto", "cuda", "tf32"),
        ("recommended", "auto", "cpu", "fp32"),
        ("recommended", "bf16", "cpu", "bf16"),
        ("recommended", "fp32", "cuda", "fp32"),
        ("reference", "auto", "cuda", "fp32"),
        ("reference", "tf32", "cuda", "fp32"),
        ("reference", "bf16", "cpu", "fp32"),
    ],
)
def test_precision(preset, asked, device, expected):
    member = Member("d", "t", "sccbgm", 0, preset=preset)
    assert precision_of(Runtime(device=device, precision=asked), member) == expected


def job(method: str, preset: str = "recommended", **overrides) -> Job:
    small = toy_job(method, epochs=2, **overrides)
    return dataclasses.replace(small, member=dataclasses.replace(small.member, preset=preset))


def test_a_loaded_fit_computes_as_the_trained_one(tmp_path):
    runtime = dataclasses.replace(RUNTIME, precision="bf16")
    method, jobs = registry.get("sccbgm"), [job("sccbgm")]
    trained = method.fit(jobs, runtime)
    method.save(trained, tmp_path / "fit.pt")
    loaded = method.load(jobs, tmp_path / "fit.pt", runtime)
    rounded = trained.predict("edit")[0]["stim"]
    np.testing.assert_array_equal(loaded.predict("edit")[0]["stim"], rounded)
    exact = method.load(jobs, tmp_path / "fit.pt", RUNTIME).predict("edit")[0]["stim"]
    assert np.abs(exact - rounded).max() > 1e-4


def test_the_reference_is_not_rounded_and_stacks_with_no_other_precision():
    both = [job("sccbgm"), job("sccbgm", "reference")]
    rounded = registry.get("sccbgm").fit(both, dataclasses.replace(RUNTIME, precision="bf16"))
    exact = registry.get("sccbgm").fit(both, RUNTIME)
    assert [numbers for numbers, _ in rounded.stacks] == [[0], [1]]
    assert [numbers for numbers, _ in exact.stacks] == [[0, 1]]
    one, other = rounded.predict("edit"), exact.predict("edit")
    np.testing.assert_allclose(one[1]["stim"], other[1]["stim"], atol=1e-5)
    assert np.abs(one[0]["stim"] - other[0]["stim"]).max() > 1e-4


def test_a_first_stage_computes_its_codes_alike_in_training_and_prediction(monkeypatch):
    runtime = dataclasses.replace(RUNTIME, precision="tf32")
    sccbgm, flow, seen = registry.get("sccbgm"), registry.get("sccbgm_fm"), []
    first = sccbgm.fit([job("sccbgm")], runtime)
    flow_condition = first.method.flow_condition

    def watched(*arguments):
        seen.append(torch.get_float32_matmul_precision())
        return flow_condition(*arguments)

    monkeypatch.setattr(first.method, "flow_condition", watched)
    fitted = flow.fit([job("sccbgm_fm", solver_steps=2)], runtime, first)
    in_training = len(seen)
    fitted.predict("edit")
    assert 0 < in_training < len(seen)
    assert set(seen) == {"high"}
    assert torch.get_float32_matmul_precision() == "highest"


@pytest.mark.parametrize("fault", [MemoryError(), OSError(28, "No space left on device")], ids=repr)
def test_a_fault_of_the_machine_ends_the_fit_and_the_prediction(fault, monkeypatch):
    def broken(*arguments):
        raise fault

    method, jobs = registry.get("vanilla_fm"), [job("vanilla_fm", solver_steps=2)]
    fitted = method.fit(jobs, RUNTIME)
    monkeypatch.setattr(fitted.method, "predict_cells", broken)
    with pytest.raises(type(fault)):
        fitted.predict("edit")
    monkeypatch.setattr(stack, "_fit_stack", broken)
    with pytest.raises(type(fault)):
        method.fit(jobs, RUNTIME)


def test_no_memory_for_a_single_member_ends_the_fit(monkeypatch):
    def scarce(*arguments):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(stack, "_fit_stack", scarce)
    with pytest.raises(torch.cuda.OutOfMemoryError):
        registry.get("vanilla_fm").fit([toy_job("vanilla_fm", seed=s) for s in (0, 1)], RUNTIME)


def test_no_memory_for_the_codes_of_a_first_stage_is_not_a_failure_of_the_member(monkeypatch):
    first = registry.get("sccbgm").fit([job("sccbgm")], RUNTIME)

    def scarce(*arguments):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(first.method, "flow_condition", scarce)
    with pytest.raises(torch.cuda.OutOfMemoryError):
        registry.get("sccbgm_fm").fit([job("sccbgm_fm")], RUNTIME, first)


def test_a_setting_that_cannot_be_fails_its_own_members():
    good, bad = (job("perturbedvae", n_responsive=n) for n in (3, 8))
    answers = registry.get("perturbedvae").fit([good, bad], RUNTIME).predict("edit")
    assert isinstance(answers[0], dict)
    assert isinstance(answers[1], Failure)
    assert "n_responsive: found 8" in answers[1].reason


def test_a_task_that_cannot_be_asked_fails_its_own_members():
    tasks = [toy_task(n=200, task_id=name) for name in ("one", "two")]
    tasks[1].intervene.concepts[0, 2] = np.nan
    method = registry.get("perturbedvae")
    answers = method.fit(
        [toy_job("perturbedvae", data, epochs=1) for data in tasks], RUNTIME
    ).predict("edit")
    assert isinstance(answers[0], dict)
    assert isinstance(answers[1], Failure)
    assert "not annotated" in answers[1].reason
