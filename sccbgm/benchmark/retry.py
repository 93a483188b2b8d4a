"""Which files of a run have to go so that the run does again exactly what failed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sccbgm.benchmark import analysed, versions
from sccbgm.benchmark.cells import made_files
from sccbgm.benchmark.collect import Unusable, read_rows, rows_file
from sccbgm.benchmark.plan import Shard, blocks, expand, with_first_stages
from sccbgm.benchmark.status import read_record
from sccbgm.config.derived import derived_file
from sccbgm.config.run import Benchmark
from sccbgm.io.seals import damage


def to_redo(benchmark: Benchmark) -> dict[Path, str]:
    """Files to remove -> why: of failed members and analyses, damaged ones, and all made of them.

    With a file goes what is made of it, since a run looks no further than the files that are there.
    """
    found = dict(_damaged_inputs(benchmark))
    for shard in with_first_stages(expand(benchmark)):
        fit, predictions, rows = _files(benchmark, shard)
        code = versions.training(benchmark, shard.method)
        if reason := _fault(fit, predictions, code):
            found |= {path: reason for path in (fit, predictions, rows) if path.exists()}
        elif rows.exists():
            try:
                read_rows(rows, (code, versions.evaluation()))
            except Unusable as error:
                found[rows] = str(error).removeprefix(f"{rows}: ")
    found |= {path: why for path, why in analysed.to_redo(benchmark.results) if path.exists()}
    if found:
        summary = (benchmark.results / name for name in ("metrics.parquet", "status.json"))
        found |= {path: "made of these" for path in summary if path.exists()}
    return found


def _files(benchmark: Benchmark, shard: Shard) -> tuple[Path, Path, Path]:
    """Weights, predictions and rows of a shard."""
    results = benchmark.results
    return (
        results / "fits" / f"{shard.path}.pt",
        results / "predictions" / f"{shard.path}.h5ad",
        rows_file(benchmark, shard),
    )


def _fault(fit: Path, predictions: Path, code: str) -> str:
    """Why a shard has to be trained again, "" if it has not."""
    if fit.exists() and (fault := damage(fit)):
        return f"damaged weights: {fault}"
    if not predictions.exists():
        return ""
    if fault := damage(predictions):
        return f"damaged predictions: {fault}"
    failures, made = read_record(predictions)
    if made.get("code") != code:
        return "made by another version of the code"
    return f"{len(failures)} failed: {failures[0]['reason']}" if failures else ""


def _damaged_inputs(benchmark: Benchmark) -> Iterator[tuple[Path, str]]:
    """Damaged files that shards are made of, and those that no shard is made of."""
    results = benchmark.results
    files = [*results.glob("checkpoints/**/*.pt"), *results.glob("analyses/*/*")]
    for dataset in benchmark.datasets:
        files.append(results / "data" / f"{dataset}.h5ad")
        files += [*made_files(benchmark, dataset), derived_file(results, dataset)]
        for block in blocks(benchmark, dataset):
            stem = results / "tasks" / dataset / block
            names = (
                f"{stem.name}.json",
                f"{stem.name}_pca.h5ad",
                f"{stem.name}_denominators_*",
                f"{stem.name}_ceilings*",
            )
            files += [path for name in names for path in stem.parent.glob(name)]
    for path in files:
        if path.exists() and (fault := damage(path)):
            yield path, f"damaged: {fault}"
