"""The pages of docs/methods are those that the methods declare."""

from pathlib import Path

from sccbgm.methods.pages import pages

FOLDER = Path(__file__).parents[2] / "docs" / "methods"


def test_pages_are_current():
    written = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    assert written == pages(), "run: python -m sccbgm.methods.pages docs/methods"
