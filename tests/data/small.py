"""A small experiment that a laboratory may bring: three cell types, a control and a drug."""

from __future__ import annotations

from typing import Any

import anndata as ad
import numpy as np
import pandas as pd
from anndata import AnnData
from scipy import sparse

from sccbgm.config.dataset import DatasetConfig
from sccbgm.data.preprocess import preprocess
from sccbgm.data.tasks import derive_tasks

CONTENT: dict[str, Any] = {
    "id": "own",
    "title": "Own",
    "citation": "none",
    "source": {"kind": "file", "path": "own.h5ad"},
    "columns": {
        "broad": {"names": ["type"]},
        "condition": {"names": ["drug"]},
        "labels": {"type_drug": ["broad", "condition"]},
    },
    "concepts": [
        {"kind": "one_hot", "column": "broad"},
        {"kind": "binary", "column": "condition", "one": "drug", "name": "drug"},
    ],
    "tasks": {
        "kind": "held_out",
        "column": "type_drug",
        "denominators": "type_drug",
        "intervene": "control",
        "targets": ["drug"],
        "held_out": [{"id": "b", "type": "B", "group": "b"}],
    },
    "n_pcs": 5,
}


def config(**sections) -> DatasetConfig:
    """The dataset file, with sections of it changed key by key, lists replaced."""
    content = dict(CONTENT)
    for name, section in sections.items():
        merged = isinstance(section, dict) and isinstance(content.get(name), dict)
        content[name] = {**content[name], **section} if merged else section
    return DatasetConfig.model_validate(content)


def cells(types=("B", "T", "NK"), drugs=("control", "drug"), n=8, n_genes=20) -> AnnData:
    """Sparse counts of n cells of each type with each drug, which both shift some genes."""
    rng = np.random.default_rng(0)
    rows = [(i, j) for i in range(len(types)) for j in range(len(drugs)) for _ in range(n)]
    rates = np.full((len(rows), n_genes), 2.0)
    for row, (i, j) in enumerate(rows):
        rates[row, 2 * i : 2 * i + 2] += 4
        rates[row, 10:14] += 3 * j
    obs = pd.DataFrame(
        {"type": [types[i] for i, _ in rows], "drug": [drugs[j] for _, j in rows]},
        index=[f"cell_{k}" for k in range(len(rows))],
    )
    var = pd.DataFrame(index=[f"gene_{k}" for k in range(n_genes)])
    return AnnData(sparse.csr_matrix(rng.poisson(rates).astype(np.float32)), obs=obs, var=var)


def cleaned(adata: AnnData, settings: DatasetConfig, path) -> tuple[AnnData, list]:
    """Clean cells after a write and a read, and their tasks."""
    preprocess(adata, settings).write_h5ad(path / "clean.h5ad")
    clean = ad.read_h5ad(path / "clean.h5ad")
    return clean, derive_tasks(clean, settings)
