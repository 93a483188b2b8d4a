"""From a file to a benchmark: what `init` writes works, on files of all kinds."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import anndata
import h5py
import numpy as np
import pytest
from walks import TYPES, WALKS, cells, drug_response, tasks_by_hand

from sccbgm.benchmark.studies import load_run
from sccbgm.cli import main
from sccbgm.cli.configs import read_run
from sccbgm.config.run import merged
from sccbgm.data.preprocess import preprocess
from sccbgm.data.reading import read_cells
from sccbgm.data.tasks import derive_tasks
from sccbgm.figures import umap_figure, umap_points
from sccbgm.methods import registry
from sccbgm.protocol.member import Member
from sccbgm.protocol.method import Failure, Job, Runtime
from sccbgm.tables.names import Names


@pytest.fixture
def here(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(made: anndata.AnnData, name: str = "mine.h5ad") -> str:
    with anndata.settings.override(allow_write_nullable_strings=True):
        made.write_h5ad(name)
    return name


@pytest.mark.parametrize("walk", WALKS)
def test_what_is_written_can_be_checked_prepared_and_asked(walk: str, here: Path, capsys) -> None:
    make, n_tasks, said = WALKS[walk]
    assert main(["init", written(make())]) == 0
    told = capsys.readouterr().out
    assert said in told
    assert f"\n{n_tasks} tasks, with the cells" in told
    assert main(["check", "mine.yaml"]) == 0, capsys.readouterr().err
    assert f"{min(n_tasks, 4)} tasks:" in capsys.readouterr().out
    config = load_run(merged([Path("mine.yaml")])).datasets["mine"]
    clean = preprocess(read_cells("mine.h5ad", made=False), config)
    tasks = derive_tasks(clean, config)
    assert len(tasks) == min(n_tasks, 4)
    assert all(task.targets[0].edits and not task.remarks for task in tasks)
    assert np.isfinite(clean.X.sum())


@pytest.mark.parametrize(
    "walk", ["drug_response", "one_line_of_combinations", "numeric_doses", "perturb_seq"]
)
def test_what_is_listed_can_be_answered_and_drawn(
    walk: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # UMAP compiles itself for 20 seconds.
    monkeypatch.setitem(umap_points.__globals__, "embed", lambda x, n_real, seed: x[:, :2] * 1.0)
    make, _, _ = WALKS[walk]
    assert main(["init", written(make())]) == 0
    run = read_run([Path("mine.yaml")])
    tasks = list(tasks_by_hand(run).values())
    study = run.studies[""]
    for id in {"no_edit", "target", "mean_shift"} & set(study.methods):
        method = registry.get(id)
        jobs = [Job(Member("mine", data.task.id, id, 13), data, method.params()) for data in tasks]
        answers = method.fit(jobs, Runtime()).predict("edit")
        assert not [answer for answer in answers if isinstance(answer, Failure)], id
    obs = anndata.read_h5ad(run.results / "data/mine.h5ad").obs
    real = umap_figure(umap_points(tasks[0], obs, {}, Names()), "Cells", Names())
    assert len(real.axes) == 1


def test_nothing_is_overwritten_without_force(here: Path, capsys) -> None:
    file = written(drug_response())
    assert main(["init", file, "--id", "other"]) == 0
    Path("other.yaml").write_text("mine: now")
    assert main(["init", file, "--id", "other"]) == 2
    assert "other.yaml: there already" in capsys.readouterr().err
    assert Path("other.yaml").read_text() == "mine: now"
    assert main(["init", file, "--id", "other", "--force"]) == 0
    assert "results: results/other" in Path("other.yaml").read_text()


def test_the_columns_can_be_named(here: Path, capsys) -> None:
    adata = cells({"x": ["a", "b"], "y": ["u", "v", "w"], "cell_type": ["s", "t"]})
    file = written(adata)
    assert main(["init", file]) == 2
    assert "name it with --condition COLUMN. Columns with labels: x ('" in capsys.readouterr().err
    words = ["--condition", "y", "--control", "v", "--type", "x", "--donor", "cell_type"]
    assert main(["init", file, *words, "--hold-out", "donor"]) == 0
    text = Path("config/datasets/mine.yaml").read_text()
    assert re.search(r"broad: \{names: \[x\]\}", text)
    assert "labels: {type_condition: [donor, condition]}" in text
    assert "{id: s_u, type: s, targets: [u], group: s}" in text
    assert main(["check", "mine.yaml"]) == 0
    assert main(["init", file, "--force", "--condition", "z"]) == 2
    assert "--condition: unknown column 'z'" in capsys.readouterr().err


def test_what_cannot_be_a_benchmark_is_said(here: Path, capsys) -> None:
    file = written(cells({"perturbation": ["control", "a", "b"]}))
    assert main(["init", file]) == 2
    assert "no method can know it. Needed: types or donors" in capsys.readouterr().err
    Path("text.h5ad").write_text("no cells")
    assert main(["init", "text.h5ad"]) == 2
    assert "not HDF5" in capsys.readouterr().err
    with h5py.File("tenx.h5", "w") as file:
        file["matrix/data"] = [1]
    assert main(["init", "tenx.h5"]) == 2
    assert "it is a 10x file; scanpy.read_10x_h5" in capsys.readouterr().err
    Path("mine.zarr").mkdir()
    Path("mine.zarr/.zgroup").write_text("{}")
    assert main(["init", "mine.zarr"]) == 2
    assert "expected an AnnData file (.h5ad); `anndata.read_zarr(" in capsys.readouterr().err
    assert not Path("config").exists()


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ({"cell_type": TYPES, "condition": ["ctrl"]}, "condition ('ctrl')"),
        ({"cell_type": TYPES, "dose": ["0 uM", "10 nM"]}, "expected the same unit, or none"),
        ({"cell_type": TYPES, "condition": ["ctrl", "ifn"]}, "gene_3"),
    ],
)
def test_what_is_wrong_with_the_cells_is_said(labels, said: str, here: Path, capsys) -> None:
    adata = cells(labels)
    adata.var_names = [*adata.var_names[:-1], "gene_3"]
    assert main(["init", written(adata)]) == 2
    assert said in capsys.readouterr().err
    assert not Path("config").exists()


def test_many_tasks_are_a_rule(here: Path, capsys) -> None:
    many = {"cell_line": list("abcd"), "perturbation": ["control", *(f"g{i}" for i in range(16))]}
    assert main(["init", written(cells(many, each=20))]) == 0
    assert "64 tasks" in capsys.readouterr().out
    assert "kind: derived" in Path("config/datasets/mine.yaml").read_text()
    assert main(["check", "mine.yaml"]) == 0
    assert "trained on" in capsys.readouterr().out


def test_cells_of_which_it_is_not_known_what_they_are_are_left_out(here: Path, capsys) -> None:
    labels = {"cell_line": ["A", "B"], "guide": ["unassigned", "g1", "g2", "g3"]}
    adata = cells(labels)
    adata.obs.loc[adata.obs_names[:3], "guide"] = None
    assert main(["init", written(adata)]) == 0
    said = capsys.readouterr().out
    assert "or with 'unassigned', in obs['guide'] are not used" in said
    assert "edited cells: 'unassigned'" not in said and "unassigned  " not in said
    assert "drop: {condition: [unassigned, null]}" in Path("config/datasets/mine.yaml").read_text()
    assert main(["check", "mine.yaml"]) == 0


@pytest.mark.parametrize(
    ("labels", "control"),
    [
        ({"time_point": ["6h", "0h", "24h"]}, "0h"),
        ({"timepoint": ["post", "pre"]}, "pre"),
        ({"collection_day": ["day 7", "Day 0"], "condition": ["a", "b"]}, None),
        ({"condition": ["ctrl/stim", "ctrl", "x"]}, "ctrl"),
        ({"Behandlung": ["Wirkstoff", "Kontrolle"]}, "Kontrolle"),
    ],
)
def test_cells_that_nothing_was_done_to_are_known(labels, control, here: Path, capsys) -> None:
    assert main(["init", written(cells({"cell_type": TYPES} | labels))]) == 0
    said = capsys.readouterr().out
    reads = f"edited cells: {control!r}, which reads as a control"
    assert (reads if control else "none reads as a control") in said


@pytest.mark.slow
def test_the_written_run_runs_as_it_stands(here: Path, root: Path) -> None:
    assert main(["init", written(drug_response())]) == 0
    Path("less.yaml").write_text("scale: {epochs: 2, tasks: 1}\n")
    words = ["--cores", "2", "--snakefile", str(root / "Snakefile"), "--configfile"]
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", *words, "mine.yaml", "less.yaml"],
        env=os.environ | {"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    results = Path("results/mine_reduced")
    assert (results / "report.html").exists()
    table = (results / "tables/tasks_rmmd__mine.md").read_text()
    assert "scCBGM" in table and "Ridge" in table
