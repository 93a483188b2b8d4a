"""Saved models: what a folder holds, and what is refused of it."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from api_cells import ONE_EPOCH, cells, with_pca

from sccbgm import api
from sccbgm.protocol.method import Runtime

EDIT = {"stim": 1.0}


@pytest.fixture(scope="module")
def adata():
    return with_pca(cells())


def fit(adata, method="sccbgm", rep="X_pca", **params):
    known = ONE_EPOCH | params
    if method == "vanilla_fm":
        known = {k: v for k, v in known.items() if k not in ("latent_dim", "n_unknown")}
    if method in ("cvae", "vae", "cvae_fm", "perturbedvae"):
        known.pop("n_unknown")
    return api.fit(adata, rep=rep, soft=["dose"], method=method, **known)


@pytest.mark.parametrize(
    ("method", "rep"),
    [("sccbgm", "X_pca"), ("sccbgm_fm", None), ("cvae_fm", "X_pca"), ("conceptflow", None),
     ("vanilla_fm", None), ("cbgm", None), ("sccbgm_ae", None)],
)  # fmt: skip
def test_a_loaded_model_is_the_saved_one(adata, tmp_path, method, rep):
    model = fit(adata, method, rep, seed=[3, 5])
    model.save(tmp_path / "model")
    again = api.load(tmp_path / "model")
    assert repr(again) == repr(model) and again.hash == model.hash
    assert again.seeds == (3, 5)
    for mode in model.method.modes:
        np.testing.assert_array_equal(
            again.members(adata, EDIT, mode), model.members(adata, EDIT, mode)
        )
    pd.testing.assert_frame_equal(again.history, model.history)


@pytest.mark.parametrize("named", [{}, {"perturbations": ("stim", "dose")}])
def test_a_loaded_perturbedvae_edits(adata, tmp_path, named):
    model = fit(adata, "perturbedvae", **named)
    model.save(tmp_path / "model")
    again = api.load(tmp_path / "model")
    np.testing.assert_array_equal(again.intervene(adata, EDIT), model.intervene(adata, EDIT))


def test_a_folder_holds_one_model(adata, tmp_path):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    fit(adata, "sccbgm_fm").save(tmp_path)
    two_stages = set(tmp_path.iterdir())
    model = fit(adata, "sccbgm", seed=1)
    model.save(tmp_path)
    again = api.load(tmp_path)
    assert again.stage1 is None
    np.testing.assert_array_equal(again.intervene(adata, EDIT), model.intervene(adata, EDIT))
    assert len(set(tmp_path.iterdir())) == len(two_stages) - 1
    assert (tmp_path / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_a_save_that_is_cut_off_leaves_the_former_model(adata, tmp_path, monkeypatch):
    model = fit(adata)
    model.save(tmp_path)
    broken = fit(adata, seed=1)
    monkeypatch.setattr(json, "dumps", lambda *a, **k: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        broken.save(tmp_path)
    monkeypatch.undo()
    assert api.load(tmp_path).hash == model.hash


def saved(adata, folder, **params):
    fit(adata, **params).save(folder)
    return {path.name.partition("-")[0]: path for path in folder.iterdir()}


@pytest.mark.parametrize("name", ["sccbgm", "basis", "history", "model.json"])
@pytest.mark.parametrize("how", ["cut", "changed", "empty", "gone"])
def test_a_damaged_file_is_named(adata, tmp_path, name, how):
    path = saved(adata, tmp_path)[name]
    content = path.read_bytes()
    if how == "gone":
        path.unlink()
    else:
        middle = len(content) // 2
        flipped = content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :]
        path.write_bytes({"cut": content[:middle], "changed": flipped, "empty": b""}[how])
    with pytest.raises(ValueError, match=path.name):
        api.load(tmp_path)


def test_a_file_of_another_model_is_refused(adata, tmp_path):
    mine, other = saved(adata, tmp_path / "a"), saved(adata, tmp_path / "b", seed=1)
    mine["sccbgm"].write_bytes(other["sccbgm"].read_bytes())
    with pytest.raises(ValueError, match="another model's"):
        api.load(tmp_path / "a")


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [("format", 1, "format: found 1"), ("genes", None, "genes"), ("n_dims", 5, "json|tensors"),
     ("genes", ["x"] * 10, "hash"), ("rep", 3, "rep"), ("stages", [], "hash")],
)  # fmt: skip
def test_a_record_that_does_not_fit_is_refused(adata, tmp_path, key, value, found):
    path = saved(adata, tmp_path)["model.json"]
    record = json.loads(path.read_text(encoding="utf-8"))
    if value is None:
        del record[key]
    else:
        record[key] = value
    path.write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(ValueError, match=found):
        api.load(tmp_path)


def test_nothing_that_is_loaded_runs(adata, tmp_path):
    """Weights and arrays that carry code, with hashes that fit, are refused unexecuted."""
    from hashlib import blake2b

    class Code:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    files = saved(adata, tmp_path)
    for name, key in (("sccbgm", "weights"), ("basis", "basis")):
        path, record_path = files[name], files["model.json"]
        before = path.read_bytes(), record_path.read_bytes()
        if name == "sccbgm":
            torch.save({"members": Code()}, path)
        else:
            with path.open("wb") as file:
                np.savez(file, mean=np.array(Code(), dtype=object), components=np.zeros((1, 1)))
        record = json.loads(record_path.read_text(encoding="utf-8"))
        entry = record["stages"][0][key] if key == "weights" else record[key]
        entry["blake2b"] = blake2b(path.read_bytes(), digest_size=16).hexdigest()
        record_path.write_text(json.dumps(record), encoding="utf-8")
        with pytest.raises(ValueError, match=f"{path.name}: found no safetensors"):
            api.load(tmp_path)
        assert not (tmp_path / "ran").exists()
        path.write_bytes(before[0])
        record_path.write_bytes(before[1])
    assert api.load(tmp_path, Runtime()).seeds == (0,)


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(ValueError, match="nowhere/model.json"):
        api.load(tmp_path / "nowhere")
