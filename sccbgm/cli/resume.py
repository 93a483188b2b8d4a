"""Wait for the jobs that a killed run left on a cluster, and run the workflow."""

from __future__ import annotations

import argparse
import time

from sccbgm.cli.configs import add_config, add_snakemake, read_run, snakemake

EXAMPLE = "sccbgm resume config/config.yaml -- --workflow-profile profiles/slurm"
CODES = {1: "another run is going on, the cluster does not answer, or Snakemake failed"}


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_config(parser)
    add_snakemake(parser)
    parser.add_argument("--cancel", action="store_true", help="end these jobs first")
    parser.add_argument("--every", type=float, default=30, help="seconds between questions (30)")


def run(options: argparse.Namespace) -> int:
    """Say which jobs are waited for until there are none, and start Snakemake."""
    from sccbgm.io import cluster
    from sccbgm.io.locks import take

    results = read_run(options.config).results
    lock = take(results / ".lock")
    waited = ""
    while jobs := cluster.left_behind(results):
        if options.cancel and not waited:
            cluster.cancel(jobs)
        states = sorted(f"{job.id} {job.state}" for job in jobs)
        if (text := ", ".join(states)) != waited:
            print(f"waiting for {len(jobs)} jobs: {text}", flush=True)
        waited = text
        time.sleep(options.every)
    lock.release()
    # What follows a "--" are targets, so the files come before it.
    end = options.snakemake.index("--") if "--" in options.snakemake else len(options.snakemake)
    before, targets = options.snakemake[:end], options.snakemake[end:]
    return snakemake([*before, "--configfile", *options.config, *targets])
