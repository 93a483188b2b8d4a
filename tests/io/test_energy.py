"""Counters of energy: what is added up, what starts again, and what there is not."""

from pathlib import Path

from sccbgm.io.energy import Counter, Meter, gpu, processors


def rapl(folder: Path, name: str, microjoules: int) -> Path:
    package = folder / name
    package.mkdir()
    (package / "energy_uj").write_text(str(microjoules))
    (package / "max_energy_range_uj").write_text("1000000000")
    return package / "energy_uj"


def test_the_energy_of_a_block_is_that_of_its_packages(tmp_path):
    first = rapl(tmp_path, "intel-rapl:0", 5_000_000)
    second = rapl(tmp_path, "intel-rapl:1", 999_000_000)
    rapl(tmp_path, "intel-rapl:0:0", 0)  # the cores of the first
    with Meter(*processors(tmp_path)) as meter:
        first.write_text("7500000")
        second.write_text("2000000")  # it started again: 1 J to its end, 2 J since
    assert meter.energy.joules == 2.5 + 3.0
    assert meter.energy.meter == "processor 0 (RAPL); processor 1 (RAPL)"


def test_without_a_counter_there_is_a_reason_and_no_number(tmp_path):
    with Meter(*processors(tmp_path)) as meter:
        pass
    assert meter.energy.joules is None
    assert meter.energy.meter == f"processor: no counter in {tmp_path}"
    assert gpu("GPU-0", "libnothing.so.1") == ([], ["GPU: libnothing.so.1 is not there"])


def test_a_counter_that_never_starts_again_is_subtracted():
    readings = iter([10.0, 14.0])
    with Meter([Counter("GPU (NVML)", lambda: next(readings))], ["processor: none"]) as meter:
        pass
    assert meter.energy.joules == 4.0
    assert meter.energy.meter == "GPU (NVML); processor: none"
