"""A task leaves, predictions come back: scored alone, and as a method of a run."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
from pathlib import Path

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
from walks import TYPES, cells, tasks_by_hand

from sccbgm.benchmark import versions
from sccbgm.benchmark.denominators import write_denominators
from sccbgm.benchmark.studies import Run
from sccbgm.cli import main, prepared
from sccbgm.cli.configs import read_run

TASK, CONFIG = "b_cell_ifn", [Path("mine.yaml")]


def denominators(run: Run) -> None:
    """What Snakemake makes of a run's one dataset and its tasks."""
    file = run.results / "tasks/mine/block0_denominators_recommended.parquet"
    write_denominators(tasks_by_hand(run), ["rmmd", "rfid", "rsd"], {"recommended": file})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("walk")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        cells({"cell_type": TYPES, "stim": ["ctrl", "ifn"]}, 30).write_h5ad("mine.h5ad")
        assert main(["init", "mine.h5ad"]) == 0
        text = Path("mine.yaml").read_text()
        Path("mine.yaml").write_text(text[: text.index("# A first look")])
        denominators(read_run(CONFIG))
        patch.setattr(prepared, "snakemake", lambda words: 0)
        assert main(["export-task", "mine.yaml", "--task", TASK, "--csv"]) == 0
    return folder


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    monkeypatch.setattr(prepared, "snakemake", lambda words: 0)
    return folder


def exported(name: str) -> anndata.AnnData:
    return anndata.read_h5ad(f"exported/mine/{TASK}/{name}.h5ad")


def test_what_leaves_has_no_cell_of_the_target(here: Path) -> None:
    every, train, edit = anndata.read_h5ad("mine.h5ad"), exported("train"), exported("intervene")
    held_out = (every.obs["cell_type"] == "B cell") & (every.obs["stim"] == "ifn")
    assert held_out.sum() == 30
    assert not set(every.obs_names[held_out]) & {*train.obs_names, *edit.obs_names}
    assert len(train) == 150 and len(edit) == 30
    assert (edit.obsm["concepts"]["ifn"] == 0).all()
    assert (edit.obsm["concepts_ifn"]["ifn"] == 1).all()
    projected = (train.X.toarray() - train.var["mean"].to_numpy()) @ train.varm["PCs"]
    np.testing.assert_allclose(projected, train.obsm["X_pca"], atol=1e-4)
    asked = json.loads(Path(f"exported/mine/{TASK}/task.json").read_text())
    assert asked["edits"] == {"ifn": {"ifn": 1.0}}
    table = pd.read_csv(f"exported/mine/{TASK}/intervene_cells.csv.gz", index_col="cell")
    assert list(table["ifn"]) == [0.0] * 30 and list(table["ifn:ifn"]) == [1.0] * 30


def predictions(shift: float) -> pd.DataFrame:
    """A mean shift, times a factor, as a tool outside would make it of the exported files."""
    train, edit = exported("train"), exported("intervene")
    on = (train.obsm["concepts"]["ifn"] == 1).to_numpy()
    delta = train.X[on].mean(0) - train.X[~on].mean(0)
    return pd.DataFrame(
        edit.X.toarray() + shift * np.asarray(delta), edit.obs_names, edit.var_names
    )


def as_r_writes(table: pd.DataFrame, file: str) -> None:
    """The bytes of `write.csv(..., row.names = FALSE)`, and the parts of anndataR's h5ad."""
    if file.endswith("csv"):
        table = table.reset_index(names="cell").assign(task=TASK)
        table = table[["task", *table.columns.drop("task")]]
        table.to_csv(file, index=False, quoting=csv.QUOTE_NONNUMERIC, float_format="%.15g")
        assert Path(file).read_text().startswith('"task","cell","gene_0",')
        return
    text = h5py.string_dtype()
    with h5py.File(file, "w") as h5ad:
        h5ad.attrs.update({"encoding-type": "anndata", "encoding-version": "0.1.0"})
        h5ad["X"] = table.to_numpy(np.float64)
        h5ad["X"].attrs.update({"encoding-type": "array", "encoding-version": "0.2.0"})
        for name, index, columns in (("obs", table.index, ["task"]), ("var", table.columns, [])):
            frame = h5ad.create_group(name)
            frame.attrs.update({"encoding-type": "dataframe", "encoding-version": "0.2.0"})
            frame.attrs["_index"] = "_index"
            frame.attrs.create("column-order", columns, (len(columns),), text)
            for key, values in {"_index": index, **dict.fromkeys(columns, [TASK] * 30)}.items():
                frame.create_dataset(key, data=list(values), dtype=text)
                frame[key].attrs.update({"encoding-type": "string-array"})
                frame[key].attrs.update({"encoding-version": "0.2.0"})


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="needs R")
def test_the_pages_lines_of_r_are_a_mean_shift(here: Path, root: Path) -> None:
    example = (root / "docs/predictions.md").read_text().split("```r\n")[2].split("```")[0]
    (here / "shift.R").write_text(example.replace("b_cell_drug", TASK).replace("$drug", "$ifn"))
    subprocess.run(["Rscript", "shift.R"], check=True)
    made, expected = pd.read_csv("predictions.csv", index_col="cell"), predictions(1.0)
    assert set(made.pop("task")) == {TASK}
    pd.testing.assert_frame_equal(made, expected, check_dtype=False, check_names=False, atol=1e-5)


@pytest.mark.parametrize("ending", ["h5ad", "csv", "parquet", "of_r.csv", "of_r.h5ad"])
def test_what_comes_back_is_scored(ending: str, here: Path, capsys) -> None:
    table = predictions(1.0).sample(frac=1, random_state=0)
    file = f"shifted.{ending}"
    if "of_r" in file:
        as_r_writes(table, file)
    elif ending == "h5ad":
        anndata.AnnData(table, obs=pd.DataFrame({"task": TASK}, table.index)).write_h5ad(file)
    else:
        table = table.reset_index(names="cell").assign(task=TASK)
        table.to_csv(file, index=False) if ending == "csv" else table.to_parquet(file)
    assert main(["score", file, "--config", "mine.yaml", "--output", "scores.csv"]) == 1
    said = capsys.readouterr()
    assert f"no predictions of task cd4_t_ifn: {file}" not in said.out
    assert f"{file}: no predictions of task cd4_t_ifn" in said.err
    scores = pd.read_csv("scores.csv").query("task == @TASK and metric == 'rfid'")
    values = scores.set_index("method")["value"]
    assert values["predicted"] < values["no_edit"]


def test_unedited_cells_score_as_no_edit_does(here: Path) -> None:
    table = predictions(0.0).reset_index(names="cell").assign(task=TASK, seed=42)
    table.to_csv("unedited.csv.gz", index=False)
    assert main(["score", "unedited.csv.gz", "--config", "mine.yaml", "--output", "s.csv"]) == 1
    scores = pd.read_csv("s.csv").query("task == @TASK")
    assert set(scores["seed"]) == {42}
    values = scores.pivot_table(index="metric", columns="method", values="value")
    np.testing.assert_allclose(values["predicted"], values["no_edit"], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("spoilt", "fault"),
    [
        (lambda t: t.iloc[1:], "1 cells to edit are missing (cell_"),
        (lambda t: t.assign(cell="x" + t["cell"]), "30 cells are not among those to edit"),
        (lambda t: pd.concat([t, t.iloc[:1]]), "1 cells occur more than once"),
        (lambda t: t.drop(columns="gene_3"), "1 of 60 genes are missing (gene_3)"),
        (lambda t: t.assign(gene_3=900.0), "values up to 900; expected log-normalised genes"),
        (lambda t: t.assign(gene_3=np.inf), "values up to inf"),
        (lambda t: t.drop(columns="task"), "no column task"),
        (lambda t: t.assign(gene_3="a"), "columns that are not numbers: ['gene_3']"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(spoilt, fault: str, here: Path, capsys) -> None:
    table = predictions(1.0).reset_index(names="cell").assign(task=TASK)
    spoilt(table).to_csv("spoilt.csv", index=False)
    assert main(["score", "spoilt.csv", "--config", "mine.yaml"]) in (1, 2)
    assert fault in capsys.readouterr().err


def test_a_file_is_a_method_of_a_run_until_it_changes(here: Path, capsys) -> None:
    methods = Path("config/methods")
    methods.mkdir(exist_ok=True)
    entry = "predictions: tool.csv\ntitle: My tool\n"
    (methods / "my_tool.yaml").write_text(entry)
    run = Path("mine.yaml").read_text().replace("  - ridge", "  - my_tool")
    Path("with_tool.yaml").write_text(run)
    assert main(["plan", "with_tool.yaml"]) == 2
    assert (
        "my_tool.yaml: predictions: found 'tool.csv'; there is no file" in capsys.readouterr().err
    )
    Path("tool.csv").write_text("task,cell,PC1\n")
    study = read_run([Path("with_tool.yaml")]).first
    assert study.methods["my_tool"].method.title == "My tool"
    before = versions.training(study, "my_tool")
    Path("tool.csv").write_text("task,cell,PC1\na,b,0.5\n")
    assert versions.training(study, "my_tool") != before
    (methods / "sccbgm.yaml").write_text(entry)
    assert main(["plan", "with_tool.yaml"]) == 2
    assert "expected an id of their own" in capsys.readouterr().err
    (methods / "sccbgm.yaml").unlink()
