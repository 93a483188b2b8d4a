"""Datasets and studies for the tests of the analyses: small cells, small networks."""

from __future__ import annotations

from pathlib import Path

import cells
import numpy as np
import pandas as pd
from anndata import AnnData

from sccbgm.analyses.study import Study
from sccbgm.config.dataset import DatasetConfig
from sccbgm.config.method import load_method
from sccbgm.data.preprocess import preprocess
from sccbgm.protocol.method import Runtime

SMALL = {"hidden_dim": 32, "n_layers": 1, "latent_dim": 16, "n_unknown": 16, "epochs": 40,
         "lr": 3e-3, "batch_size": 32}  # fmt: skip
PATHWAYS = ("TGFb", "PI3K", "p53", "Trail", "VEGF", "WNT")


def config_of(name: str) -> DatasetConfig:
    """The shipped dataset with fewer components."""
    return cells.changed(cells.shipped(name), n_pcs=10)


def clean(name: str, times: int) -> AnnData:
    """Preprocessed generated cells in the schema of a dataset."""
    return preprocess(getattr(cells, name)(times=times), config_of(name))


def study(
    name: str | DatasetConfig,
    methods: tuple[str, ...] = (),
    seeds: tuple[int, ...] = (1,),
    **params,
) -> Study:
    """A study with small networks on a CPU."""
    dataset = config_of(name) if isinstance(name, str) else name
    entries = {}
    for method in methods:
        entry = load_method(method, (), "test")
        own = {k: v for k, v in (SMALL | params).items() if k in entry.fields}
        entries[method] = entry.with_overrides(own, None, "test")
    return Study(dataset, seeds, entries, Runtime(device="cpu"))


def footprints(path: Path, genes: list[str], seed: int = 0) -> Path:
    """A csv of footprints: six pathways of eight of these genes each."""
    rng = np.random.default_rng(seed)
    rows = [
        (pathway, gene, rng.normal(0, 3), p)
        for pathway in PATHWAYS
        for p, gene in enumerate(rng.choice(genes, 8, replace=False))
    ]
    pd.DataFrame(rows, columns=["source", "target", "weight", "p_value"]).to_csv(path, index=False)
    return path
