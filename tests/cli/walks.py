"""Files of cells as users have them: small, each with a peculiarity of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product

import anndata
import numpy as np
import pandas as pd
from scipy import sparse

from sccbgm.benchmark.studies import Run
from sccbgm.data.loading import load_tasks
from sccbgm.data.pca import fit_bases
from sccbgm.data.preprocess import preprocess
from sccbgm.data.reading import read_cells
from sccbgm.data.tasks import derive_tasks, write_tasks
from sccbgm.io.seals import sealed
from sccbgm.protocol.task import TaskData

N_GENES = 60
Made = anndata.AnnData


def cells(labels: dict[str, list], each: int = 25, seed: int = 0) -> Made:
    """Counts (CSR) of every combination of some labels, whose means depend on them."""
    rng = np.random.default_rng(seed)
    rows = list(product(*labels.values()))
    obs = pd.DataFrame(rows, columns=list(labels)).loc[np.repeat(np.arange(len(rows)), each)]
    obs = obs.sample(frac=1, random_state=seed).reset_index(drop=True)
    mean = rng.normal(1, 0.5, (1, N_GENES)).repeat(len(obs), axis=0)
    for column in obs:
        codes, names = pd.factorize(obs[column])
        mean += rng.normal(0, 0.3, (len(names), N_GENES))[codes]
    obs.index = [f"cell_{i}" for i in range(len(obs))]
    var = pd.DataFrame(index=[f"gene_{j}" for j in range(N_GENES)])
    counts = rng.poisson(np.exp(mean)).astype(np.float32)
    counts[:, 0] += 1
    return anndata.AnnData(sparse.csr_matrix(counts), obs=obs, var=var)


def lognorm(adata: Made) -> sparse.csr_matrix:
    dense = adata.X.toarray()
    return sparse.csr_matrix(np.log1p(dense / dense.sum(1, keepdims=True) * 1e3))


TYPES = ["B cell", "T/NK", "CD4+ T"]


def drug_response() -> Made:
    """Several donors, no cell types."""
    return cells({"patient_id": ["P1", "P2", "P3"], "treatment": ["DMSO", "drug_a", "drug_b"]})


def perturb_seq() -> Made:
    """Several cell lines, guides, combinations of guides."""
    guides = ["non-targeting", "KLF1", "TP53", "KLF1+TP53"]
    return cells({"cell_line": ["K562", "A549"], "gene_target": guides})


def one_line_of_combinations() -> Made:
    return cells({"cell_type": ["K562"], "perturbation": ["ctrl", "A+ctrl", "B+ctrl", "C+ctrl",
                                                          "A+B", "A+C", "B+C"]})  # fmt: skip


def string_doses() -> Made:
    return cells({"celltype": TYPES, "dose": ["0 uM", "0.1 uM", "1 uM", "10 uM"]})


def numeric_doses() -> Made:
    return cells({"Dose (nM)": [0.0, 0.5, 5.0, 50.0]}, each=40)


def drug_and_dose() -> Made:
    adata = cells({"cell_type": TYPES, "drug": ["vehicle", "x", "y"], "dose_um": [1.0, 10.0]})
    adata.obs.loc[adata.obs["drug"] == "vehicle", "dose_um"] = 0.0
    return adata


def counts_in_a_layer() -> Made:
    adata = cells({"cell_type": TYPES, "stim": ["ctrl", "ifn"]})
    adata.layers["umi"] = adata.X.copy()
    adata.X = lognorm(adata)
    return adata


def counts_in_raw() -> Made:
    adata = cells({"cell_type": TYPES, "stim": ["ctrl", "ifn"]})
    adata.raw = adata
    adata.X = lognorm(adata)
    return adata


def log_normalised() -> Made:
    adata = cells({"cell_type": TYPES, "stim": ["ctrl", "ifn"]})
    adata.X = lognorm(adata)
    return adata


def half_precision() -> Made:
    adata = log_normalised()
    adata.X = adata.X.toarray().astype(np.float16)
    return adata


def half_precision_counts() -> Made:
    adata = cells({"cell_type": TYPES, "stim": ["ctrl", "ifn"]})
    adata.X = adata.X.toarray().astype(np.float16)
    return adata


def odd_names() -> Made:
    return cells({"Cell.Type (L2)": TYPES, "Treatment / 24h": ["Vehicle ctrl", "LPS"]})


def missing_labels() -> Made:
    """Nullable strings with missing values, "nan" as text, numbers that are nullable."""
    adata = cells({"cell_type": TYPES, "condition": ["control", "drug"]})
    types = adata.obs["cell_type"].astype("string")
    types.iloc[:7] = pd.NA
    condition = adata.obs["condition"].astype(str)
    condition.iloc[10:13] = "nan"
    adata.obs = adata.obs.assign(
        cell_type=types,
        condition=condition,
        n_umis=pd.array(np.arange(adata.n_obs), dtype="Int64"),
        doublet=pd.array([False, None] * (adata.n_obs // 2), dtype="boolean"),
    )
    return adata


def unused_categories() -> Made:
    adata = cells({"cell_type": [*TYPES, "gone"], "condition": ["control", "drug", "other"]})
    adata.obs = adata.obs.astype("category")
    keep = (adata.obs["cell_type"] != "gone") & (adata.obs["condition"] != "other")
    part = adata[keep].copy()
    part.obs["cell_type"] = part.obs["cell_type"].cat.add_categories("never")
    return part


def treated_or_not() -> Made:
    """True or False, and clusters whose labels are numbers."""
    adata = cells({"leiden": [0, 1, 2], "treated": [False, True]})
    adata.obs["leiden"] = adata.obs["leiden"].astype("category")
    return adata


def layers_alone() -> Made:
    adata = cells({"cell_type": TYPES, "stim": ["ctrl", "ifn"]})
    adata.layers["counts"] = adata.X.astype(np.int64)
    adata.X = None
    return adata


def strange_labels() -> Made:
    """Line breaks, quotes, braces, other alphabets, and names longer than those of files."""
    types = ['γδ T\nof "lung": {x} # 1', "T細胞 %", "a very long name " * 20]
    return cells({"cell_type": types, "stim": ["ctrl", "IFN-β"]})


def a_control_by_donor() -> Made:
    adata = cells({"cell_type": TYPES, "donor": ["P1", "P2", "P3"], "stim": ["ctrl", "ifn"]})
    own = "ctrl_" + adata.obs["donor"].astype(str)
    adata.obs["stim"] = adata.obs["stim"].astype(str).where(adata.obs["stim"] == "ifn", own)
    return adata


def columns_first() -> Made:
    adata = cells({"cell_type": TYPES, "stim": ["ctrl", "ifn"]})
    adata.X = sparse.csc_matrix(adata.X)
    return adata


WALKS: dict[str, tuple[Callable[[], Made], int, str]] = {
    made.__name__: (made, n_tasks, said)
    for made, n_tasks, said in [
        (drug_response, 6, "P1, drug_a"),
        (perturb_seq, 6, "A549, KLF1+TP53"),
        (one_line_of_combinations, 3, "A+B"),
        (string_doses, 9, "B cell, 10.0"),
        (numeric_doses, 3, "50.0"),
        (drug_and_dose, 6, "is a concept beside the condition"),
        (counts_in_a_layer, 3, "taken: umi, which holds counts"),
        (counts_in_raw, 3, "taken: .raw, which holds counts"),
        (log_normalised, 3, "taken: X, as ln(1 + normalised counts)"),
        (half_precision, 3, "taken: X, as ln(1 + normalised counts)"),
        (half_precision_counts, 3, "taken: X, which holds counts"),
        (odd_names, 3, "edited cells: 'Vehicle ctrl'"),
        (missing_labels, 3, "7 cells without a label in obs['cell_type'] are not used"),
        (unused_categories, 3, "B cell, drug"),
        (columns_first, 3, "T/NK, ifn"),
        (treated_or_not, 3, "edited cells: 'False', which reads as a control"),
        (layers_alone, 3, "taken: counts, which holds counts"),
        (strange_labels, 3, "edited cells: 'ctrl', which reads as a control"),
        (a_control_by_donor, 3, "which read as controls too; if they are one control, give"),
    ]
}
"""Name -> the file, how many tasks it has, and words that `init` says of it."""


def tasks_by_hand(run: Run) -> Mapping[str, TaskData]:
    """The tasks of a run's one dataset, "mine", whose files are written as Snakemake does."""
    config = run.datasets["mine"]
    clean = preprocess(read_cells("mine.h5ad", made=False), config)
    tasks = derive_tasks(clean, config)
    folder = run.results / "tasks/mine"
    files = run.results / "data/mine.h5ad", folder / "block0.json", folder / "block0_pca.h5ad"
    with sealed(files[0]) as beside:
        clean.write_h5ad(beside)
    write_tasks(files[1], tasks)
    with sealed(files[2]) as beside:
        fit_bases(clean, tasks, 5).write_h5ad(beside)
    return load_tasks(*files)
