"""A lock keeps others out, and is void once its holder was killed."""

import subprocess
import sys

import pytest

from sccbgm.io.locks import Locked, held, take

HOLDER = """
import sys, time
from sccbgm.io.locks import take
lock = take(sys.argv[1])
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, tmp_path / "lock"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_a_held_lock_is_refused_and_that_of_a_killed_process_is_void(holder, tmp_path):
    with pytest.raises(Locked, match="held by another process"):
        take(tmp_path / "lock")
    holder.kill()
    holder.wait()
    take(tmp_path / "lock").release()


def test_waiting_ends_when_the_holder_does(holder, tmp_path):
    subprocess.Popen(["sh", "-c", f"sleep 0.3; kill -9 {holder.pid}"])
    with held(tmp_path / "lock"):
        assert holder.wait() == -9
