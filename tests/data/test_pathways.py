"""Pathway activities: t-values of a linear model, scaled to [0, 1]."""

from __future__ import annotations

from pathlib import Path

import cells
import numpy as np
import pandas as pd
import pytest
from analysis_toys import PATHWAYS, footprints

from sccbgm.config.sections import Pathways
from sccbgm.data.contract import ContractError
from sccbgm.data.pathways import activities, read_network
from sccbgm.data.preprocess import preprocess

pytestmark = pytest.mark.slow  # decoupler compiles its functions when it is first used


def t_values(y: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Of the slopes of an ordinary regression with an intercept."""
    design = np.column_stack([np.ones(len(y)), columns])
    inverse = np.linalg.inv(design.T @ design)
    slopes = inverse @ design.T @ y
    residual = y - design @ slopes
    variance = residual @ residual / (len(y) - design.shape[1])
    return (slopes / np.sqrt(variance * np.diag(inverse)))[1:]


@pytest.mark.parametrize("method", ["mlm", "ulm"])
def test_activities_are_scaled_t_values(tmp_path: Path, method: str) -> None:
    adata = cells.nault(times=1)
    adata.X[:, 7] = 0  # a gene that no cell has still counts as a gene
    file = footprints(tmp_path / "network.csv", list(adata.var_names))
    found = activities(adata, Pathways(kind="pathways", file=str(file), method=method))
    table = pd.read_csv(file).pivot(index="target", columns="source", values="weight")
    weights = table.reindex(adata.var_names).fillna(0.0)
    parts = [weights.to_numpy()] if method == "mlm" else weights.to_numpy().T[:, :, None]
    raw = np.array([np.concatenate([t_values(y, p) for p in parts]) for y in adata.X.astype(float)])
    expected = (raw - raw.min(0)) / np.ptp(raw, axis=0)
    np.testing.assert_allclose(found[list(weights)], expected, atol=1e-6)
    assert found.min().eq(0).all() and found.max().eq(1).all()
    assert sorted(found) == sorted(PATHWAYS)


def test_the_top_genes_are_those_of_least_p_value(tmp_path: Path) -> None:
    file = footprints(tmp_path / "network.csv", [f"gene_{j}" for j in range(40)])
    network = read_network(Pathways(kind="pathways", file=str(file), top=3))
    whole = pd.read_csv(file)
    assert (network.groupby("source").size() == 3).all()
    for pathway, part in network.groupby("source"):
        best = whole[whole["source"] == pathway].nsmallest(3, "p_value")
        assert set(part["target"]) == set(best["target"])


def test_pathways_are_soft_concepts_of_a_dataset(tmp_path: Path) -> None:
    raw = cells.nault(times=2)
    file = footprints(tmp_path / "network.csv", list(raw.var_names))
    config = _with_pathways(file)
    clean = preprocess(raw, config)
    assert list(clean.obsm["concepts"])[-len(PATHWAYS) :] == sorted(PATHWAYS)
    assert set(PATHWAYS).isdisjoint(clean.uns["sccbgm"]["hard"])
    of_pathways = clean.uns["sccbgm"]["leaks"][-1]
    labels = config.tasks.held_out_labels
    away = clean.obs[config.tasks.column].isin(labels).to_numpy()
    span = np.ptp(clean.obsm["concepts"].loc[~away, sorted(PATHWAYS)], axis=0)
    assert f"without the {away.sum()} that" in of_pathways
    assert f"that of {(span < 1).sum()} of {len(PATHWAYS)} would be smaller" in of_pathways
    assert of_pathways.endswith(f"at most by {1 - span.min():.0%}")


def test_genes_of_another_organism_are_a_fault(tmp_path: Path) -> None:
    file = footprints(tmp_path / "network.csv", [f"GENE_{j}" for j in range(40)])
    with pytest.raises(ContractError, match="fewer than 5 of their genes: .*'TGFb': 0"):
        preprocess(cells.nault(times=2), _with_pathways(file))


def test_a_file_without_the_columns_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "network.csv").write_text("pathway,gene\n")
    with pytest.raises(ContractError, match="no columns \\['p_value', 'source', 'target'"):
        preprocess(cells.nault(times=2), _with_pathways(tmp_path / "network.csv"))


def _with_pathways(file: Path):
    config = cells.shipped("nault")
    concepts = config.model_dump(mode="json")["concepts"]
    concepts.append({"kind": "pathways", "file": str(file)})
    return cells.changed(config, concepts=concepts)
