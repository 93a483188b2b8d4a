"""docs/tutorial.md, run as printed: the genes of the stimulus are found in the type kept back."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"


def test_the_tutorial_finds_the_genes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(), flags=re.DOTALL):
        exec(block, names)
    assert names["found"] == 10
    assert names["correlation"] > 0.8
    assert "10 of the 10 genes" in capsys.readouterr().out
