"""Seconds and gigabytes to plan a run, and to start a job of it.

    python -m benchmarks.planning --out benchmarks/results/planning-NAME.json

Dry runs of Snakemake, each in a process of its own: of the paper, and of generated runs of 10,000
members, by seeds (Kang's 14 tasks, a job a seed) and by tasks (Cui's grid of 1,479). A job starts
either as a script alone (on this machine) or with Snakemake around it (on a cluster).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

from benchmarks.machine import describe
from benchmarks.scale import grid
from sccbgm.config.places import REPOSITORY

METHODS = [
    *("no_edit", "mean_shift", "closest_group", "target"),
    *("sccbgm", "sccbgm_fm", "cbgm", "vanilla_fm", "cvae", "cvae_fm"),
]
N_SEEDS, N_GRID_METHODS = 72, 7
"""72 seeds x 14 tasks x 10 methods are 10,080 members, 1,479 tasks x 7 methods 10,353."""
START_OF_SCRIPT = """
from snakemake import script
from sccbgm.benchmark.studies import load_run
from sccbgm.config.run import merged
list(load_run(merged([{path!r}])).shards)[-1]
"""


def write_runs(folder: Path) -> dict[str, Path]:
    """The configuration of each run to plan, by name."""
    pairs = grid()
    datasets = {
        "seeds": {"base": "kang", "seeds": list(range(N_SEEDS))},
        "grid": {"base": "cui", "tasks": {"held_out": pairs}, "seeds": [0]},
    }
    runs = {"paper": REPOSITORY / "config/config.yaml"}
    for name, dataset in datasets.items():
        path = folder / "datasets" / f"many_{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump({"id": path.stem, **dataset}), encoding="utf-8")
        methods = METHODS if name == "seeds" else METHODS[-N_GRID_METHODS:]
        run = {"results": f"results/{name}", "datasets": [path.stem], "methods": methods}
        runs[name] = folder / f"{name}.yaml"
        runs[name].write_text(yaml.safe_dump(run), encoding="utf-8")
    return runs


def timed(command: list[str], folder: Path) -> dict[str, Any]:
    """Seconds, processor seconds and peak memory of a command, and the jobs that it planned."""
    begun = time.perf_counter()
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=pipe, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{' '.join(command)}\n{said}")
    jobs = re.search(r"^total\s+(\d+)", said, re.MULTILINE)
    return {
        "seconds": round(time.perf_counter() - begun, 2),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 2),
        "peak_gb": round(used.ru_maxrss / 2**20, 2),
        "jobs": int(jobs.group(1)) if jobs else None,
    }


def main() -> None:
    """Parse the command line, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", nargs="+", default=["paper", "seeds", "grid"])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, required=True, help="JSON file")
    arguments = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        runs = write_runs(folder)
        for name in arguments.runs:
            snakemake = [sys.executable, "-m", "snakemake", "--snakefile"]
            snakemake += [str(REPOSITORY / "Snakefile"), "--configfile", str(runs[name]), "-n"]
            start = START_OF_SCRIPT.format(path=str(runs[name]))
            commands = {
                "plan": snakemake,
                "start of a script": [sys.executable, "-c", start],
                "start on a cluster": [*snakemake, "--", "norman"],
            }
            for what, command in commands.items():
                for _ in range(arguments.repeats):
                    result = {"run": name, "what": what, **timed(command, folder)}
                    sys.stderr.write(json.dumps(result) + "\n")
                    results.append(result)
    command = " ".join(["python -m benchmarks.planning", *sys.argv[1:]])
    report = {"command": command, "machine": describe(1), "results": results}
    arguments.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
