"""Seconds and memory of the synthetic generator at the size of the paper.

    python -m benchmarks.synthetic --out benchmarks/results/synthetic-NAME.json

Makes 20,000 x 5,000 cells with five blocks of counterfactuals, as Synthetic 1, each time in a
process of its own, so that the peak memory is that of one dataset.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import time
from pathlib import Path
from typing import Any

from benchmarks.machine import describe
from sccbgm.config.sources import SyntheticSource
from sccbgm.synthetic import generate, make_dataset


def measure(source: SyntheticSource, threads: int) -> dict[str, Any]:
    """Wall and processor seconds of the factual cells alone and of the whole dataset, and MB."""
    start, cpu = time.perf_counter(), time.process_time()
    generate(n_cells=source.n_cells, n_genes=source.n_genes, seed=source.seed, threads=threads)
    middle, cpu_middle = time.perf_counter(), time.process_time()
    adata = make_dataset(source, threads)
    end, cpu_end = time.perf_counter(), time.process_time()
    return {
        "rows": adata.n_obs,
        "genes": adata.n_vars,
        "factual_seconds": middle - start,
        "factual_cpu_seconds": cpu_middle - cpu,
        "dataset_seconds": end - middle,
        "dataset_cpu_seconds": cpu_end - cpu_middle,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cells", type=int, default=20_000)
    parser.add_argument("--genes", type=int, default=5000)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    source = SyntheticSource(
        kind="synthetic", n_cells=arguments.cells, n_genes=arguments.genes, seed=42
    )
    runs = []
    for threads in arguments.threads:
        for _ in range(arguments.repeats):
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                runs.append({"threads": threads} | pool.apply(measure, (source, threads)))
            print(runs[-1], flush=True)
    machine = describe(max(arguments.threads)) | {"niceness": os.nice(0)}
    report = {"machine": machine, "runs": runs}
    arguments.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
