"""A real Slurm on this machine alone: controller, three nodes, two fake GPUs, all on loopback."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from string import Template

from sccbgm.io.locks import take

NODES = ("gpu1", "gpu2", "cpu1")
N_GPUS = 2
PREFIX = "slurm-test-"
"""Of the folders of test clusters, also of those that were killed and are still linked to."""
LINK = Path("/etc/slurm/slurm.conf")
"""Slurm's own place: inside a job the executor drops SLURM_CONF from the environment."""


class Slurm:
    """Daemons of a throw-away cluster; everything that they write is in one folder.

    The folder's path is short, since sockets lie in it (107 characters at most).
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir="/tmp"))
        self.folder.chmod(0o755)  # munged refuses a socket that others cannot reach
        self.daemons: list[subprocess.Popen[bytes]] = []
        self.environment = {
            **os.environ,
            "SLURM_CONF": str(self.folder / "slurm.conf"),
            "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin",
        }

    def start(self) -> None:
        """Start everything and wait until all nodes are idle."""
        self._configure()
        try:
            self._start()
        except TimeoutError as error:
            logs = [f"{p.name}: {p.read_text()[-500:]}" for p in self.folder.glob("*.*o*")]
            self._end()
            raise RuntimeError("\n".join([str(error), *logs])) from error

    def _start(self) -> None:
        munge = self.folder / "munge.socket"
        self._daemon(
            *("munged", "--foreground", f"--key-file={self.folder / 'munge.key'}"),
            *(f"--socket={munge}", f"--pid-file={self.folder / 'munged.pid'}"),
            *(f"--log-file={self.folder / 'munged.log'}", f"--seed-file={self.folder / 'seed'}"),
        )
        self.wait("munged", munge.exists)
        self._daemon("slurmctld", "-D", "-c")
        self.wait("slurmctld", lambda: self._answers("scontrol", "ping"))
        for node in NODES:
            self._daemon("slurmd", "-D", "-N", node)
        self.wait("the nodes", lambda: self.states() == dict.fromkeys(NODES, "idle"))

    def stop(self) -> None:
        """End the jobs, then the daemons, last started first."""
        self.end_jobs()
        self._end()

    def end_jobs(self) -> None:
        """Cancel all jobs and wait for their end."""
        self.run("scancel", "--user=root")
        self.wait("the end of all jobs", lambda: not self.jobs())

    def _end(self) -> None:
        for daemon in reversed(self.daemons):
            daemon.terminate()
            try:
                daemon.wait(20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        if LINK.is_symlink() and LINK.readlink() == self.folder / "slurm.conf":
            LINK.unlink()
        shutil.rmtree(self.folder)

    def run(self, *words: str) -> str:
        """Output of one of Slurm's commands. Raises CalledProcessError."""
        return subprocess.run(
            words, env=self.environment, check=True, capture_output=True, text=True, timeout=60
        ).stdout

    def states(self) -> dict[str, str]:
        """State of each node, in Slurm's words."""
        lines = self.run("sinfo", "--noheader", "--Node", "--format=%N %t").splitlines()
        return dict(line.split() for line in lines)

    def jobs(self, *filters: str) -> list[dict[str, str]]:
        """Jobs that are queued or running: id, state, node, partition, comment."""
        keys = ("id", "state", "node", "partition", "comment")
        lines = self.run("squeue", "--noheader", "--format=%i|%T|%N|%P|%k", *filters)
        return [dict(zip(keys, line.split("|"), strict=True)) for line in lines.splitlines()]

    @staticmethod
    def wait(what: str, ready: Callable[[], bool], seconds: float = 90.0) -> None:
        """Wait until `ready` says so. Raises TimeoutError."""
        end = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > end:
                raise TimeoutError(f"gave up waiting for {what}")
            time.sleep(0.2)

    def _configure(self) -> None:
        self.lock = take(LINK.with_name("test-cluster.lock"))
        if LINK.exists() and not LINK.resolve().parent.name.startswith(PREFIX):
            raise RuntimeError(f"{LINK}: this machine has a Slurm of its own")
        host = socket.gethostname().partition(".")[0]
        if not socket.gethostbyname(host).startswith("127."):
            raise RuntimeError(f"{host} is not an address of loopback; see /etc/hosts")
        ports = dict(zip(("port", *(f"port_{n}" for n in NODES)), free_ports(4), strict=True))
        text = Template(Path(__file__).with_name("slurm.conf").read_text())
        values = {"host": host, "folder": str(self.folder)} | ports
        (self.folder / "slurm.conf").write_text(text.substitute(values))
        (self.folder / "munge.key").write_bytes(secrets.token_bytes(128))
        (self.folder / "munge.key").chmod(0o600)
        devices = []
        for node in ("gpu1", "gpu2"):
            # A device file, or CUDA_VISIBLE_DEVICES is not set
            (self.folder / f"nvidia-{node}0").symlink_to("/dev/null")
            file = self.folder / f"nvidia-{node}0"
            devices.append(f"NodeName={node} Name=gpu Type=a100 File={file}\n")
        (self.folder / "gres.conf").write_text("AutoDetect=off\n" + "".join(devices))
        (self.folder / "cgroup.conf").write_text("CgroupAutomount=no\nConstrainDevices=no\n")
        for name in ("state", *(f"spool-{node}" for node in NODES)):
            (self.folder / name).mkdir()
        LINK.unlink(missing_ok=True)
        LINK.symlink_to(self.folder / "slurm.conf")

    def _daemon(self, *words: str) -> None:
        with (self.folder / f"{words[0]}.out").open("ab") as out:
            self.daemons.append(
                subprocess.Popen(
                    words,
                    env=self.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            )

    def _answers(self, *words: str) -> bool:
        try:
            self.run(*words)
        except subprocess.SubprocessError:
            return False
        return True


def free_ports(number: int) -> list[int]:
    """Ports of loopback that nothing listens on."""
    sockets = [socket.socket() for _ in range(number)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
