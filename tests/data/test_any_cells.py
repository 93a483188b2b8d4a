"""Whatever an AnnData holds: prepared cells, or a refusal in words, and never another error."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from scipy import sparse
from small import cells, config
from test_broken_files import through

from sccbgm.data.contract import ContractError

LABELS: list[Any] = [
    "B",
    "T",
    "b",
    " B",
    "B ",
    "",
    "nan",
    "a/b",
    "é",
    "B_drug",
    None,
    np.nan,
    1,
    1.5,
]
DOSES: list[Any] = [
    0,
    1,
    "1",
    "1e-3",
    "0.1uM",
    "10 uM",
    "10 nM",
    ".",
    "",
    None,
    -1,
    11,
    np.inf,
    "x",
]
VALUES: list[Any] = [0, 1, 0.5, "1", True, None, np.nan, 2, -1, "x", np.inf]
NUMBERS = [0, 1, 3, 1e-30, 0.5, -1, np.nan, np.inf, 1e9, 1e38, 2**31]
DTYPES = ["int8", "uint16", "int64", "bool", "float16", "float64", "complex64", "object", "str"]
BLOCKS = range(1, 21)
Mutate = Callable[[random.Random, AnnData], AnnData]


def column(rng: random.Random, adata: AnnData, values: list[Any]) -> pd.Series:
    """A column of a few of these values, in any type that pandas has for them."""
    some = rng.sample(values, rng.randint(1, min(4, len(values))))
    chosen = pd.Series(
        [rng.choice(some) for _ in range(adata.n_obs)], index=adata.obs_names, dtype=object
    )
    as_type = rng.choice(["object", "category", "infer", "str", "Int64", "boolean", "datetime"])
    try:
        if as_type == "infer":
            return chosen.infer_objects()
        if as_type == "datetime":
            return pd.to_datetime(chosen)
        return chosen.astype(as_type)
    except (TypeError, ValueError, OverflowError):
        return chosen


def relabel(rng: random.Random, adata: AnnData) -> AnnData:
    name = rng.choice(["type", "drug"])
    if rng.random() < 0.5:
        labels = adata.obs[name].astype(object).to_numpy(copy=True)
        for row in rng.sample(range(adata.n_obs), rng.choice([1, 3, adata.n_obs // 2])):
            labels[row] = rng.choice(LABELS)
        adata.obs[name] = labels
    else:
        adata.obs[name] = column(rng, adata, LABELS)
    return adata


def redose(rng: random.Random, adata: AnnData) -> AnnData:
    adata.obs["dose"] = column(rng, adata, DOSES)
    return adata


def store(rng: random.Random, adata: AnnData) -> AnnData:
    names = rng.choice(
        [["a"], ["a", "b"], ["a", "a"], [0, 1], [""], ["a/b", "c"], ["B", "drug"], []]
    )
    table = pd.DataFrame(index=adata.obs_names)
    if len(set(names)) == len(names):
        for name in names:
            table[name] = column(rng, adata, VALUES)
    else:
        table = pd.DataFrame(np.ones((adata.n_obs, len(names))), adata.obs_names, names)
    form = rng.choice(["table", "table", "table", "array", "sparse"])
    if form == "array":
        adata.obsm["annotated"] = np.ones((adata.n_obs, 2))
    elif form == "sparse":
        adata.obsm["annotated"] = sparse.csr_matrix(np.eye(adata.n_obs, 2))
    else:
        adata.obsm["annotated"] = table
    return adata


def put(rng: random.Random, adata: AnnData) -> AnnData:
    x = adata.X.toarray() if sparse.issparse(adata.X) else np.array(adata.X, dtype=float)
    if x.dtype.kind not in "fiu":
        return adata
    x = x.astype(np.float64)
    rows = rng.choice([slice(None), slice(0, 1), slice(3, 9)])
    columns = rng.choice([slice(None), slice(0, 1), slice(4, 12)])
    x[rows, columns] = rng.choice(NUMBERS)
    adata.X = rng.choice([np.asarray, sparse.csr_matrix, sparse.csc_matrix])(x)
    return adata


def retype(rng: random.Random, adata: AnnData) -> AnnData:
    adata.X = np.asarray(adata.X.toarray() if sparse.issparse(adata.X) else adata.X)
    adata.X = adata.X.astype(rng.choice(DTYPES))
    return adata


def scale(rng: random.Random, adata: AnnData) -> AnnData:
    x = np.asarray(adata.X.toarray() if sparse.issparse(adata.X) else adata.X, dtype=np.float64)
    total = np.maximum(x.sum(axis=1, keepdims=True), 1e-9)
    adata.X = rng.choice([np.log1p(x), np.log1p(1e4 * x / total), x / total, x - x.mean(), x * 0.3])
    if rng.random() < 0.5:
        adata.layers[rng.choice(["counts", "raw"])] = x
    return adata


def cut(rng: random.Random, adata: AnnData) -> AnnData:
    n, genes = rng.choice([0, 1, 2, 7, adata.n_obs]), rng.choice([0, 1, 2, 5, adata.n_vars])
    kept = rng.sample(range(adata.n_obs), min(n, adata.n_obs))
    return adata[kept, :genes].copy()


def rename(rng: random.Random, adata: AnnData) -> AnnData:
    table = rng.choice([adata.obs, adata.var])
    n = len(table)
    names = rng.choice([["a"] * n, list(range(n)), [f"a/{i}" for i in range(n)], [None] * n])
    table.index = pd.Index(names)
    return adata


def drop(rng: random.Random, adata: AnnData) -> AnnData:
    del adata.obs[rng.choice(list(adata.obs))]
    return adata


def one_label(rng: random.Random, adata: AnnData) -> AnnData:
    name = rng.choice([n for n in ("type", "drug") if n in adata.obs])
    labels = adata.obs[name].astype(str)
    return adata[labels == rng.choice(sorted(set(labels)))].copy()


MUTATIONS: list[Mutate] = [relabel, redose, store, put, retype, scale, cut, rename, drop, one_label]

CONCEPTS = {
    "type": {"kind": "one_hot", "column": "broad"},
    "drug": {"kind": "binary", "column": "condition", "one": "drug", "name": "drug"},
    "dose": {"kind": "log_dose", "column": "dose", "name": "dose", "max": 10},
    "stored": {"kind": "stored", "key": "annotated"},
    "label": {"kind": "one_hot", "column": "dose"},
}


def as_file(adata: AnnData, path: Path) -> AnnData | None:
    """The cells as a file gives them; None where no file can hold them."""
    try:
        adata.write_h5ad(path)
    except Exception:  # of what it cannot write AnnData raises what it comes upon
        return None
    return anndata.read_h5ad(path)


def mutant(rng: random.Random, path: Path) -> tuple[AnnData | None, Any]:
    """Cells as a file gives them and a dataset file, both changed."""
    adata = cells()
    adata.obs["dose"] = [f"{i % 10} uM" for i in range(adata.n_obs)]
    known = np.linspace(0, 1, adata.n_obs)
    adata.obsm["annotated"] = pd.DataFrame({"a": known, "b": known > 0.5}, index=adata.obs_names)
    for _ in range(rng.choice([1, 1, 2])):
        try:
            adata = rng.choice(MUTATIONS)(rng, adata)
        except Exception:  # two changes may not fit each other: such cells cannot be made
            continue
    used = ["type", "drug", *rng.sample(["dose", "stored", "label"], rng.randint(0, 2))]
    preprocess = {
        "n_top_genes": rng.choice([None, 4, 3000]),
        "input": rng.choice(["counts", "counts", "lognorm"]),
        "gene_selection": rng.choice(["hvg", "mean_expression"]),
        "selection_on": rng.choice(["all", "train"]),
        "target_sum": rng.choice(["median", 1e4]),
    }
    changes: dict[str, Any] = {"concepts": [CONCEPTS[name] for name in used]}
    if rng.random() < 0.8:
        changes["tasks"] = {"edit": ["drug"]}
    chosen = config(preprocess=preprocess, n_pcs=rng.choice([None, 1, 5, 200]), **changes)
    return as_file(adata, path), chosen


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("block", [0, *(pytest.param(i, marks=pytest.mark.slow) for i in BLOCKS)])
def test_any_cells_are_prepared_or_refused(block: int, tmp_path: Path) -> None:
    for i in range(100):
        adata, chosen = mutant(random.Random(100 * block + i), tmp_path / "cells.h5ad")
        if adata is None:
            continue
        try:
            data = through(adata, tmp_path, chosen)["b"]
        except ContractError as error:
            assert all(line.startswith("own (own.h5ad): ") for line in str(error).splitlines())
            continue
        concepts = data.train.concepts
        assert np.isfinite(data.train.x).all(), i
        assert np.nanmin(concepts) >= 0 and np.nanmax(concepts) <= 1, i
        assert not set(data.train.rows) & set(data.targets["drug"].rows), i
