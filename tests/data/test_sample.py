"""A part of a file's cells."""

from __future__ import annotations

import logging

import cells
import numpy as np
import pandas as pd
import pytest

from sccbgm.data.contract import ContractError
from sccbgm.data.preprocess import preprocess
from sccbgm.data.sample import sample
from sccbgm.data.tasks import derive_tasks, split


def config_of(name: str, n: int, **changes):
    return cells.changed(cells.shipped(name), sample=n, n_pcs=5, **changes)


def test_a_part_is_a_file_of_the_same_kind_that_the_tasks_run_on():
    file, config = cells.kang(times=60), config_of("kang", 1000)
    part = sample(file, config)
    assert part.n_obs == 1000 and part.uns["sampled"] == {
        "cells": 1000,
        "of": 1800,
        "clustered": False,
    }
    assert list(part.obs.columns) == list(file.obs.columns)
    assert (part.X != file[part.obs_names].X).nnz == 0
    places = file.obs_names.get_indexer(part.obs_names)
    assert (np.diff(places) > 0).all(), "in the order of the file"
    assert (part.obs["cell"] == "Megakaryocytes").sum() == pytest.approx(120 / 1800 * 1000, abs=2)
    clean = preprocess(part, config)
    assert clean.uns["sccbgm"]["warnings"].size == 0, "sizes of the whole file are not expected"
    for task in derive_tasks(clean, config):
        assert len(split(clean.obs, task).intervene) >= 30


def test_rare_populations_of_a_task_stay_whole():
    file = cells.kang(times=200)
    rare = ((file.obs["L2"] == "CD14+ Monocytes_1") & (file.obs["stim"] == "ctrl")).to_numpy()
    few = file[~rare | (np.cumsum(rare) <= 9)].copy()
    part = sample(few, config_of("kang", 1500))
    assert (part.obs["L2_stim"] == "CD14+ Monocytes_1_ctrl").sum() == 9


def test_the_same_cells_every_time_and_all_where_there_are_fewer():
    file = cells.kang(times=40)
    first, again = (sample(file, config_of("kang", 950)) for _ in range(2))
    assert list(first.obs_names) == list(again.obs_names)
    assert sample(file, config_of("kang", 5000)).n_obs == file.n_obs


def test_before_clustering_populations_are_broad_types():
    file = cells.kang(times=40)
    config = config_of("kang", 600)
    columns = config.columns.model_copy(update={"subtype": None})
    part = sample(file, config.model_copy(update={"columns": columns}))
    sizes = pd.crosstab(part.obs["cell"], part.obs["stim"])
    assert sizes.drop("Megakaryocytes").to_numpy().min() >= 30


def test_subtypes_are_found_on_all_cells_and_come_with_the_part(monkeypatch):
    file = cells.kang(times=40)
    known = file.obs["L2"].astype(str)
    del file.obs["L2"], file.obs["L2_stim"]
    asked = []

    def found(clean, config):
        asked.append(clean.n_obs)
        return known.reindex(clean.obs_names)

    monkeypatch.setattr("sccbgm.data.subtypes.find_subtypes", found)
    part = sample(file, config_of("kang", 950))
    assert asked == [1120] and bool(part.uns["sampled"]["clustered"])
    kept = part.obs["cell"] != "Megakaryocytes"
    assert (part.obs["cell_types_L2"][kept] == known.reindex(part.obs_names)[kept]).all()
    assert part.obs["cell_types_L2"][kept].value_counts().min() >= 60
    clean = preprocess(part, config_of("kang", 950))
    assert "by clustering" in clean.uns["sccbgm"]["warnings"][0]
    assert len(asked) == 1


def test_nault_and_cui_are_sampled_by_dose_and_cytokine():
    nault = sample(cells.nault(times=20), config_of("nault", 1200))
    held_out = nault.obs["dose"].isin(["1.0", "3.0", "10.0"])
    tasks = nault.obs["cell_type__ontology_label"].isin(
        [pair.type for pair in cells.shipped("nault").tasks.held_out]
    )
    sizes = nault.obs[held_out & tasks].groupby(["cell_type__ontology_label", "dose"],
                                                observed=True).size()  # fmt: skip
    assert (sizes == 20).all()
    cui = sample(cells.cui(times=20), config_of("cui", 900))
    assert cui.obs["sample"].nunique() == 8


def test_faults_name_the_file_and_what_to_do(caplog):
    with pytest.raises(ContractError, match=r"kang \(.*\): sample: 100 cells are too few"):
        sample(cells.kang(times=40), config_of("kang", 100))
    file = cells.kang(times=40)
    del file.obs["stim"]
    with pytest.raises(ContractError, match=r"columns.condition: obs\['stim'\] does not exist"):
        sample(file, config_of("kang", 1000))
    with caplog.at_level(logging.INFO, "sccbgm.data.sample"):
        sample(cells.kang(times=40), config_of("kang", 950))
    assert "kang: 950 of 1200 cells" in caplog.text


def test_counterfactuals_come_with_their_cells():
    file = cells.interventions(n=400)
    config = cells.interventions_config(sample=200)
    part = sample(file, config)
    clean = preprocess(part, config)
    factual = ~(part.obs[["intervention_0", "intervention_1"]] == "hold_out").any(axis=1)
    assert factual.sum() == 200
    for task in derive_tasks(clean, config):
        rows = split(clean.obs, task)
        assert len(rows.intervene) == len(rows.targets["counterfactual"]) >= 10
