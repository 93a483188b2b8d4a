"""Small files in the documented schema of each dataset, and a dataset file to go with them."""

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from anndata import AnnData
from scipy import sparse

from sccbgm.config.dataset import DatasetConfig, load_dataset_config

DATASETS = Path(__file__).parents[1] / "config" / "datasets"


def shipped(name: str) -> DatasetConfig:
    return load_dataset_config(DATASETS / f"{name}.yaml")


def with_genes(obs: pd.DataFrame, groups: list[str], n_genes: int = 40, seed: int = 0) -> AnnData:
    """Sparse counts whose means depend on the labels in `groups`."""
    rng = np.random.default_rng(seed)
    log_mean = np.tile(rng.normal(0.5, 0.5, n_genes), (len(obs), 1))
    for group in groups:
        codes, labels = pd.factorize(obs[group])
        log_mean += rng.normal(0, 0.4, (len(labels), n_genes))[codes]
    counts = rng.poisson(np.exp(log_mean)).astype(np.float32)
    counts[:, 0] += 1  # no empty cell
    var = pd.DataFrame(index=[f"gene_{j}" for j in range(n_genes)])
    obs = obs.set_axis([f"cell_{i}" for i in range(len(obs))])
    return AnnData(sparse.csr_matrix(counts), obs=obs, var=var)


def repeated(rows: list[dict], times: int) -> pd.DataFrame:
    """Each row `times` times, the cells in mixed order."""
    table = pd.DataFrame(rows).loc[np.repeat(np.arange(len(rows)), times)]
    return table.sample(frac=1, random_state=0).reset_index(drop=True).astype("category")


def kang(times: int = 4) -> AnnData:
    """Seven broad types and the megakaryocytes, 14 subtypes, two conditions."""
    config = shipped("kang")
    rows = []
    for subtype, stim in product(config.columns.subtype.labels, ("ctrl", "stim")):
        broad = subtype.rsplit("_", 1)[0]
        rows.append({"cell": broad, "stim": stim, "L2": subtype, "L1": broad})
    rows += [
        {"cell": "Megakaryocytes", "stim": s, "L2": "other", "L1": None} for s in ("ctrl", "stim")
    ]
    obs = repeated(rows, times)
    obs["L2_stim"] = obs["L2"].astype(str) + "_" + obs["stim"].astype(str)
    adata = with_genes(obs, ["L2", "stim"])
    adata.obsm["X_tsne"] = np.zeros((adata.n_obs, 2))
    return adata


def cui(times: int = 3, cytokines: tuple[str, ...] = ()) -> AnnData:
    """Fine types of all seven groups, PBS and the seven cytokines of the tasks."""
    config = shipped("cui")
    targets = {pair.targets[0] for pair in config.tasks.held_out}
    fine = [subtype for subtypes in config.columns.broad.groups.values() for subtype in subtypes]
    rows = [
        {"celltype": subtype, "sample": sample, "rep": "rep01"}
        for subtype, sample in product(fine, sorted({"PBS", *targets, *cytokines}))
    ]
    return with_genes(repeated(rows, times), ["celltype", "sample"])


def nault(times: int = 2, dose_as: type = str) -> AnnData:
    """Eleven types at nine doses, log-normalised and dense, with the stored concepts."""
    config = shipped("nault")
    fine = [subtype for subtypes in config.columns.broad.groups.values() for subtype in subtypes]
    rows = [
        {"cell_type__ontology_label": subtype, "dose": dose}
        for subtype, dose in product(fine, config.columns.condition.numbers)
    ]
    obs = repeated(rows, times)
    obs["dose"] = obs["dose"].astype(float).astype(dose_as)
    adata = with_genes(obs, ["cell_type__ontology_label", "dose"])
    adata.X = np.log1p(adata.X.toarray() / np.asarray(adata.X.sum(1)) * 100.0)
    return adata


def interventions(n: int = 60, n_tasks: int = 2, seed: int = 0) -> AnnData:
    """Paired data in the layout of the synthetic sets; counterfactual rows in shuffled order."""
    rng = np.random.default_rng(seed)
    concepts = rng.integers(0, 2, (n, 3)).astype(np.float32)
    ids = np.arange(n)
    blocks, table = [concepts], {f"intervention_{k}": ["train"] * n for k in range(n_tasks)}
    origin = [ids]
    for k in range(n_tasks):
        off = rng.permutation(ids[concepts[:, k] == 0])[: n // 6]
        edited = concepts[off].copy()
        edited[:, k] = 1
        blocks.append(edited)
        origin.append(off)
        for j in range(n_tasks):
            table[f"intervention_{j}"] += ["hold_out" if j == k else "drop"] * len(off)
        for i in np.flatnonzero((concepts[:, k] == 1) & (ids % 2 == 0)):
            table[f"intervention_{k}"][i] = "drop"
        for i in off:
            table[f"intervention_{k}"][i] = "modify"
    origin_ids = np.concatenate(origin)
    obs = pd.DataFrame(table).assign(
        cell_type=[f"celltype_{i % 2}" for i in origin_ids],
        original_index=[f"obs_{i}" for i in origin_ids],
    )
    adata = with_genes(obs.astype(dict.fromkeys(table, "category")), ["cell_type"])
    names = [f"concept_{k}" for k in range(3)]
    values = np.concatenate(blocks)
    adata.obsm["concepts"] = pd.DataFrame(values, index=adata.obs_names, columns=names)
    return adata


def interventions_config(n_tasks: int = 2, **changes) -> DatasetConfig:
    content = {
        "id": "pairs",
        "title": "Pairs",
        "citation": "none",
        "source": {"kind": "file", "path": "pairs.h5ad"},
        "preprocess": {"target_sum": 100, "n_top_genes": None},
        "concepts": [{"kind": "stored"}],
        "tasks": {"kind": "interventions", "n_tasks": n_tasks},
        "n_pcs": 5,
    }
    return DatasetConfig.model_validate(content | changes)


def changed(config: DatasetConfig, **sections) -> DatasetConfig:
    """The dataset file with keys of its sections changed, validated again."""
    content = config.model_dump(mode="json")
    for name, section in sections.items():
        if isinstance(section, dict) and isinstance(content[name], dict):
            content[name] |= section
        else:
            content[name] = section
    return DatasetConfig.model_validate(content)
