"""Files as they come: each works or is refused in words, and none ends in another error."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from scipy import sparse
from small import cells, config

from sccbgm.data.contract import ContractError
from sccbgm.data.loading import load_tasks
from sccbgm.data.pca import fit_bases
from sccbgm.data.preprocess import preprocess
from sccbgm.data.tasks import derive_tasks, write_tasks
from sccbgm.io.seals import seal

STORED = {"kind": "stored", "key": "annotated"}
DOSE = {"kind": "log_dose", "column": "dose", "name": "dose", "max": 10}


def dense(change: Callable[[np.ndarray], None]) -> Callable[[AnnData], AnnData]:
    def mutate(adata: AnnData) -> AnnData:
        x = adata.X.toarray()
        change(x)
        adata.X = x
        return adata

    return mutate


def put(value: float, rows: slice = slice(5, 6), columns: slice = slice(3, 4)):
    def change(x: np.ndarray) -> None:
        x[rows, columns] = value

    return dense(change)


def as_matrix(make: Callable) -> Callable[[AnnData], AnnData]:
    def mutate(adata: AnnData) -> AnnData:
        adata.X = make(adata.X)
        return adata

    return mutate


def column(name: str, make: Callable[[pd.Series], object]) -> Callable[[AnnData], AnnData]:
    def mutate(adata: AnnData) -> AnnData:
        adata.obs[name] = (
            make(adata.obs["type"]) if name not in adata.obs else make(adata.obs[name])
        )
        return adata

    return mutate


def renamed(kind: str, names: Callable[[int], list]) -> Callable[[AnnData], AnnData]:
    def mutate(adata: AnnData) -> AnnData:
        table = getattr(adata, kind)
        table.index = pd.Index(names(len(table)))
        return adata

    return mutate


WORK = {
    "int64": as_matrix(lambda x: x.astype(np.int64)),
    "uint8": as_matrix(lambda x: x.astype(np.uint8)),
    "bool": as_matrix(lambda x: x.astype(bool)),
    "float16": as_matrix(lambda x: x.toarray().astype(np.float16)),
    "float64": as_matrix(lambda x: x.astype(np.float64)),
    "csc": as_matrix(lambda x: x.tocsc()),
    "dense": as_matrix(lambda x: x.toarray()),
    "sparse array": as_matrix(sparse.csr_array),
    "Fortran order": as_matrix(lambda x: np.asfortranarray(x.toarray())),
    "zero genes": put(0, slice(None), slice(4, 9)),
    "constant genes": put(3, slice(None), slice(4, 9)),
    "an empty cell": put(0, slice(7, 8), slice(None)),
    "names that are numbers": renamed("obs", lambda n: list(map(str, range(n)))),
    "names with slashes": renamed("var", lambda n: [f"a/{i}" for i in range(n)]),
    "unused categories": column("type", lambda s: pd.Categorical(s, ["x", *sorted(set(s))])),
    "ordered categories": column("type", lambda s: pd.Categorical(s, sorted(set(s)), ordered=True)),
    "a dictionary in obs": column("more", lambda s: [{}] * len(s)),
    "a slash in a column": column("a/b", lambda s: s),
}
REFUSED = {
    "no cells": lambda a: a[:0].copy(),
    "one cell": lambda a: a[:1].copy(),
    "no genes": lambda a: a[:, :0].copy(),
    "one gene": lambda a: a[:, :1].copy(),
    "no counts": put(0, slice(None), slice(None)),
    "NaN": put(np.nan),
    "infinite": put(np.inf),
    "negative": put(-1),
    "fractions": put(0.5),
    "objects": as_matrix(lambda x: x.toarray().astype(object)),
    "complex numbers": as_matrix(lambda x: x.astype(np.complex64)),
    "no X": lambda a: AnnData(obs=a.obs, var=a.var),
    "same cell names": renamed("obs", lambda n: ["a"] * n),
    "same gene names": renamed("var", lambda n: ["a"] * n),
    "a missing column": lambda a: AnnData(a.X, obs=a.obs[["type"]], var=a.var),
    "labels missing": column("type", lambda s: s.where(s != "T", None)),
    "labels NaN": column("drug", lambda s: s.where(s != "drug", np.nan)),
    "numbers as labels": column("drug", lambda s: np.arange(len(s))),
    "one condition": lambda a: a[a.obs["drug"] == "drug"].copy(),
    "one type": lambda a: a[a.obs["type"] == "B"].copy(),
}


def through(adata: AnnData, folder, settings=None) -> dict:
    """Arrays of the tasks, by way of the files."""
    settings = settings or config()
    clean = preprocess(adata, settings)
    clean.write_h5ad(folder / "clean.h5ad")
    tasks = derive_tasks(clean, settings)
    write_tasks(folder / "tasks.json", tasks)
    fit_bases(clean, tasks, settings.n_pcs).write_h5ad(folder / "pca.h5ad")
    for name in ("clean", "pca"):
        seal(folder / f"{name}.h5ad")
    return load_tasks(folder / "clean.h5ad", folder / "tasks.json", folder / "pca.h5ad")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", WORK)
def test_works(name, tmp_path):
    data = through(WORK[name](cells()), tmp_path)["b"]
    assert np.isfinite(data.train.x).all()
    assert data.concept_names == ("B", "NK", "T", "drug")
    assert (len(data.train), len(data.intervene)) == (40, 8)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", REFUSED)
def test_is_refused(name, tmp_path):
    with pytest.raises(ContractError) as error:
        through(REFUSED[name](cells()), tmp_path)
    assert all(line.startswith("own (own.h5ad): ") for line in str(error.value).splitlines())


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    mutants=st.lists(st.sampled_from([*WORK.values(), *REFUSED.values()]), min_size=1, max_size=3),
    values=st.lists(
        st.one_of(st.none(), st.floats(), st.text(max_size=3), st.booleans(), st.integers(-2, 12)),
        min_size=2,
        max_size=4,
    ),
    used=st.sampled_from(["nothing", "dose", "stored", "label"]),
    n_top_genes=st.sampled_from([None, 4, 3000]),
)
def test_several_faults_at_once(tmp_path, mutants, values, used, n_top_genes):
    adata = cells()
    for mutate in mutants:
        try:
            adata = mutate(adata)
        except Exception:  # two changes may not fit each other: the file cannot exist
            reject()
    column = pd.Series([values[i % len(values)] for i in range(adata.n_obs)], dtype=object)
    adata.obs["dose"] = column.to_numpy()
    adata.obsm["annotated"] = pd.DataFrame({"a": column.to_numpy()}, index=adata.obs_names)
    more = {"dose": [DOSE], "stored": [STORED], "label": [{"kind": "one_hot", "column": "dose"}]}
    concepts = [*config().model_dump()["concepts"], *more.get(used, [])]
    chosen = config(
        concepts=concepts, tasks={"edit": ["drug"]}, preprocess={"n_top_genes": n_top_genes}
    )
    try:
        data = through(adata, tmp_path, chosen)["b"]
    except ContractError:
        return
    assert np.isfinite(data.train.x).all()
