"""The memory in MB that jobs ask for, known from the configuration alone: no cell is read.

Each is a base, which is the interpreter with its libraries, and so many times the arrays that the
job holds, from peaks (ru_maxrss) of the demonstration, of reduced Kang, and of look-alikes of the
paper's datasets up to their full size (`benchmarks/scale.py`). `tables/fits` has the peaks of a
run's trainings beside what they asked for.
"""

from __future__ import annotations

from functools import cache

from sccbgm.benchmark.plan import Shard
from sccbgm.config.dataset import DatasetConfig
from sccbgm.config.run import Benchmark
from sccbgm.config.sources import FileSource, SyntheticSource

LIGHT, LOADS, TORCH, PACKAGE = 300, 450, 600, 1400
"""The interpreter with what every job imports, with what reads tasks, with torch, with an external
method's libraries."""

CUDA = 3000
"""Of the host's memory, by the libraries of a GPU."""

SNAKEMAKE = 400
"""Two of them are around each job of a cluster."""

MARGIN = 1.3

CELLS, GENES = 131_613, 30_000
"""Of a dataset whose file states none and whose cells are not here: the paper's largest."""

STORED = 0.2
"""Bytes of a sparse matrix of counts over those of the dense one: a tenth of it, with indices."""

KEPT = 0.4
"""The same of the genes that are kept, which vary most: a fifth of it."""

GRAMS = 5
"""Matrices of genes by genes that a decomposition holds."""

LARGEST, UNEVEN = 6000, 4
"""Cells of a task's largest population, at most a quarter of all; and how many times a mean one."""

AT_ONCE = 8
"""Networks in training on a CPU, where the configuration does not say how many."""


def preprocessing(dataset: DatasetConfig) -> int:
    """Counts of all genes as they are stored, three times, and the genes that are kept."""
    counts = _stored(dataset) * _mb(n_cells(dataset), n_genes(dataset))
    return _asked(LIGHT, 3 * counts, 2 * _clean(dataset))


def sampling(dataset: DatasetConfig) -> int:
    """As `preprocessing` of all cells of the file."""
    return preprocessing(dataset.model_copy(update={"sample": None}))


def components(dataset: DatasetConfig) -> int:
    """The cells twice, and of one task after another matrices of genes by genes or few cells."""
    genes = n_genes(dataset)
    genes = min(dataset.preprocess.n_top_genes or genes, genes)
    grams = GRAMS * _mb(min(n_cells(dataset), genes), 2 * genes)
    return _asked(LIGHT, 2 * _held(dataset), grams)


def distances(dataset: DatasetConfig) -> int:
    """Distances within one task after another."""
    return _asked(LOADS, _held(dataset), 3 * _seen(dataset), _pairs(dataset))


def evaluation(benchmark: Benchmark, shard: Shard) -> int:
    """As `distances`, and all that was predicted."""
    dataset = benchmark.datasets[shard.dataset]
    predicted = _predicted(benchmark, shard)
    return _asked(LOADS, _held(dataset), 3 * _seen(dataset), _pairs(dataset), predicted)


def training(benchmark: Benchmark, shard: Shard, gpu: bool) -> int:
    """The clean cells, the arrays of every task, what is predicted, and what the method takes.

    Packages hold dense copies of the genes; networks that train on the CPU are in its memory.
    """
    dataset, method = benchmark.datasets[shard.dataset], benchmark.methods[shard.method].method
    shared = _held(dataset) + 2 * _predicted(benchmark, shard)
    if method.control:
        return _asked(LOADS, shared, _seen(dataset))
    arrays = shared + len(shard.tasks) * _seen(dataset)
    if method.environment:
        return _asked(PACKAGE, arrays, 4 * _clean(dataset), gpu * CUDA)
    return _asked(TORCH, arrays, CUDA if gpu else _networks(benchmark, shard))


def analysis(dataset: DatasetConfig, gpu: bool) -> int:
    """Counts or clean cells, and dense copies of the genes of a part of them."""
    return preprocessing(dataset) + _asked(TORCH, 2 * _clean(dataset), gpu * CUDA) - SNAKEMAKE


def double_perturbations(cells: int, genes: int, gpu: bool) -> int:
    """Every cell in all genes, dense: the file's, the trained, the predicted and the baselines'."""
    return _asked(TORCH, 4 * _mb(cells, genes), gpu * CUDA)


def n_cells(dataset: DatasetConfig) -> int:
    """Cells: generated, stated, of the file where it is here, else `CELLS`."""
    return dataset.n_cells or _in_file(dataset, "obs") or CELLS


def n_genes(dataset: DatasetConfig) -> int:
    """Genes before any are chosen, as `n_cells`."""
    generated = getattr(dataset.source, "n_genes", None)
    return generated or dataset.expected.genes or _in_file(dataset, "var") or GENES


def _asked(*held: float) -> int:
    """The memory to ask for where so much is held at the same time."""
    return int(SNAKEMAKE + MARGIN * sum(held))


def _stored(dataset: DatasetConfig, share: float = STORED) -> float:
    return 1.0 if isinstance(dataset.source, SyntheticSource) else share


def _clean(dataset: DatasetConfig) -> float:
    """MB of the preprocessed cells as a dense matrix."""
    genes = n_genes(dataset)
    return _mb(n_cells(dataset), min(dataset.preprocess.n_top_genes or genes, genes))


def _held(dataset: DatasetConfig) -> float:
    """MB of the preprocessed cells as they are stored."""
    return _stored(dataset, KEPT) * _clean(dataset)


def _seen(dataset: DatasetConfig, share: float = 2.0) -> float:
    """MB of one task's cells as a method sees them, by default twice."""
    genes = n_genes(dataset)
    return share * _mb(n_cells(dataset), min(dataset.n_pcs or genes, genes))


def _pairs(dataset: DatasetConfig) -> float:
    """MB of the two matrices of the largest population against itself, in double precision."""
    labels = dataset.expected.n_labels.get(getattr(dataset.tasks, "denominators", None) or "")
    largest = int(min(LARGEST, n_cells(dataset) * min(0.25, UNEVEN / (labels or 1))))
    return 2 * _mb(largest, 2 * largest)


def _predicted(benchmark: Benchmark, shard: Shard) -> float:
    """MB of the predictions of a shard: of a tenth of generated cells, a fiftieth of real ones."""
    dataset, method = benchmark.datasets[shard.dataset], benchmark.methods[shard.method].method
    share = 0.1 if isinstance(dataset.source, SyntheticSource) else 0.02
    return len(shard.members) * len(method.modes) * _seen(dataset, share)


def _networks(benchmark: Benchmark, shard: Shard) -> float:
    """MB of the networks of a stack, their gradients and moments: about three of a kind a layer."""
    entry, member = benchmark.methods[shard.method], shard.members[0]
    params = entry.params(member.dataset, member.preset, member.variant)
    width, depth = getattr(params, "hidden_dim", 0), getattr(params, "n_layers", 0)
    at_once = benchmark.config.runtime.members_at_once or AT_ONCE
    return min(at_once, len(shard.members)) * 16 * 3 * depth * width**2 / 1e6


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
