"""The contract's messages on broken files: one a fault, nothing computed."""

import numpy as np
import pytest
from anndata import AnnData
from cells import changed, interventions, interventions_config, kang, nault, shipped

from sccbgm.data.contract import ContractError, check


def faults(adata, config):
    with pytest.raises(ContractError) as error:
        check(adata, config)
    assert len(str(error.value).splitlines()) == len(error.value.faults)
    return error.value.faults


def test_good_files_pass():
    check(kang(), shipped("kang"))
    check(nault(), shipped("nault"))
    check(interventions(), interventions_config())


def test_every_fault_has_a_message_that_names_the_file():
    adata = kang()
    adata.X = adata.X * 1.5 + adata.X.multiply(30)
    del adata.obs["stim"]
    with pytest.raises(ContractError) as error:
        check(adata, shipped("kang"))
    text = str(error.value)
    assert (
        text.count("kang (real/kang_scimilarity_v4_with_concepts_processed.h5ad of real.zip)") == 2
    )
    assert "X holds values that are not whole numbers" in text
    assert "obs['stim'] does not exist; obs['condition'] does not exist (the file has" in text


def test_empty_and_repeated_names():
    empty = AnnData(np.zeros((0, 3)))
    assert faults(empty, shipped("kang")) == ["expected cells and genes, found 0 cells x 3 genes"]
    adata = kang()
    names = list(adata.obs_names)
    adata.obs_names = [names[1], *names[1:]]
    (fault,) = faults(adata, shipped("kang"))
    assert fault.startswith("obs_names: 1 names occur more than once")


def test_coarse_labels_under_an_accepted_name_are_not_taken(caplog):
    adata = kang()
    adata.obs["L1"] = "T cell"
    with caplog.at_level("INFO"):
        check(adata, shipped("kang"))  # `cell` has the labels
    said = [line for line in caplog.messages if line.startswith("columns.broad: ")]
    assert len(said) == 2
    assert said[0].startswith("columns.broad: passed over: obs['L1'] holds 'T cell' (112 cells)")
    assert said[1] == "columns.broad: taken: obs['cell']"
    del adata.obs["cell"]
    fault = faults(adata, shipped("kang"))[0]
    assert "obs['L1'] holds 'T cell' (120 cells), expected ['B cells'" in fault


def test_missing_labels_and_unknown_doses():
    adata = kang()
    adata.obs.loc[adata.obs_names[:3], "stim"] = np.nan
    (fault,) = faults(adata, shipped("kang"))
    assert "obs['stim'] has 3 cells without a label" in fault
    adata = nault()
    adata.obs["dose"] = adata.obs["dose"].replace({"30.0": "31"})
    (fault,) = faults(adata, shipped("nault"))
    assert "holds ['31'], expected the numbers [0.0, 0.01" in fault


def test_sides_without_cells():
    adata = kang()
    adata = adata[adata.obs["L2_stim"] != "NK cells_0_stim"].copy()
    (fault,) = faults(adata, shipped("kang"))
    assert fault.startswith("tasks.held_out: nk_0: no cells labelled 'NK cells_0_stim' in L2_stim")


def test_subtypes_of_an_unknown_group():
    adata = nault()
    adata.obs["cell_type__ontology_label"] = adata.obs["cell_type__ontology_label"].astype(str)
    adata.obs.iloc[0, adata.obs.columns.get_loc("cell_type__ontology_label")] = "neuron"
    assert faults(adata, shipped("nault")) == [
        "columns.broad.groups: no group for the subtypes ['neuron']"
    ]


def test_broad_types_that_cannot_be_clustered(tmp_path):
    config = shipped("kang_reduced")
    adata = kang()
    adata.obs = adata.obs.rename(columns={"cell": "cell_type", "stim": "condition"})
    few = changed(config, subtypes={"clusters": {"B cells": 99, "NK cells": 1, "Platelets": 1}})
    text = "\n".join(faults(adata, few))
    assert "99 clusters of 'B cells' in every condition need as many cells in each" in text
    assert "no number for 'CD4 T cells' (24 cells)" in text
    assert "no cells of 'Platelets'" in text


def test_interventions_must_be_pairs():
    adata = interventions()
    adata.obs.loc[adata.obs["intervention_1"] == "hold_out", "original_index"] = "obs_0"
    (fault,) = faults(adata, interventions_config())
    assert "obs['intervention_1']: the original_index of `modify` (10 cells)" in fault
    adata.obs["intervention_0"] = "training"
    assert any("holds ['training']" in fault for fault in faults(adata, interventions_config()))
    assert "obs['intervention_2'] does not exist" in faults(adata, interventions_config(3))


def test_stored_concepts_need_names():
    adata = interventions()
    adata.obsm["concepts"] = adata.obsm["concepts"].to_numpy()
    (fault,) = faults(adata, interventions_config())
    assert "expected a table obsm['concepts'] with column names, found ndarray" in fault
