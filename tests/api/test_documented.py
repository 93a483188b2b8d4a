"""The examples of docs/editing.md run as printed, one after the other."""

import re
from pathlib import Path

import numpy as np
from api_cells import EFFECT, cells

PAGE = Path(__file__).parents[2] / "docs" / "editing.md"


def test_the_page_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    adata = cells(600)
    adata.obs["dose"] *= 10
    del adata.obsm["concepts"]
    names = {"adata": adata}
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(blocks) == 5
    for block in blocks:
        exec(block, names)
    assert names["by_gene"]["a"] > 0.3 * EFFECT
    assert max(names["by_gene"], key=names["by_gene"].get) == "a"
    assert list(names["codes"])[:4] == ["stim", "A", "B", "dose"]
    table = re.findall(r"^\| `(\w+)\[\"(\w+)\"\]", PAGE.read_text(encoding="utf-8"), flags=re.M)
    for part, key in table:
        assert key in getattr(names["as_b_cells"], part)
    assert names["edited"].shape == (names["control"].n_obs, 9)
    assert np.isfinite(names["edited"]).all()
