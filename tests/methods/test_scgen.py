"""scGen against the documented calls of pertpy, and what the adapter must do."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from external_toy import assert_edits, toy_data, toy_job

from sccbgm.methods._packages import fold_seed, seeded
from sccbgm.methods.scgen import ScGen, _accelerator, _compiled_once
from sccbgm.protocol.method import Failure, Runtime

pytest.importorskip("pertpy")

SMALL = {"hidden_dim": 16, "n_layers": 1, "latent_dim": 4, "epochs": 3}


def fit(preset: str = "recommended", data=None, **overrides):
    method = ScGen()
    job = toy_job(method, preset, toy_data() if data is None else data, **overrides)
    (answer,) = method.fit([job], Runtime(device="cpu")).predict("edit")
    assert not isinstance(answer, Failure), answer
    return job, answer


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["recommended", "reference"])
def test_equals_the_documented_calls(preset, monkeypatch, tmp_path):
    import jax
    import pertpy as pt
    from anndata import AnnData

    def compiled():
        return set(Path(jax.config.jax_compilation_cache_dir).glob("jit_jit_training_step-*"))

    data, unlog = toy_data(), np.expm1 if preset == "reference" else np.asarray

    def cells(part, contexts):
        adata = AnnData(unlog(data.genes(part.rows)))
        adata.obs["condition"] = np.where(part.concepts[:, 3] == 1, "stim", "ctrl")
        adata.obs["cell_type"] = contexts
        return adata

    train, source = cells(data.train, data.train_context), cells(data.intervene, "c")
    with _compiled_once():
        job, answer = fit(preset, data, **SMALL)
        steps = compiled()
        with seeded(fold_seed(job.member.key("train"))):
            pt.tl.Scgen.setup_anndata(train, batch_key="condition", labels_key="cell_type")
            model = pt.tl.Scgen(train, n_hidden=16, n_latent=4, n_layers=1)
            model.train(
                max_epochs=3, batch_size=128, early_stopping=True, early_stopping_patience=25,
                accelerator="cpu", plan_kwargs={"lr": 1e-3}, enable_progress_bar=False,
                default_root_dir=tmp_path,
            )  # fmt: skip
            rng = np.random.default_rng(job.member.key("predict"))
            monkeypatch.setattr(np.random, "default_rng", lambda: rng)
            predicted, _ = model.predict(ctrl_key="ctrl", stim_key="stim", adata_to_predict=source)
        assert steps and compiled() == steps, "the second model shares the first one's program"
    assert jax.config.jax_compilation_cache_dir is None
    genes = np.maximum(predicted.X, 0)
    expected = data.project(np.log1p(genes) if preset == "reference" else genes)
    np.testing.assert_allclose(answer["stim1"], expected, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["recommended", "reference"])
def test_moves_towards_the_target_and_repeats(preset):
    data = toy_data(spread=0.2)
    settings = {"hidden_dim": 64, "latent_dim": 10, "batch_size": 16}
    _, first = fit(preset, data, **settings)
    _, second = fit(preset, data, **settings)
    assert_edits(first["stim1"], data, share=0.6)
    np.testing.assert_array_equal(first["stim1"], second["stim1"])


@pytest.mark.slow
def test_one_fit_serves_all_doses():
    _, answer = fit(data=toy_data(doses=True), **SMALL)
    assert set(answer) == {"stim0.5", "stim1"}


@pytest.mark.slow
def test_floor_rounds_the_counts():
    _, exact = fit("reference", **SMALL)
    _, rounded = fit("reference", floor=True, **SMALL)
    assert np.abs(exact["stim1"] - rounded["stim1"]).max() > 1e-4


def test_a_missing_condition_is_a_reason():
    method, job = ScGen(), toy_job(ScGen(), **SMALL)
    concepts = job.data.train.concepts.copy()
    concepts[:, 3] = 0
    train = dataclasses.replace(job.data.train, concepts=concepts)
    bad = dataclasses.replace(job, data=dataclasses.replace(job.data, train=train))
    answers = method.fit([bad, bad], Runtime(device="cpu")).predict("edit")
    assert answers == [Failure("ValueError: no training cell has stim = 1")] * 2


def test_the_device_is_one_that_jax_has():
    import jax

    expected = "gpu" if jax.default_backend() == "gpu" else "cpu"
    assert [_accelerator(d) for d in ("cpu", "auto", "cuda")] == ["cpu", expected, expected]
