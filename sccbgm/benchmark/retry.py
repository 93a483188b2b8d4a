"""Which files of a run have to go so that the run does again exactly what failed."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

from sccbgm.benchmark import versions
from sccbgm.benchmark.collect import Unusable, read_rows, rows_file
from sccbgm.benchmark.plan import Shard
from sccbgm.benchmark.status import read_record
from sccbgm.benchmark.studies import Run


def to_redo(run: Run) -> dict[Path, str]:
    """Files to remove -> why: of shards with a failed member, damaged ones, and all made of them.

    With a file goes what is made of it, since a run looks no further than the files that are there.
    """
    found = dict(_damaged_inputs(run))
    for benchmark, shard in run.shards.values():
        fit, predictions, rows = _files(run.results, shard)
        code = versions.training(benchmark, shard.method)
        if reason := _fault(fit, predictions, code):
            found |= {path: reason for path in (fit, predictions, rows) if path.exists()}
        elif rows.exists():
            try:
                read_rows(rows, (code, versions.evaluation()))
            except Unusable as error:
                found[rows] = str(error).removeprefix(f"{rows}: ")
    if found:
        summary = [*map(run.rows_file, run.studies), run.results / "status.json"]
        found |= {path: "made of these" for path in summary if path.exists()}
    return found


def _files(results: Path, shard: Shard) -> tuple[Path, Path, Path]:
    """Weights, predictions and rows of a shard."""
    return (
        results / "fits" / f"{shard.path}.pt",
        results / "predictions" / f"{shard.path}.h5ad",
        rows_file(results, shard),
    )


def _fault(fit: Path, predictions: Path, code: str) -> str:
    """Why a shard has to be trained again, "" if it has not."""
    if fit.exists() and _damaged_weights(fit):
        return "damaged weights"
    if not predictions.exists():
        return ""
    try:
        failures, made = read_record(predictions)
    except OSError:
        return "damaged predictions"
    if made.get("code") != code:
        return "made by another version of the code"
    return f"{len(failures)} failed: {failures[0]['reason']}" if failures else ""


def _damaged_weights(path: Path) -> bool:
    """Whether a file of torch weights, which is a zip archive, ends early."""
    with path.open("rb") as file:
        return file.read(2) == b"PK" and not zipfile.is_zipfile(path)


def _damaged_inputs(run: Run) -> Iterator[tuple[Path, str]]:
    """Checkpoints, prepared cells, components and denominators that cannot be opened."""
    for path in (run.results / "checkpoints").rglob("*.pt"):
        if not zipfile.is_zipfile(path):
            yield path, "damaged checkpoint"
    for dataset in run.datasets:
        folder = run.results / "tasks" / dataset
        files = [run.results / "data" / f"{dataset}.h5ad"]
        for block in run.blocks(dataset):
            files += [folder / f"{block}_pca.h5ad", *folder.glob(f"{block}_denominators_*.parquet")]
        for path in files:
            if path.exists() and not _opens(path):
                yield path, "damaged"


def _opens(path: Path) -> bool:
    if path.suffix == ".parquet":
        import pyarrow
        from pyarrow import parquet

        try:
            parquet.read_metadata(path)
        except (OSError, pyarrow.ArrowException):
            return False
        return True
    import h5py

    return bool(h5py.is_hdf5(path)) and _whole(path)


def _whole(path: Path) -> bool:
    """Whether an HDF5 file, which knows its own length, is not cut off."""
    import h5py

    try:
        with h5py.File(path):
            return True
    except OSError:
        return False
