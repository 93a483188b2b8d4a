"""The memory in MB that jobs ask for, known from the configuration alone: no cell is read.

Each is a base, which is the interpreter with its libraries, and so many times the arrays that the
job holds. `tables/fits` has the largest peaks of the trainings beside what they asked for.
"""

from __future__ import annotations

from functools import cache

from sccbgm.benchmark.plan import Shard
from sccbgm.config.dataset import DatasetConfig
from sccbgm.config.run import Benchmark
from sccbgm.config.sources import FileSource, SyntheticSource

BASE = 1500
CUDA = 3000
"""Of the host's memory, by the libraries of a GPU."""

CELLS, GENES = 131_613, 30_000
"""Of a dataset whose file states none and whose cells are not here: the paper's largest."""

STORED = 0.2
"""Bytes of a sparse matrix of counts over those of the dense one: a tenth of it, with indices."""


def preprocessing(dataset: DatasetConfig) -> int:
    """Counts of all genes as they are stored, three times, and the genes that are kept."""
    generated = isinstance(dataset.source, SyntheticSource)
    counts = _mb(n_cells(dataset), n_genes(dataset)) * (1 if generated else STORED)
    return int(BASE + 3 * counts + 2 * _clean(dataset))


def sampling(dataset: DatasetConfig) -> int:
    """As `preprocessing` of all cells of the file."""
    return preprocessing(dataset.model_copy(update={"sample": None}))


def tasks(config: DatasetConfig, n_tasks: int) -> int:
    """Components of one task after another, then the arrays of all tasks of a block."""
    return int(BASE + 3 * _clean(config) + n_tasks * _components(config))


def training(benchmark: Benchmark, shard: Shard, gpu: bool) -> int:
    """The clean cells and every task's arrays; packages hold dense copies of the genes besides."""
    config, method = benchmark.datasets[shard.dataset], benchmark.methods[shard.method].method
    package = 4 * _clean(config) if method.environment else 0
    return tasks(config, len(shard.tasks)) + int(package + gpu * CUDA)


def analysis(dataset: DatasetConfig, gpu: bool) -> int:
    """Counts or clean cells, and dense copies of the genes of a part of them."""
    return preprocessing(dataset) + int(2 * _clean(dataset) + gpu * CUDA)


def double_perturbations(cells: int, genes: int, gpu: bool) -> int:
    """Every cell in all genes, dense: the file's, the trained, the predicted and the baselines'."""
    return int(BASE + 4 * _mb(cells, genes) + gpu * CUDA)


def n_cells(dataset: DatasetConfig) -> int:
    """Cells: generated, stated, of the file where it is here, else `CELLS`."""
    return dataset.n_cells or _in_file(dataset, "obs") or CELLS


def n_genes(dataset: DatasetConfig) -> int:
    """Genes before any are chosen, as `n_cells`."""
    generated = getattr(dataset.source, "n_genes", None)
    return generated or dataset.expected.genes or _in_file(dataset, "var") or GENES


def _clean(dataset: DatasetConfig) -> float:
    """MB of the preprocessed cells as a dense matrix."""
    genes = n_genes(dataset)
    return _mb(n_cells(dataset), min(dataset.preprocess.n_top_genes or genes, genes))


def _components(dataset: DatasetConfig) -> float:
    """MB of one task's cells as a method sees them, twice."""
    genes = n_genes(dataset)
    return 2 * _mb(n_cells(dataset), min(dataset.n_pcs or genes, genes))


def _mb(cells: int, columns: int) -> float:
    """MB of a matrix in single precision."""
    return 4 * cells * columns / 1e6


def _in_file(dataset: DatasetConfig, axis: str) -> int:
    """Rows of `obs` or `var` of the dataset's own AnnData file; 0 without one that says so."""
    source = dataset.source
    return _length(source.path, axis) if isinstance(source, FileSource) else 0


@cache
def _length(path: str, axis: str) -> int:
    import h5py

    try:
        with h5py.File(path) as file:
            table = file.get(axis)
            index = "" if table is None else table.attrs.get("_index", "")
            return len(table[index]) if index in table else 0
    except (OSError, RuntimeError, KeyError, TypeError):
        return 0  # it is damaged or no AnnData, which the job that reads it says
