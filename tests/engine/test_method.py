"""Stacked methods on a toy whose counterfactual is known, and how jobs become stacks."""

import dataclasses

import numpy as np
import pytest
import torch
from toy import EFFECT, toy_job, toy_task

from sccbgm.engine import stack
from sccbgm.methods import registry
from sccbgm.protocol.faults import Refused
from sccbgm.protocol.method import Failure, Runtime

RUNTIME = Runtime(device="cpu")
TRAINING = {"hidden_dim": 64, "epochs": 40, "lr": 1e-3}


def fit(method_id: str, data=None, seeds=(0,), **overrides):
    method = registry.get(method_id)
    data = toy_task(n=1000, unseen=False) if data is None else data
    stage1 = fit(method.builds_on, data, seeds, **overrides) if method.builds_on else None
    names = {f.name for f in dataclasses.fields(method.Params)}
    own = {name: value for name, value in (TRAINING | overrides).items() if name in names}
    return method.fit([toy_job(method_id, data, s, **own) for s in seeds], RUNTIME, stage1)


def test_cbgm_reconstructs_but_its_edit_depends_on_the_contexts():
    """Its contexts know the stimulus, so mixing them by the edited concept need not move the cell.

    What must hold: unedited cells are reconstructed, and the edit acts on the mixture alone.
    """
    fitted = fit("cbgm", intervene_latent="mean")
    network, job = fitted.member(0), fitted.jobs[0]
    x = torch.from_numpy(job.data.intervene.x)[None]
    code = network.encode(x)
    rebuilt = network.decode(code).numpy()[0]
    assert ((rebuilt - job.data.intervene.x) ** 2).mean() < 0.5 * job.data.intervene.x.var()
    edited = network.encode(x)._replace(
        known=torch.where(torch.tensor([False, False, True]), 1.0, code.known)
    )
    np.testing.assert_allclose(
        fitted.predict("edit")[0]["stim"], network.decode(edited).numpy()[0], atol=1e-5
    )


def test_no_edit_returns_the_cell_through_a_flow():
    """Inversion and generation under the same condition undo each other."""
    fitted = fit("sccbgm_fm")
    question = fitted._question([0], fitted.jobs[0].data.task.targets[0], "edit")
    same = dataclasses.replace(question, edited=question.condition)
    back = fitted.method.predict_cells(fitted.member(0), same)
    torch.testing.assert_close(back, question.x, atol=2e-2, rtol=0)


def test_members_of_a_mixed_list_predict_as_alone():
    tasks = [toy_task(n=300, seed=1, task_id="one"), toy_task(n=200, seed=2, task_id="two")]
    method = registry.get("sccbgm")
    jobs = [toy_job("sccbgm", data, seed, epochs=3) for data in tasks for seed in (0, 1)]
    jobs.append(toy_job("sccbgm", tasks[0], 0, epochs=3, lambda_concept=1.0))
    jobs.append(toy_job("sccbgm", tasks[0], 0, epochs=3, hidden_dim=16))
    together = method.fit(jobs, RUNTIME)
    assert sorted(len(numbers) for numbers, _ in together.stacks) == [1, 5]
    for job, answer in zip(jobs, together.predict("edit"), strict=True):
        alone = method.fit([job], RUNTIME).predict("edit")[0]
        np.testing.assert_allclose(answer["stim"], alone["stim"], atol=2e-4)


def test_the_number_of_members_at_once_changes_nothing():
    jobs = [toy_job("vanilla_fm", seed=s, epochs=2) for s in range(3)]
    method = registry.get("vanilla_fm")
    whole = method.fit(jobs, RUNTIME).predict("decode")
    split = method.fit(jobs, dataclasses.replace(RUNTIME, members_at_once=2)).predict("decode")
    for a, b in zip(whole, split, strict=True):
        np.testing.assert_allclose(a["stim"], b["stim"], atol=1e-4)


def test_out_of_memory_halves_the_stack_and_says_so(monkeypatch):
    train = stack._fit_stack

    def scarce(fitted, numbers, *rest):
        if len(numbers) > 1:
            raise torch.cuda.OutOfMemoryError
        train(fitted, numbers, *rest)

    monkeypatch.setattr(stack, "_fit_stack", scarce)
    lines = []
    runtime = dataclasses.replace(RUNTIME, report=lines.append)
    jobs = [toy_job("vanilla_fm", seed=s, epochs=1) for s in range(4)]
    fitted = registry.get("vanilla_fm").fit(jobs, runtime)
    assert len(fitted.stacks) == 4
    assert any("out of memory with 4 members: now 2" in line for line in lines)


def test_saved_and_loaded_fits_predict_alike(tmp_path):
    first = fit("sccbgm", seeds=(0, 1), epochs=2)
    method = registry.get("sccbgm")
    method.save(first, tmp_path / "fit.pt")
    again = method.load(first.jobs, tmp_path / "fit.pt", RUNTIME)
    for a, b in zip(first.predict("edit"), again.predict("edit"), strict=True):
        np.testing.assert_array_equal(a["stim"], b["stim"])
    with pytest.raises(Refused, match="expected"):
        method.load(first.jobs[:1], tmp_path / "fit.pt", RUNTIME)


def test_a_nan_member_fails_with_its_step_and_its_second_stage_with_the_reason():
    good, bad = toy_task(n=200, task_id="good"), toy_task(n=200, task_id="bad")
    bad.train.x[3] = np.nan
    sccbgm, flow = registry.get("sccbgm"), registry.get("sccbgm_fm")
    first = sccbgm.fit([toy_job("sccbgm", d, epochs=2) for d in (good, bad)], RUNTIME)
    answers = first.predict("edit")
    assert isinstance(answers[0], dict)
    assert answers[1] == Failure(first.failures[1])
    assert "not finite at step" in first.failures[1]
    second = flow.fit([toy_job("sccbgm_fm", d, epochs=1) for d in (good, bad)], RUNTIME, first)
    assert isinstance(second.predict("edit")[0], dict)
    assert "not finite at step" in second.failures[1]


def test_missing_annotations_are_masked_where_supervised_and_refused_where_put_in():
    data = toy_task(n=600, unseen=False)
    data.train.concepts[::3, 2] = np.nan
    fitted = fit("sccbgm", data)
    moved = fitted.predict("edit")[0]["stim"] - data.intervene.x
    assert moved[:, 0].mean() > 0.4 * EFFECT
    refused = registry.get("cvae").fit([toy_job("cvae", data, epochs=1)], RUNTIME)
    assert "lack an annotation" in refused.failures[0]


def test_soft_concepts_are_set_to_their_value():
    data = dataclasses.replace(toy_task(n=800, unseen=False), hard=np.array([True, True, False]))
    fitted = fit("sccbgm", data)
    moved = fitted.predict("edit")[0]["stim"] - data.intervene.x
    assert 0.4 * EFFECT < moved[:, 0].mean() < 1.6 * EFFECT


def test_a_flow_on_the_edited_concepts_knows_no_other():
    data = toy_task(n=300)
    other = data.train.concepts.copy()
    other[:, :2] = 1 - other[:, :2]
    swapped = dataclasses.replace(data, train=dataclasses.replace(data.train, concepts=other))
    found = {}
    for name, task in (("as annotated", data), ("types swapped", swapped)):
        for on in ("all", "edited"):
            job = toy_job("vanilla_fm", task, epochs=2, conditioned_on=on)
            found[name, on] = registry.get("vanilla_fm").fit([job], RUNTIME).predict("edit")[0]
    stim = {key: answer["stim"] for key, answer in found.items()}
    np.testing.assert_array_equal(stim["as annotated", "edited"], stim["types swapped", "edited"])
    assert np.abs(stim["as annotated", "all"] - stim["types swapped", "all"]).max() > 1e-3
    none = dataclasses.replace(data, task=dataclasses.replace(data.task, targets=()))
    job = toy_job("vanilla_fm", none, epochs=1, conditioned_on="edited")
    fitted = registry.get("vanilla_fm").fit([job], RUNTIME)
    assert "the task edits no concept" in fitted.failures[0]


def test_the_vae_reconstructs_from_the_posterior_mean_and_needs_no_annotation():
    data = toy_task(n=300)
    data.train.concepts[::2] = np.nan
    fitted = fit("vae", data, epochs=2)
    x = torch.from_numpy(data.intervene.x)[None]
    network, no_concepts = fitted.member(0), torch.zeros(1, x.shape[1], 0)
    expected = network.decode(network.encode(x, no_concepts)[0], no_concepts)[0]
    np.testing.assert_allclose(fitted.predict("reconstruct")[0]["stim"], expected, atol=1e-5)
