"""PerturbedVAE as a method: what u is, who the partners are, stacks, direction of an edit."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import numpy as np
import pytest
import torch
from toy import EFFECT, toy_job, toy_task

from sccbgm.methods import registry
from sccbgm.methods.perturbedvae import (
    PerturbedVAEParams,
    perturbation_concepts,
    responsive_size,
    training_fields,
)
from sccbgm.protocol.member import Member
from sccbgm.protocol.method import Failure, Job, Runtime
from sccbgm.protocol.task import Cells, Target, TaskData

RUNTIME = Runtime(device="cpu")


def task(concepts, names, contexts, edits, hard=None) -> TaskData:
    """A task of which only the concepts matter."""
    concepts = np.asarray(concepts, dtype=np.float32)
    base = toy_task(8)
    target = Target("t", ("t",), edits, "g")
    rows = np.arange(len(concepts))
    train = Cells(rows[:, None].astype(np.float32), concepts, rows)
    return dataclasses.replace(
        base,
        task=dataclasses.replace(base.task, targets=(target,)),
        concept_names=tuple(names),
        hard=np.ones(len(names), dtype=bool) if hard is None else np.asarray(hard),
        train=train,
        train_context=np.asarray(contexts),
    )


def chosen(data: TaskData) -> list[str]:
    return [
        n for n, used in zip(data.concept_names, perturbation_concepts(data), strict=True) if used
    ]


def test_u_is_what_varies_within_a_context():
    assert chosen(toy_task()) == ["stim"]


def test_a_control_column_is_dropped_and_its_alternatives_kept():
    """One-hot of condition (PBS and two cytokines) and of cell type, one cytokine edited."""
    concepts = [[1, 0, 0, 1, 0], [0, 1, 0, 1, 0], [0, 0, 1, 1, 0], [1, 0, 0, 0, 1], [0, 0, 1, 0, 1]]
    names, contexts = ["PBS", "IFNg", "TNFa", "T", "B"], ["T", "T", "T", "B", "B"]
    data = task(concepts, names, contexts, {"PBS": 0.0, "IFNg": 1.0})
    assert chosen(data) == ["IFNg", "TNFa"]
    fields = training_fields(data, "context")
    assert fields["u"].tolist() == [[0, 0], [1, 0], [0, 1], [0, 0], [0, 1]]


def test_removing_a_stimulus_keeps_it_in_u():
    data = toy_task()
    target = Target("ctrl", ("x",), {"stim": 0.0}, "g")
    back = dataclasses.replace(data, task=dataclasses.replace(data.task, targets=(target,)))
    assert chosen(back) == ["stim"]


def test_all_concepts_of_the_synthetic_task_are_perturbations():
    rng = np.random.default_rng(0)
    concepts = rng.integers(0, 2, (40, 5))
    data = task(concepts, "abcde", np.repeat(["x", "y"], 20), {"c": 1.0})
    assert chosen(data) == list("abcde")


def test_partners_are_controls_of_the_context_else_its_other_cells():
    u = [0, 1, 0.5, 0, 1, 1, 1]
    contexts = list("aaabbcc")
    data = task([[v] for v in u], ["dose"], contexts, {"dose": 1.0}, hard=[False])
    fields = training_fields(data, "context")
    partners = [
        fields["partner"][s : s + c].tolist()
        for s, c in zip(fields["partner_start"], fields["partner_count"], strict=True)
    ]
    assert partners == [[0], [0], [0], [3], [3], [5, 6], [5, 6]]
    anywhere = training_fields(data, "random")
    assert anywhere["context"].shape == (7, 1)
    assert set(anywhere["partner"][:2]) == {0, 3}
    assert set(anywhere["partner_count"]) == {2}


def test_cells_without_a_label_are_not_trained_on_and_not_edited():
    data = task([[0], [np.nan], [1]], ["stim"], ["a", "a", "a"], {"stim": 1.0})
    assert training_fields(data, "context")["x"].ravel().tolist() == [0, 2]
    method = registry.get("perturbedvae")
    job = Job(Member("toy", "t", method.id, 0), data, method.params())
    with pytest.raises(ValueError, match="not annotated"):
        method.own_condition(job, data.train, None, None, 0)


def saved_and_loaded(path):
    """A tiny fit on the toy, loaded with none of its cells; and the question it is asked."""
    method = registry.get("perturbedvae")
    small = {"epochs": 2, "hidden_dim": 8, "latent_dim": 6, "n_responsive": 2}
    job = toy_job(method.id, toy_task(60), **small)
    fit = method.fit([job], RUNTIME)
    method.save(fit, path)
    nobody = Cells(*(a[:0] for a in (job.data.train.x, job.data.train.concepts, np.zeros(0))))
    empty = dataclasses.replace(
        job.data,
        train=nobody,
        train_context=np.zeros(0, dtype=str),
        task=dataclasses.replace(job.data.task, targets=()),
    )
    bare = dataclasses.replace(job, data=empty, params=fit.jobs[0].params)
    return fit, method.load([bare], path, RUNTIME)


def test_a_saved_fit_needs_none_of_its_cells_to_answer(tmp_path):
    fit, loaded = saved_and_loaded(tmp_path / "weights.pt")
    data = dataclasses.replace(fit.jobs[0].data, train=loaded.jobs[0].data.train)
    asked = [dataclasses.replace(loaded.jobs[0], data=data)]
    for mode in ("edit", "residual", "generate"):
        again = loaded.on(asked, None).predict(mode)[0]
        assert np.array_equal(again["stim"], fit.predict(mode)[0]["stim"])


def test_an_edit_that_it_cannot_make_is_refused(tmp_path):
    fit, _ = saved_and_loaded(tmp_path / "weights.pt")
    job = fit.jobs[0]
    other = next(name for name in job.data.concept_names if name != "stim")
    target = Target("other", ("x",), {"stim": 1.0, other: 1.0}, "g")
    data = dataclasses.replace(job.data, task=dataclasses.replace(job.data.task, targets=(target,)))
    [answer] = fit.on([dataclasses.replace(job, data=data)], None).predict("edit")
    assert isinstance(answer, Failure)
    assert f"edit of ['{other}']" in answer.reason and "are ['stim']" in answer.reason
    with pytest.raises(ValueError, match="perturbations: found"):
        perturbation_concepts(job.data, ["nonsense"])


@pytest.mark.parametrize(("labels", "expected"), [(1, 8), (8, 8), (9, 20), (86, 20)])
def test_size_of_the_response(labels, expected):
    assert responsive_size(PerturbedVAEParams(), labels) == expected


def test_a_response_that_leaves_no_background_is_refused():
    with pytest.raises(ValueError, match="n_responsive: found 16"):
        responsive_size(PerturbedVAEParams(latent_dim=16, n_responsive=16), 1)


def test_the_papers_profile():
    p = registry.get("perturbedvae").params("reference")
    assert (p.lr, p.batch_size, p.epochs, p.hidden_dim) == (1e-4, 64, 100, 256)
    assert (p.beta_responsive, p.beta_background, p.alpha) == (1e-2, 1e-2, 0.05)
    assert (p.n_responsive, p.latent_dim - p.n_responsive) == (20, 85)


def test_importing_the_method_imports_no_torch():
    code = "import sys, sccbgm.methods.perturbedvae; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("preset", ["recommended", "reference"])
def test_members_of_a_stack_equal_themselves_alone(preset):
    """Three seeds, one with its own alpha, on tasks of different sizes."""
    method = registry.get("perturbedvae")
    tasks = [toy_task(90, task_id="a"), toy_task(140, seed=1, task_id="b")]
    small = {"epochs": 4, "hidden_dim": 12, "latent_dim": 6, "n_responsive": 2, "batch_size": 32}
    jobs = []
    for i, data in enumerate([tasks[0], tasks[0], tasks[1]]):
        job = toy_job("perturbedvae", data, seed=i)
        params = method.params(preset, **small, alpha=1.0 + i)
        jobs.append(dataclasses.replace(job, params=params))
    together = method.fit(jobs, RUNTIME)
    assert len(together.stacks) == 1
    for mode in method.modes:
        stacked = together.predict(mode)
        for i, job in enumerate(jobs):
            alone = method.fit([job], RUNTIME).predict(mode)[0]
            np.testing.assert_allclose(stacked[i]["stim"], alone["stim"], rtol=0, atol=1e-4)


def test_saved_members_predict_the_same(tmp_path):
    method = registry.get("perturbedvae")
    jobs = [toy_job("perturbedvae", toy_task(60), seed=s, epochs=2) for s in range(2)]
    fit = method.fit(jobs, RUNTIME)
    method.save(fit, tmp_path / "fit.pt")
    loaded = method.load(jobs, tmp_path / "fit.pt", RUNTIME)
    for mode in method.modes:
        for before, after in zip(fit.predict(mode), loaded.predict(mode), strict=True):
            np.testing.assert_array_equal(before["stim"], after["stim"])


def test_a_member_whose_loss_is_not_finite_fails_alone():
    good = toy_job("perturbedvae", toy_task(60), epochs=2)
    data = toy_task(60, seed=3)
    x = data.train.x.copy()
    x[0] = np.inf
    bad = dataclasses.replace(
        good, data=dataclasses.replace(data, train=dataclasses.replace(data.train, x=x))
    )
    answers = registry.get("perturbedvae").fit([bad, good], RUNTIME).predict("edit")
    assert isinstance(answers[0], Failure)
    assert np.isfinite(answers[1]["stim"]).all()


def test_an_edit_goes_from_control_to_stimulated():
    """Only the direction: here one type alone was ever stimulated, so that stimulated cells need
    no background code, and the model cannot know that the other type would keep its own.
    """
    job = toy_job("perturbedvae")
    fit = registry.get("perturbedvae").fit([job], RUNTIME)
    before = job.data.intervene.x[:, 0].mean()
    for mode in ("edit", "residual", "generate"):
        cells = fit.predict(mode)[0]["stim"]
        assert cells.shape == job.data.intervene.x.shape
        assert abs(cells[:, 0].mean() - before - EFFECT) < 0.5 * EFFECT


def test_generated_cells_are_drawn_and_repeatable():
    fit = registry.get("perturbedvae").fit([toy_job("perturbedvae", epochs=2)], RUNTIME)
    one, two = (fit.predict("generate")[0]["stim"] for _ in range(2))
    np.testing.assert_array_equal(one, two)
    assert not torch.allclose(torch.tensor(one), torch.tensor(fit.predict("edit")[0]["stim"]))


def test_a_task_in_which_nothing_varies_fails_alone():
    method = registry.get("perturbedvae")
    good = toy_job(method.id, epochs=1, hidden_dim=8, latent_dim=6, n_responsive=2)
    constant = task([[1.0], [1.0]], ["stim"], ["a", "a"], {})
    bad = dataclasses.replace(
        good, data=constant, member=dataclasses.replace(good.member, task="constant")
    )
    answers = method.fit([bad, good], RUNTIME).predict("edit")
    assert isinstance(answers[0], Failure) and "perturbations: found []" in answers[0].reason
    assert np.isfinite(answers[1]["stim"]).all()
