"""Energy that a machine takes while a job runs, read from the counters that it has.

The counters are those of a whole processor and a whole GPU: what runs beside the job is counted
with it.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

POWERCAP = Path("/sys/class/powercap")
"""Where Linux has the counters of processors (RAPL), of Intel and AMD."""
EVERY = 60.0
"""Seconds between readings: a counter of a busy processor starts again after minutes."""


@dataclass(frozen=True)
class Counter:
    """One counter: `read` gives joules, which start again at 0 after `range`, None for never."""

    name: str
    read: Callable[[], float]
    range: float | None = None


@dataclass(frozen=True)
class Energy:
    """Joules, None where there is no counter. meter: the counters, or why there are none."""

    joules: float | None
    meter: str


class Meter:
    """Adds up what counters show between the start and the end of a `with` block.

    counters, missing: the counters, and why there are no others.
    """

    def __init__(self, counters: Sequence[Counter], missing: Sequence[str] = ()) -> None:
        self.counters, self.missing = counters, missing
        self._joules, self._last = 0.0, [counter.read() for counter in counters]
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Meter:
        if self.counters:
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        if self.counters:
            self._thread.join()
            self._add()

    @property
    def energy(self) -> Energy:
        """What was read so far."""
        said = [counter.name for counter in self.counters] + list(self.missing)
        return Energy(self._joules if self.counters else None, "; ".join(said))

    def _watch(self) -> None:
        while not self._ended.wait(EVERY):
            self._add()

    def _add(self) -> None:
        for i, counter in enumerate(self.counters):
            now = counter.read()
            since = now - self._last[i]
            self._joules += since + counter.range if since < 0 and counter.range else since
            self._last[i] = now


def processors(folder: Path = POWERCAP) -> tuple[list[Counter], list[str]]:
    """The counters of the processors, and why there are none."""
    found, missing = [], []
    for package in sorted(folder.glob("intel-rapl:*")):
        if package.name.count(":") != 1:
            continue  # a part of a package, which its counter has already
        energy = package / "energy_uj"
        try:
            largest = float((package / "max_energy_range_uj").read_text()) / 1e6
            energy.read_text()
        except OSError as error:
            missing.append(f"processor: {energy} cannot be read ({error.strerror})")
            continue
        read = _reader(energy)
        found.append(Counter(f"processor {package.name.partition(':')[2]} (RAPL)", read, largest))
    if not found and not missing:
        missing.append("processor: no counter in " + str(folder))
    return found, missing


def _reader(path: Path) -> Callable[[], float]:
    return lambda: float(path.read_text()) / 1e6


def gpu(uuid: str, library: str = "libnvidia-ml.so.1") -> tuple[list[Counter], list[str]]:
    """The counter of an NVIDIA GPU (NVML), and why there is none. uuid: "GPU-..."."""
    try:
        nvml = ctypes.CDLL(library)
    except OSError:
        return [], [f"GPU: {library} is not there"]
    handle, total = ctypes.c_void_p(), ctypes.c_ulonglong()
    for code in (
        nvml.nvmlInit_v2(),
        nvml.nvmlDeviceGetHandleByUUID(uuid.encode(), ctypes.byref(handle)),
        nvml.nvmlDeviceGetTotalEnergyConsumption(handle, ctypes.byref(total)),
    ):
        if code:
            return [], [f"GPU: NVML says {code}"]

    def read() -> float:
        nvml.nvmlDeviceGetTotalEnergyConsumption(handle, ctypes.byref(total))
        return total.value / 1e3

    return [Counter("GPU (NVML)", read)], []
