"""Log files of jobs."""

import logging
import os
from pathlib import Path

import pytest

from sccbgm.io.logs import SILENT, last_error, logged


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


def test_the_last_error_is_that_of_this_attempt(tmp_path: Path) -> None:
    path = tmp_path / "job.log"
    assert last_error(path) == ""
    with pytest.raises(SystemExit), logged(path):
        raise ValueError("no such cells")
    assert last_error(path) == "no such cells"
    before = path.stat().st_mtime_ns
    assert last_error(path, before) == "", "an earlier attempt's"
    hour = 3600 * 10**9
    os.utime(path, ns=(before - hour, before - hour))
    assert last_error(path, before) == "no such cells", "written after the clock was set back"
