"""Run one analysis on one dataset, and write what it gives."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sccbgm.analyses.hyperparameters import hyperparameters
from sccbgm.analyses.plan import PRESET
from sccbgm.analyses.study import Result, Study
from sccbgm.benchmark.provenance import origin
from sccbgm.config.analyses import ANALYSES, Analysis
from sccbgm.config.run import Benchmark
from sccbgm.data.reading import read_cells
from sccbgm.protocol.method import Runtime


def run(
    benchmark: Benchmark, name: str, dataset: str, cells: Path | None, runtime: Runtime
) -> Result:
    """The analysis of that name. cells: the dataset's file or clean cells, whichever it reads."""
    analysis = ANALYSES[name]
    if analysis.reads == "settings":
        return Result(hyperparameters(benchmark, dataset))
    assert cells is not None
    study = study_of(benchmark, name, dataset, runtime)
    made = analysis.reads == "clean" or study.dataset.starts_from_made
    if not analysis.methods:
        return _function(analysis)(read_cells(cells, made), study)
    from sccbgm.engine.device import a_gpu_of_its_own

    with a_gpu_of_its_own(runtime):
        return _function(analysis)(read_cells(cells, made), study)


def study_of(benchmark: Benchmark, name: str, dataset: str, runtime: Runtime) -> Study:
    """The study that the analysis of that name is given in a run."""
    methods = {id: benchmark.methods[id] for id in ANALYSES[name].methods}
    return Study(benchmark.datasets[dataset], benchmark.seeds(dataset), methods, runtime)


def origin_of(
    benchmark: Benchmark, name: str, dataset: str, cells: Path | None, code: str
) -> dict[str, Any]:
    """Where the rows of an analysis come from, see `benchmark.provenance`. code: its version."""
    analysis = ANALYSES[name]
    made = analysis.reads == "clean" or benchmark.datasets[dataset].starts_from_made
    trained = {id: benchmark.methods[id].settings(dataset, PRESET) for id in analysis.methods}
    return origin(cells, trained, made) | {"code": code}


def write(result: Result, rows: Path, cells: Path, made: Mapping[str, Any]) -> None:
    """The rows as parquet, with where they come from; the cells as h5ad, none where none is shown.

    made: `origin_of` these rows, which pandas reads back as `attrs`.
    """
    import anndata

    from sccbgm.io.seals import sealed

    with sealed(rows) as path:
        result.rows.attrs.update(made)
        result.rows.to_parquet(path, index=False)
    shown = anndata.AnnData() if result.cells is None else result.cells
    with sealed(cells) as path:
        shown.write_h5ad(path)


def runtime_of(benchmark: Benchmark, threads: int) -> Runtime:
    """How the run computes, without checkpoints: an analysis is one short job."""
    given = benchmark.config.runtime
    fields = {field.name for field in dataclasses.fields(Runtime)}
    same = {k: v for k, v in given.model_dump().items() if k in fields}
    return Runtime(**{**same, "threads": threads})


def _function(analysis: Analysis) -> Any:
    module, name = analysis.function.split(":")
    return getattr(importlib.import_module(f"sccbgm.analyses.{module}"), name)
