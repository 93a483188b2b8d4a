"""Log files of jobs."""

import logging
from pathlib import Path

import pytest

from sccbgm.io.logs import SILENT, logged


@pytest.mark.parametrize("silent", [True, False])
def test_a_job_is_silent_where_something_else_shows_the_run(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    silent: bool,
) -> None:
    monkeypatch.setenv(SILENT, "1" if silent else "")
    with logged(tmp_path / "job.log"):
        logging.getLogger("sccbgm").info("epoch 3 of 40")
    assert "epoch 3 of 40" in (tmp_path / "job.log").read_text()
    assert ("epoch 3 of 40" in capsys.readouterr().err) != silent
