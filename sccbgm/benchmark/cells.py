"""Where the cells of a dataset are before they are prepared."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sccbgm.config.run import Benchmark
from sccbgm.config.sources import FileSource, LookalikeSource
from sccbgm.data.reading import read_cells

if TYPE_CHECKING:
    from anndata import AnnData


def whole_file(benchmark: Benchmark, dataset: str) -> Path:
    """All cells, as the source has them: the user's file, or one that the workflow makes."""
    source = benchmark.datasets[dataset].source
    if isinstance(source, FileSource):
        return Path(source.path)
    folder = "lookalikes" if isinstance(source, LookalikeSource) else "raw"
    return benchmark.results / folder / f"{dataset}.h5ad"


def first_file(benchmark: Benchmark, dataset: str) -> Path:
    """The cells that everything starts from: of a smaller dataset a part of them."""
    if benchmark.datasets[dataset].sample is None:
        return whole_file(benchmark, dataset)
    return benchmark.results / "samples" / f"{dataset}.h5ad"


def made_files(benchmark: Benchmark, dataset: str) -> list[Path]:
    """Those of these files that the workflow writes, and so can verify."""
    files = {whole_file(benchmark, dataset), first_file(benchmark, dataset)}
    source = benchmark.datasets[dataset].source
    theirs = {Path(source.path)} if isinstance(source, FileSource) else set()
    return sorted(files - theirs)


def read_file(benchmark: Benchmark, dataset: str, path: str | Path) -> AnnData:
    """The cells in one of these files. Raises OSError, naming it, where it is damaged."""
    return read_cells(path, Path(path) in made_files(benchmark, dataset))
