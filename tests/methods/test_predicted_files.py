"""A file of predicted cells, whatever has happened to its bytes, is read or named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from mutants import each_is_read_or_named

from sccbgm.io import hdf5
from sccbgm.methods.predicted_cells import ENDINGS, read_predicted


def write(path: Path) -> None:
    values = np.arange(60, dtype=np.float32).reshape(20, 3) / 7
    rows = pd.DataFrame({"task": ["a"] * 20, "cell": [f"cell{i}" for i in range(20)]})
    names = ["PC1", "PC2", "PC3"]
    if path.suffix == ".h5ad":
        rows.index = rows["cell"].rename(None)
        AnnData(values, obs=rows, var=pd.DataFrame(index=names)).write_h5ad(path)
        return
    table = pd.concat([rows, pd.DataFrame(values, columns=names)], axis=1)
    if path.suffix == ".parquet":
        table.to_parquet(path)
    else:
        table.to_csv(path, index=False, sep="\t" if ".tsv" in path.suffixes else ",")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("n", [30, pytest.param(2000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_spoilt_file_is_read_or_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ending: str, n: int
) -> None:
    monkeypatch.setattr(hdf5, "SECONDS", 1)
    path = tmp_path / f"mine{ending}"
    write(path)
    assert len(read_predicted(path).rows) == 20
    each_is_read_or_named(path, n, lambda: read_predicted(path), ValueError)
