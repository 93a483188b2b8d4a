"""Where the results of a job come from."""

import sys
from pathlib import Path

import pandas as pd
import pytest

from sccbgm.benchmark.provenance import origin
from sccbgm.io.digests import digest_of
from sccbgm.io.seals import checksum, sealed


def test_an_origin_travels_with_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "biolord", raising=False)
    with sealed(tmp_path / "made.h5ad") as path:
        path.write_bytes(b"cells")
    rows = pd.DataFrame({"value": [1.0]})
    rows.attrs.update(origin(tmp_path / "made.h5ad", {"default": {"epochs": 3}}))
    with sealed(tmp_path / "rows.parquet") as path:
        rows.to_parquet(path)
    found = pd.read_parquet(tmp_path / "rows.parquet").attrs
    assert found == rows.attrs
    assert found["cells"] == checksum(tmp_path / "made.h5ad")
    assert found["packages"]["pandas"] == pd.__version__
    assert "biolord" not in found["packages"], "it was not loaded"


def test_a_file_of_the_users_has_a_digest(tmp_path: Path) -> None:
    (tmp_path / "mine.h5ad").write_bytes(b"cells")
    assert origin(tmp_path / "mine.h5ad", {}, made=False)["cells"] == digest_of(
        tmp_path / "mine.h5ad"
    )
    assert origin(None, {})["cells"] == ""
