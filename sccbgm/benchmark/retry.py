"""Which files of a run have to go so that the run does again exactly what failed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sccbgm.benchmark import analysed, versions
from sccbgm.benchmark.collect import Unusable, read_rows, rows_file
from sccbgm.benchmark.plan import Shard
from sccbgm.benchmark.status import read_record
from sccbgm.benchmark.studies import Run
from sccbgm.io.seals import SUFFIXES, damage

FOLDERS = (
    *("raw", "lookalikes", "derived", "samples", "data", "tasks"),
    *("checkpoints", "checks", "calibration", "analyses"),
)
"""Of the files that are removed for nothing but damage."""


def to_redo(run: Run) -> dict[Path, str]:
    """Files to remove -> why: of failed members and analyses, damaged ones, and all made of them.

    With a file goes what is made of it, since a run looks no further than the files that are there.
    """
    found = dict(_damaged(run.results))
    for benchmark, shard in run.shards.values():
        fit, predictions, checks, rows = _files(run.results, shard)
        code = versions.training(benchmark, shard.method)
        if reason := _fault(fit, predictions, code):
            found |= {path: reason for path in (fit, predictions, checks, rows) if path.exists()}
        elif rows.exists():
            try:
                read_rows(rows, (code, versions.evaluation()))
            except Unusable as error:
                found[rows] = str(error).removeprefix(f"{rows}: ")
    found |= {path: why for path, why in analysed.to_redo(run.results) if path.exists()}
    if found:
        summary = [*map(run.rows_file, run.studies), run.results / "status.json"]
        found |= {path: "made of these" for path in summary if path.exists()}
    return found


def _files(results: Path, shard: Shard) -> tuple[Path, Path, Path, Path]:
    """Weights, predictions, checks and rows of a shard."""
    return (
        results / "fits" / f"{shard.path}.pt",
        results / "predictions" / f"{shard.path}.h5ad",
        results / "checks" / f"{shard.path}.parquet",
        rows_file(results, shard),
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


def _damaged(results: Path) -> Iterator[tuple[Path, str]]:
    """Damaged files of the stages before the shards, and of those beside them."""
    for folder in FOLDERS:
        for path in sorted((results / folder).rglob("*")):
            is_ours = path.suffix in SUFFIXES and not path.name.startswith(".")
            if is_ours and (fault := damage(path)):
                yield path, f"damaged: {fault}"
