"""The cells that a run names for its datasets: files in the original's format, look-alikes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cells
import pytest

from sccbgm.config.lookalike import FOOTPRINTS, as_lookalike
from sccbgm.config.run import Benchmark, ConfigError, load_config
from sccbgm.config.sections import Pathways
from sccbgm.config.sources import FileSource, LookalikeSource, SyntheticSource


def run(root: Path, files: dict[str, Any], *datasets: str, **changes: Any) -> Benchmark:
    config = {"datasets": list(datasets or files), "methods": ["no_edit"], "files": files}
    return load_config(config | changes, "run.yaml", root / "config")


def test_a_look_alike_is_as_large_as_the_original_and_says_what_it_is(root: Path) -> None:
    dataset = run(root, {"kang": "lookalike"}).datasets["kang"]
    assert dataset.source == LookalikeSource(kind="lookalike", n_cells=24054, n_genes=28231)
    assert dataset.reduced.startswith("Look-alike: generated cells")
    own = run(root, {}, "kang").datasets["kang"]
    assert (own.source.kind, own.reduced) == ("osf", "")
    assert dataset.model_copy(update={"source": own.source, "reduced": ""}) == own


def test_a_look_alike_downloads_no_footprints(root: Path) -> None:
    dataset = run(root, {"nault_pathways": "lookalike"}).datasets["nault_pathways"]
    [concept] = [c for c in dataset.concepts if isinstance(c, Pathways)]
    assert Path(str(concept.file)).samefile(FOOTPRINTS)


def test_a_dataset_file_can_say_itself_that_it_is_a_look_alike(root: Path, tmp_path: Path) -> None:
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets/mine.yaml").write_text(
        "base: kang\nid: mine\nsource: {kind: lookalike, n_cells: 900, n_genes: 80}\n"
    )
    config = {"datasets": ["mine"], "methods": ["no_edit"], "folders": [str(tmp_path)]}
    dataset = load_config(config).datasets["mine"]
    assert (dataset.source.n_cells, dataset.source.n_genes) == (900, 80)
    assert dataset.reduced.startswith("Look-alike:")


def test_a_file_takes_the_place_of_the_download(root: Path, tmp_path: Path) -> None:
    path = tmp_path / "my_kang.h5ad"
    cells.kang(times=2).write_h5ad(path)
    dataset = run(root, {"kang": str(path)}).datasets["kang"]
    assert dataset.source == FileSource(kind="file", path=str(path))
    assert dataset.reduced == "Reduced: 60 of 24,054 cells (the file my_kang.h5ad)."


def test_the_faults_of_all_files_come_together(root: Path, tmp_path: Path) -> None:
    (tmp_path / "text.h5ad").write_text("no cells")
    (tmp_path / "empty.h5ad").write_bytes(b"\x89HDF\r\n\x1a\n")
    files = {
        "kng": "lookalike",
        "kang": str(tmp_path / "nowhere.h5ad"),
        "cui": str(tmp_path / "text.h5ad"),
        "nault": str(tmp_path / "empty.h5ad"),
        "demo": "lookalike",
    }
    with pytest.raises(ConfigError) as error:
        run(root, files, "kang", "cui", "nault", "demo")
    lines = str(error.value).splitlines()
    assert [line.split(": ")[1] for line in lines] == [
        "files",
        *(f"files.{id}" for id in ("kang", "cui", "nault", "demo")),
    ]
    said = ("did you mean 'kang'?", "no file", "not HDF5", "no obs", "needs held_out tasks")
    for line, words in zip(lines, said, strict=True):
        assert words in line


def test_files_of_other_datasets_are_no_fault(root: Path) -> None:
    """So that one file of a user's serves every run."""
    assert run(root, {"cui": "lookalike"}, "kang").datasets["kang"].source.kind == "osf"


def test_there_is_no_look_alike_of_what_labels_do_not_describe() -> None:
    pairs = cells.interventions_config()
    with pytest.raises(ConfigError, match="x: a look-alike needs held_out tasks"):
        as_lookalike(pairs, "x")
    stored = cells.changed(cells.shipped("kang"), concepts=[{"kind": "stored"}])
    with pytest.raises(ConfigError, match="x: a look-alike has labels alone"):
        as_lookalike(stored, "x")
    assert isinstance(cells.shipped("demo").source, SyntheticSource)


def test_the_published_file_of_generated_cells_takes_their_place(root: Path) -> None:
    ids = ("synthetic_2", "concept_size_20", "synthetic_1_seen")
    found = run(root, dict.fromkeys(ids, "published"), metrics=["mse"]).datasets
    members = {id: dataset.source.member for id, dataset in found.items()}
    assert members == {
        "synthetic_2": "synthetic/synthetic_2.h5ad",
        "concept_size_20": "synthetic/concept_size_20.h5ad",
        "synthetic_1_seen": "synthetic/synthetic_1.h5ad",
    }
    assert all(len(dataset.task_ids) == 5 and not dataset.reduced for dataset in found.values())
    for id in ("synthetic_example", "kang"):
        with pytest.raises(ConfigError, match=f"files.{id}: {id} has no `published` file"):
            run(root, {id: "published"})
