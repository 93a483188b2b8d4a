"""SIGTERM ends a block where it is, or where it asks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sccbgm.io.ending import EXIT_CODE, Ended, deferred, endable


def terminate() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def test_it_ends_what_is_done_and_no_handler_of_exceptions_takes_it() -> None:
    before, done = signal.getsignal(signal.SIGTERM), []
    with pytest.raises(Ended), endable():
        try:
            terminate()
            done.append("went on")
        except (Exception, SystemExit):
            done.append("taken for a fault")
        finally:
            done.append("cleaned up")
    assert done == ["cleaned up"]
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_block_that_puts_it_off_is_told_and_ended_after_it() -> None:
    done = []
    with pytest.raises(Ended), endable():
        with deferred() as ending:
            assert not ending()
            terminate()
            assert ending()
            done.append("saved")
        done.append("went on")
    assert done == ["saved"]
    with endable(), deferred() as ending:
        assert not ending(), "an earlier signal is not this block's"


def test_other_threads_run_as_they_are() -> None:
    done = []

    def work() -> None:
        with endable():
            done.append(threading.current_thread().name)

    thread = threading.Thread(target=work, name="other")
    thread.start()
    thread.join()
    assert done == ["other"]


def test_a_job_says_in_its_log_that_it_was_ended(tmp_path: Path) -> None:
    code = f"""
import os, signal
from sccbgm.io.files import written_whole
from sccbgm.io.logs import logged
with logged({str(tmp_path / "log")!r}), written_whole({str(tmp_path / "result")!r}) as path:
    path.write_text("half")
    os.kill(os.getpid(), signal.SIGTERM)
"""
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == EXIT_CODE == 143
    assert [path.name for path in tmp_path.iterdir()] == ["log"]
    assert "ERROR ended by SIGTERM" in (tmp_path / "log").read_text()
