"""Look-alikes: generated cells that a dataset file takes for its own, to run it without them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from sccbgm.config.dataset import DatasetConfig
from sccbgm.config.sections import DerivedTasks, Pathways
from sccbgm.config.sources import LookalikeSource
from sccbgm.data.lookalike_labels import columns_of, populations_of
from sccbgm.data.pathways import read_network
from sccbgm.data.populations import allocate, in_tasks
from sccbgm.protocol.keys import generator

if TYPE_CHECKING:
    from anndata import AnnData

CHUNK_ENTRIES = 4_000_000
LIBRARY_SIZE, LIBRARY_SD = 2000.0, 0.3
"""Median counts of a cell where the dataset file states none, and their log standard deviation."""
BASE_SD = 1.5
EFFECTS = {"broad": (0.8, 0.2), "subtype": (0.5, 0.1), "condition": (0.8, 0.1), "both": (0.3, 0.1)}
"""Standard deviation of log-rate effects, and the share of genes that have one. "both" is of a
broad type in a condition, beside the effects of each."""
PROGRAM_SD = 0.5
"""Of a pathway's activity between the cells of a population; the conditions shift it by up to 1."""


def make_lookalike(config: DatasetConfig) -> AnnData:
    """Cells in the schema of a dataset's file: its columns, its labels, a matrix in its state.

    Populations are all subtypes in all conditions, in the proportions that `expected` states, and
    those that the dataset drops. Counts of cell i of broad type u, subtype s and condition c are
    Poisson with the mean, in gene j,

        l_i softmax_j(b_j + B_uj + S_sj + a_c C_cj + a_c I_ucj + sum_k z_ik w_kj)

    with a log-normal library size l_i and sparse normal effects. a_c is 0 in the condition that
    tasks start from and 1 in others; of a dose it is ln(1 + dose) / ln(1 + largest dose), with the
    same C and I at all of them. w are the footprints of pathways, where the dataset has such
    concepts, and z_ik ~ N(+-a_c, `PROGRAM_SD`^2) a pathway's activity. A log-normalised file has
    X = ln(1 + counts scaled to their median sum). The same settings give the same cells.
    """
    import anndata

    if isinstance(config.tasks, DerivedTasks):
        # They are derived from these cells, which cannot depend on them.
        none = config.tasks.model_copy(update={"held_out": ()})
        config = config.model_copy(update={"tasks": none})
    source = config.source
    assert isinstance(source, LookalikeSource) and source.n_cells and source.n_genes
    populations = populations_of(config, source.n_cells)
    weight = populations.pop("weight").to_numpy()
    needed = in_tasks(populations, config)
    n_cells = allocate(weight, needed, source.n_cells, "lookalike", config.id)
    rng = generator("lookalike", config.id)
    of_cell = rng.permutation(np.repeat(np.arange(len(populations)), n_cells))
    programs = _programs(config)
    n_genes = max(source.n_genes, programs.shape[1])
    log_rates = _log_rates(populations, n_genes, rng)
    of_programs = programs.to_numpy()
    counts = _counts(populations, of_cell, of_programs, log_rates, _library(config), rng)
    if config.preprocess.input == "lognorm":
        counts = _log_normalised(counts)
    obs = columns_of(populations.iloc[of_cell], config)
    obs.index = pd.Index([f"cell_{i}" for i in range(len(obs))])
    names = [*programs.columns, *(f"Gene{j:05d}" for j in range(programs.shape[1], n_genes))]
    said = {"lookalike": f"generated in the schema of {config.id}, no cells of an experiment"}
    return anndata.AnnData(counts, obs=obs, var=pd.DataFrame(index=pd.Index(names)), uns=said)


def _programs(config: DatasetConfig) -> pd.DataFrame:
    """(n_pathways, n_footprint_genes) weights, the largest 1; empty without pathways."""
    for concept in config.concepts:
        if isinstance(concept, Pathways):
            network = read_network(concept)
            table = network.pivot_table(index="source", columns="target", values="weight")
            return table.fillna(0.0) / np.abs(network["weight"]).max()
    return pd.DataFrame()


def _library(config: DatasetConfig) -> float:
    """Median counts of a cell."""
    wanted = config.preprocess.target_sum
    return wanted if wanted != "median" else config.expected.library_size or LIBRARY_SIZE


def _log_rates(populations: pd.DataFrame, n_genes: int, rng: np.random.Generator) -> np.ndarray:
    """(n_populations, n_genes) log rates without library size and programs."""
    amount = populations["amount"].to_numpy()
    direction = populations["direction"]
    effects = {
        "broad": (populations["broad"], np.ones(len(amount))),
        "subtype": (populations["subtype"], np.ones(len(amount))),
        "condition": (direction, amount),
        "both": (populations["broad"] + "\n" + direction, amount),
    }
    log_rates = np.tile(rng.normal(0.0, BASE_SD, n_genes), (len(amount), 1))
    for kind, (labels, factor) in effects.items():
        codes, names = pd.factorize(labels)
        sd, share = EFFECTS[kind]
        shape = (len(names), n_genes)
        effect = rng.normal(0.0, sd, shape) * (rng.random(shape) < share)
        log_rates += factor[:, None] * effect[codes]
    return log_rates


def _counts(
    populations: pd.DataFrame,
    of_cell: np.ndarray,
    programs: np.ndarray,
    log_rates: np.ndarray,
    library: float,
    rng: np.random.Generator,
) -> sparse.csr_matrix:
    """(n_cells, n_genes) float32 whole numbers; the genes of programs are the first."""
    amount = populations["amount"].to_numpy()[of_cell]
    sign = rng.choice([-1.0, 1.0], len(programs))
    blocks = []
    step = max(1, CHUNK_ENTRIES // log_rates.shape[1])
    for start in range(0, len(of_cell), step):
        rows = slice(start, start + step)
        rate = log_rates[of_cell[rows]]
        if len(programs):
            mean = amount[rows, None] * sign
            activity = rng.normal(mean, PROGRAM_SD)
            rate[:, : programs.shape[1]] += activity @ programs
        np.exp(rate, out=rate)
        total = library * np.exp(rng.normal(0.0, LIBRARY_SD, len(rate)))
        rate *= (total / rate.sum(axis=1))[:, None]
        blocks.append(sparse.csr_matrix(rng.poisson(rate), dtype=np.float32))
    return sparse.vstack(blocks, format="csr")


def _log_normalised(counts: sparse.csr_matrix) -> sparse.csr_matrix:
    """ln(1 + x) of counts x scaled to the median sum of a cell."""
    sums = np.asarray(counts.sum(axis=1)).ravel()
    scaled = sparse.diags(np.median(sums) / np.maximum(sums, 1.0)) @ counts
    scaled.data = np.log1p(scaled.data).astype(np.float32)
    return sparse.csr_matrix(scaled, dtype=np.float32)
