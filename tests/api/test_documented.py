"""The examples of docs/editing.md run as printed, one after the other, in a shell and in Python."""

import re
import shlex
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from api_cells import EFFECT, cells

from sccbgm.cli import main

PAGE = (Path(__file__).parents[2] / "docs" / "editing.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.fixture
def adata(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    adata = cells(600)
    adata.obs["dose"] *= 10
    del adata.obsm["concepts"]
    return adata


def test_the_page_runs(adata, monkeypatch):
    matplotlib.use("Agg")
    # What UMAP itself compiles on its first call takes longer than all the rest
    monkeypatch.setattr("sccbgm.api.plots._embedded", lambda x: x[:, :2])
    names = {"adata": adata}
    for block in blocks("python"):
        exec(block, names)
    effect, control = names["effect"], names["control"]
    assert effect["a"] > 0.3 * EFFECT and effect.index[-1] == "a"
    np.testing.assert_allclose(
        names["by_cell"].mean(0), names["stimulated"].var["effect"], atol=1e-4
    )
    assert list(names["codes"])[:4] == ["stim", "A", "B", "dose"]
    for part, key in re.findall(r"`(\w+)\[\"(\w+)\"\]", PAGE.partition("## Validation")[0]):
        if part != "adata":
            assert key in getattr(names["stimulated"], part), key
    assert names["table"].set_index("metric").at["effect_direction", "value"] > 0.3
    assert names["edited"].shape == (control.n_obs, 9) and np.isfinite(names["edited"]).all()


def test_the_shell_runs(adata, capsys):
    adata.write_h5ad("cells.h5ad")
    (block,) = blocks("bash")
    for line in block.splitlines():
        words = shlex.split(line)[1:]
        short = ["--epochs", "4", "--params", "hidden_dim=32", "lr=0.003"]
        assert main([*words, *(short if words[0] == "fit" else [])]) == 0
    said = capsys.readouterr().out
    assert "model: ScCBGM, fitted" in said
    assert re.search(r"edited.h5ad: \d+ cells, 10 genes", said)
    assert re.search(r"^energy_gain +-?\d", said, flags=re.M)
