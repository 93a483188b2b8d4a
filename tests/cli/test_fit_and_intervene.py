"""`sccbgm fit`, `intervene` and `evaluate`: what they write, and how they refuse."""

from __future__ import annotations

import csv
import io
import json

import anndata
import numpy as np
import pandas as pd
import pytest
from api_cells import cells

from sccbgm.api.faults import Fault
from sccbgm.cli import main
from sccbgm.cli.fit import make_concepts

CONCEPTS = ["--concepts", "condition=stim", "type", "dose=0:1"]
SHORT = [
    *("--epochs", "2", "--params", "hidden_dim=16", "n_layers=1", "latent_dim=4", "lr=1e-3"),
    "--quiet",
]
METRICS = ["--metrics", "rfid", "effect_direction", "mse"]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A folder with cells.h5ad, and a model that was trained on it."""
    folder = tmp_path_factory.mktemp("cells")
    adata = cells(200)
    adata.obs["null"] = adata.obs["type"].astype("string")
    del adata.obsm["concepts"]
    with anndata.settings.override(allow_write_nullable_strings=True):
        adata.write_h5ad(folder / "cells.h5ad")
    words = ["fit", str(folder / "cells.h5ad"), *CONCEPTS, "--output", str(folder / "model")]
    assert main([*words, "--seeds", "2", *SHORT]) == 0
    return folder


def intervene(files, *words):
    given = ["intervene", str(files / "model"), str(files / "cells.h5ad"), *words]
    return main([*given, "--output", str(files / "edited.h5ad")])


def test_an_edit_of_a_part_of_the_cells(files, capsys):
    assert intervene(files, "--cells", "condition=ctrl", "--set", "stim=1", "type=B") == 0
    said = capsys.readouterr().out
    answer = anndata.read_h5ad(files / "edited.h5ad")
    assert set(answer.obs["condition"]) == {"ctrl"}
    assert json.loads(answer.uns["sccbgm"]["edits"]) == {"stim": 1.0, "type": "B"}
    assert "largest mean effects: " in said and "agreement of the seeds: " in said
    assert said.startswith(f"{files / 'edited.h5ad'}: {answer.n_obs} cells, 10 genes")


def test_metrics_in_every_format(files, capsys):
    assert intervene(files, "--cells", "condition=ctrl", "--set", "stim=1") == 0
    capsys.readouterr()
    two = [str(files / "cells.h5ad"), str(files / "edited.h5ad")]
    words = ["evaluate", *two, "--cells", "condition=stim", "--n-pcs", "5", *METRICS]
    said = {}
    for form in ("table", "csv", "json"):
        assert main([*words, "--format", form]) == 0
        said[form] = capsys.readouterr().out
    assert "effect_direction" in said["table"]
    assert "no value (the task has no true" in said["table"] and "nan" not in said["table"]
    for rows in (list(csv.DictReader(io.StringIO(said["csv"]))), json.loads(said["json"])):
        assert [row["metric"] for row in rows] == METRICS[1:]
        assert float(rows[0]["distance"]) > 0 and not rows[2]["value"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["fit", "no.h5ad", *CONCEPTS, "--output", "m"], ["no.h5ad: no such file"]),
        (["fit", "{cells}", "--concepts", "typ", "condition=stmi", "dose", "--output", "m"],
         ["--concepts: obs: unknown column 'typ'; did you mean 'type'", "expected dose=LOW:HIGH"]),
        (["fit", "{cells}", *CONCEPTS, "--output", "m", "--cells", "type=C", "x=1"],
         ["obs['type']: unknown label 'C'", "obs: unknown column 'x'"]),
        (["fit", "{cells}", *CONCEPTS, "--output", "m", "--counts", "--patience", "0",
          "--params", "hiden_dim=3"],
         ["X: found values that are not whole", "patience: found 0", "did you mean 'hidden_dim'"]),
        (["fit", "{cells}", *CONCEPTS, "--output", "{model}"], ["found a model; expected another"]),
        (["intervene", "{cells}", "{cells}", "--set", "stim=1", "--output", "o.h5ad"],
         ["model.json: Not a directory"]),
        (["intervene", "{model}", "{cells}", "--set", "stmi=1", "dose=high", "type=C",
          "--output", "o.h5ad"],
         ["no concepts ['stmi']; did you mean 'stim'", "dose: found 'high'", "type: unknown"]),
        (["intervene", "{model}", "{cells}", "--set", "stim=1", "--output", "{cells}/o.h5ad"],
         ["cells.h5ad/o.h5ad: cannot be written"]),
        (["evaluate", "{cells}", "{cells}", "--metrics", "rmd"], ["did you mean 'rmmd'"]),
        (["evaluate", "{cells}", "{model}/model.json"], ["cannot be read as an h5ad file"]),
    ],
)  # fmt: skip
def test_a_fault_is_said_in_lines(files, capsys, monkeypatch, tmp_path, words, said):
    monkeypatch.chdir(tmp_path)
    places = {"cells": files / "cells.h5ad", "model": files / "model"}
    assert main([word.format(**places) for word in words]) == 2
    answer = capsys.readouterr()
    assert answer.out == "" and "Traceback" not in answer.err
    for text in said:
        assert text in answer.err
    assert not list(tmp_path.iterdir())


def test_a_training_that_fails_ends_with_1(files, capsys, tmp_path):
    words = ["fit", str(files / "cells.h5ad"), *CONCEPTS, "--output", str(tmp_path / "model")]
    assert main([*words, "--params", "hidden_dim=16", "lr=1e20", "--quiet"]) == 1
    assert "the loss was not finite" in capsys.readouterr().err
    assert not (tmp_path / "model" / "model.json").exists()


def test_a_word_is_a_kind_of_concept_by_its_column():
    adata = cells()
    adata.obs["treated"] = adata.obs["condition"] == "stim"
    adata.obs["a=b"] = adata.obs["type"]
    adata.obs["cluster"] = pd.Categorical(np.arange(400) % 3)
    make_concepts(adata, ["treated", "a=b=B", "dose=0:2e0", "cluster"])
    kinds = adata.uns["concepts_kinds"].set_index("name")
    assert list(kinds.index) == ["treated", "B", "0", "1", "2", "dose"]
    assert kinds.at["dose", "high"] == 2 and not kinds.at["dose", "hard"]
    assert make_concepts(cells(), ["concepts"]) == "concepts"
    with pytest.raises(Fault, match="found '0-2'; expected dose=LOW:HIGH"):
        make_concepts(adata, ["dose=0-2"])
