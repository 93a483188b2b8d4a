"""biolord against the documented calls of the package, and what the adapter must do."""

import dataclasses

import numpy as np
import pytest
from external_toy import answered, assert_edits, toy_data, toy_job

from sccbgm.methods.biolord import Biolord
from sccbgm.protocol.method import Failure, Runtime
from sccbgm.protocol.task import Cells, Target

pytest.importorskip("biolord")


def fit(preset: str = "recommended", data=None, **overrides):
    method = Biolord()
    job = toy_job(method, preset, toy_data() if data is None else data, **overrides)
    fitted = method.fit([job], Runtime(device="cpu"))
    assert not isinstance(fitted.answers[0], Failure), fitted.answers[0]
    return fitted


def documented(data, network, seed, codes, train_size, **train):
    """The package called as its tutorial does, edited genes of the intervened cells."""
    import scvi
    from anndata import AnnData
    from biolord import Biolord as Package

    def cells(part):
        adata = AnnData(data.genes(part.rows))
        for k, name in enumerate(data.concept_names):
            adata.obs[name] = [f"{v:g}" for v in part.concepts[:, k]]
            adata.obs[name] = adata.obs[name].astype("category")
        adata.obs_names = [f"{row}" for row in part.rows]
        return adata

    before = scvi.settings.seed
    train_cells, source = cells(data.train), cells(data.intervene)
    Package.setup_anndata(train_cells, categorical_attributes_keys=list(data.concept_names))
    model = Package(train_cells, n_latent=32, module_params=network and network | {"seed": seed})
    model.train(
        batch_size=128, plan_kwargs={"cosine_scheduler": True}, train_size=train_size,
        enable_checkpointing=False, accelerator="cpu", default_root_dir=train.pop("folder"),
        enable_progress_bar=False, check_val_every_n_epoch=10, **train,
    )  # fmt: skip
    source.obs["_indices"] = codes
    result = model.compute_prediction_adata(train_cells, source, target_attributes=["stim"])
    scvi.settings.seed = before
    return data.project(np.maximum(result[result.obs["stim"] == "1"].X, 0))


def test_recommended_equals_the_documented_calls(tmp_path):
    data = toy_data()
    method = Biolord()
    fitted = fit(epochs=3, hidden_dim=64, n_layers=2, seed=7)
    network = {"decoder_width": 64, "decoder_depth": 2, "use_batch_norm": False}
    own = np.flatnonzero(np.isin(data.train.rows, data.intervene.rows))
    expected = documented(data, network, 7, own, 1.0, max_epochs=3, folder=tmp_path)
    (answer,) = fitted.predict("edit")
    np.testing.assert_allclose(answer["stim1"], expected, atol=1e-5)
    with pytest.raises(ValueError, match="mode"):
        fitted.predict("decode")
    path = tmp_path / "fit.pt"
    method.save(fitted, path)
    loaded = method.load(fitted.jobs, path, Runtime())
    np.testing.assert_array_equal(loaded.predict("edit")[0]["stim1"], answer["stim1"])


def test_reference_is_the_package_network_on_the_codes_of_other_cells(tmp_path):
    data = toy_data()
    (answer,) = fit("reference", epochs=3).predict("edit")
    wrong = np.arange(len(data.intervene))
    expected = documented(
        data, None, 0, wrong, 0.9, max_epochs=3, early_stopping=True, folder=tmp_path
    )
    np.testing.assert_allclose(answer["stim1"], expected, atol=1e-5)


@pytest.mark.slow
def test_moves_towards_the_target_and_repeats():
    data = toy_data()
    settings = {"epochs": 60, "hidden_dim": 64, "n_layers": 2, "lr": 3e-3, "batch_size": 32}
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    first, second = (fit(data=data, **settings).predict("edit")[0]["stim1"] for _ in range(2))
    assert_edits(first, data, share=0.7)
    np.testing.assert_array_equal(first, second)
    after = np.random.get_state()[1]  # noqa: NPY002
    np.testing.assert_array_equal(before, after)


def test_condition_is_own_code_and_edited_embeddings():
    data = toy_data()
    fitted = fit(data=data, epochs=1, hidden_dim=16, n_layers=1)
    own = np.flatnonzero(np.isin(data.train.rows, data.intervene.rows))
    train = fitted.flow_condition(0, data.train)
    observed = fitted.flow_condition(0, data.intervene)
    edited = fitted.flow_condition(0, data.intervene, data.task.targets[0])
    assert train.shape == (len(data.train), 32 + 4 * 4)
    np.testing.assert_array_equal(observed, train[own])
    np.testing.assert_array_equal(edited[:, :-4], observed[:, :-4])
    stimulated = train[data.train.concepts[:, 3] == 1][0, -4:]
    np.testing.assert_array_equal(edited[:, -4:], np.tile(stimulated, (len(edited), 1)))


def test_reference_condition_is_unedited_with_the_codes_of_other_cells():
    data = toy_data()
    fitted = fit("reference", data=data, epochs=1)
    train = fitted.flow_condition(0, data.train)
    edited = fitted.flow_condition(0, data.intervene, data.task.targets[0])
    own = np.flatnonzero(np.isin(data.train.rows, data.intervene.rows))
    np.testing.assert_array_equal(edited[:, :32], train[: len(edited), :32])
    np.testing.assert_array_equal(edited[:, 32:], train[own, 32:])


def test_a_value_unseen_in_training_fails_its_job_alone():
    method, data = Biolord(), toy_data(doses=True)
    good = toy_job(method, data=data, epochs=1, hidden_dim=16, n_layers=1)
    task = dataclasses.replace(data.task, targets=(Target("t", ("c_2",), {"stim": 2.0}, "c"),))
    bad = dataclasses.replace(good, data=dataclasses.replace(data, task=task))
    answers = method.fit([bad, good], Runtime(device="cpu")).predict("edit")
    assert answers[0] == Failure("ValueError: no training cell has stim = 2")
    assert set(answers[1]) == {"stim0.5", "stim1"}


def test_a_crash_of_the_package_is_a_reason_and_no_memory_ends_the_job(monkeypatch):
    from sccbgm.methods import _biolord

    def crash(*arguments):
        raise error

    monkeypatch.setattr(_biolord, "_train", crash)
    method, error = Biolord(), ArithmeticError("no step\nwas taken")
    job = toy_job(method, hidden_dim=16, n_layers=1)
    (answer,) = method.fit([job], Runtime(device="cpu")).predict("edit")
    assert answer == Failure("ArithmeticError: no step")
    error = MemoryError()
    with pytest.raises(MemoryError):
        method.fit([job], Runtime(device="cpu"))


@pytest.mark.parametrize(
    ("left_over", "settings"),
    [
        ("of training", {"batch_size": 179, "epochs": 1}),
        ("of validation", {"batch_size": 19, "epochs": 10}),
        ("for validation in all", {"train_share": 0.995, "epochs": 10}),
    ],
)
def test_the_reference_runs_with_one_cell_left_over(left_over, settings):
    """180 of the toy's 200 cells are trained on, and every tenth epoch the others validate."""
    (answer,) = fit("reference", hidden_dim=16, n_layers=1, **settings).predict("edit")
    assert np.isfinite(answer["stim1"]).all()


def test_a_single_intervened_cell_is_predicted_as_among_others():
    data = toy_data()
    settings = {"epochs": 1, "hidden_dim": 16, "n_layers": 1, "batch_norm": True}
    (all_cells,) = fit(data=data, **settings).predict("edit")
    x, concepts, rows = (
        a[:1] for a in (data.intervene.x, data.intervene.concepts, data.intervene.rows)
    )
    alone = dataclasses.replace(data, intervene=Cells(x, concepts, rows))
    (one,) = fit(data=alone, **settings).predict("edit")
    np.testing.assert_allclose(one["stim1"], all_cells["stim1"][:1], atol=1e-4)


def test_intervened_cells_outside_training_get_codes():
    data = toy_data()
    keep = ~np.isin(data.train.rows, data.intervene.rows)
    train = dataclasses.replace(
        data.train, x=data.train.x[keep], concepts=data.train.concepts[keep],
        rows=data.train.rows[keep],
    )  # fmt: skip
    data = dataclasses.replace(data, train=train)
    fitted = fit(data=data, epochs=1, hidden_dim=16, n_layers=1)
    assert fit(epochs=1, hidden_dim=16, n_layers=1).remarks("edit") == [{}]
    (remarks,) = fitted.remarks("edit")
    assert remarks["stim1"].startswith(f"fitted to {len(data.intervene)} intervened cells too")
    assert fitted.flow_condition(0, data.train).shape == (len(data.train), 48)
    assert fitted.flow_condition(0, data.intervene).shape == (len(data.intervene), 48)


def test_no_batch_has_a_single_cell():
    from sccbgm.methods._biolord import batch

    for n in (2, 512, 513, 1025, 512 * 513 + 1):
        assert n % batch(512, n) != 1
    assert batch(512, 300) == batch(512, 512) == batch(512, 1) == 512
    assert batch(128, 129, 131) == 129


@pytest.mark.parametrize(("preset", "computed"), [("recommended", 2), ("reference", 1)])
def test_a_fixed_seed_is_trained_once(preset, computed):
    assert answered(Biolord(), preset, epochs=1, hidden_dim=16, n_layers=1) == computed
