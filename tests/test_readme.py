"""The README's examples work as printed: what takes long is planned instead of run."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from anndata import AnnData
from cells import with_genes
from toy import toy_task

from sccbgm.config.dataset import load_dataset_config
from sccbgm.data.loading import CleanCells
from sccbgm.data.pca import Bases, fit_bases
from sccbgm.data.preprocess import preprocess
from sccbgm.data.tasks import derive_tasks
from sccbgm.io.seals import sealed
from sccbgm.methods import registry
from sccbgm.metrics.mmd import mmd2
from sccbgm.protocol.member import Member
from sccbgm.protocol.method import Job, Runtime
from sccbgm.protocol.task import TaskData

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(language: str, containing: str) -> str:
    blocks = re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)
    (found,) = [text for text in blocks if containing in text]
    return found


@pytest.fixture
def own_method(tmp_path: Path):
    path = tmp_path / "my_method.py"
    path.write_text(block("python", "class TowardsEdited"), encoding="utf-8")
    return registry.from_file(path)


def own_cells() -> AnnData:
    """Cells in the schema of the README's dataset, with a drug that acts on every type."""
    kinds = [(t, c) for t in ("B cell", "T cell", "NK cell") for c in ("control", "drug")]
    obs = pd.DataFrame(kinds * 60, columns=["cell_type", "treatment"])
    adata = with_genes(obs.astype("category"), ["cell_type", "treatment"], n_genes=150)
    return adata


def own_task(folder: Path) -> TaskData:
    """The README's task on these cells, as a run makes it."""
    (folder / "mine.yaml").write_text(block("yaml", "id: mine"), encoding="utf-8")
    config = load_dataset_config(folder / "mine.yaml")
    config = config.model_copy(update={"n_pcs": 10})
    cells = preprocess(own_cells(), config)
    tasks = derive_tasks(cells, config, config.task_ids)
    with sealed(folder / "pca.h5ad") as beside:
        fit_bases(cells, tasks, config.n_pcs).write_h5ad(beside)
    return CleanCells(cells).task(tasks[0], Bases(folder / "pca.h5ad", config.task_ids)["b_cells"])


def test_own_method_edits_the_readmes_own_dataset(own_method, tmp_path: Path) -> None:
    data = own_task(tmp_path)
    job = Job(Member("mine", "b_cells", own_method.id, 0), data, own_method.params())
    predicted = own_method.fit([job], Runtime()).predict("edit")[0]["drug"]
    truth, unedited = data.targets["drug"].x, data.intervene.x
    nearer = mmd2(truth, predicted, 0.1) / mmd2(truth, unedited, 0.1)
    assert nearer < 0.3, "the held-out B cells with the drug are what it comes near to"


def test_own_method_edits_towards_the_edited_cells(own_method) -> None:
    data = toy_task(unseen=False)
    job = Job(Member("toy", "toy", own_method.id, 0), data, own_method.params())
    predicted = own_method.fit([job], Runtime()).predict("edit")[0]["stim"]
    truth = data.targets["stim"].x
    assert ((predicted - truth) ** 2).mean() < ((data.intervene.x - truth) ** 2).mean()


def test_own_dataset_is_a_valid_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(block("yaml", "id: mine"), encoding="utf-8")
    assert load_dataset_config(path).task_ids == ("b_cells",)


LINES = [
    line.split("#")[0].strip()
    for text in re.findall(r"```bash\n(.*?)```", README, flags=re.DOTALL)
    for line in text.splitlines()
    if line.split("#")[0].strip()
]
IN_OWN_FOLDER = [line for line in LINES if "mine.yaml" in line]
"""Commands that are started where the user's own files are."""


def test_the_commands_that_are_tested_are_the_readmes() -> None:
    assert len(LINES) == 10
    assert len(IN_OWN_FOLDER) == 2


def planned(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Do what a line says in a folder; `make` and `snakemake` only say what they would do.

    The plan of the whole paper takes long and is tested in tests/workflow/test_dag.py: here its
    commands are given the demonstration's file.
    """
    words = shlex.split(line.split("&&")[0])
    if words[0] == "snakemake" and "--configfile" not in words:
        words += ["--configfile", "config/demo.yaml"]
    words[1:1] = {"make": ["--dry-run"], "snakemake": ["--dry-run"]}.get(words[0], [])
    if words[0] == "snakemake" and folder != ROOT:
        words += ["--snakefile", str(ROOT / "Snakefile")]
    python = Path(sys.executable)
    words[:1] = {
        "snakemake": [str(python), "-m", "snakemake"],
        "sccbgm": [str(python), "-m", "sccbgm.cli"],
    }.get(words[0], words[:1])
    return subprocess.run(
        words,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )


@pytest.mark.parametrize("line", [line for line in LINES if line not in IN_OWN_FOLDER])
def test_a_command_is_right_as_printed(line: str) -> None:
    done = planned(line, ROOT)
    assert done.returncode == 0, done.stdout
    assert "Traceback" not in done.stdout


@pytest.mark.parametrize("line", IN_OWN_FOLDER)
def test_own_files_make_a_run(line: str, tmp_path: Path) -> None:
    files = re.findall(r"```(?:yaml|python)\n# (\S+)\n(.*?)```", README, flags=re.DOTALL)
    assert len(files) == 4
    for name, text in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "cells.h5ad").write_bytes(b"\x89HDF\r\n\x1a\n")
    done = planned(line, tmp_path)
    assert done.returncode == 0, done.stdout
    assert "towards_edited" in done.stdout
