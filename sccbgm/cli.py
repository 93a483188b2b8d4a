"""`sccbgm`: what is not a target of the workflow."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from sccbgm.benchmark.studies import Run, load_run
from sccbgm.config.derived import not_yet_derived
from sccbgm.config.run import ConfigError, merged
from sccbgm.io.seals import Damaged


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Returns the exit code: 0, 1 for no, 2 for a fault in the configuration."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    end = given.index("--") if "--" in given else len(given)
    options = _parser().parse_args(given[:end])
    options.snakemake = given[end + 1 :]
    if options.command is _convert:
        return _convert(options)
    try:
        content = merged(options.config) | _changes(options)
        run = load_run(content, ", ".join(map(str, options.config)))
        return int(options.command(run, options))
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    except Damaged as error:
        print(error, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sccbgm", description=__doc__)
    parser.add_argument("--version", action="version", version=f"%(prog)s {version('sccbgm')}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    plan = commands.add_parser("plan", help="members, jobs and steps of a configuration")
    plan.add_argument("config", type=Path, nargs="+", metavar="CONFIG")
    plan.set_defaults(command=_plan)
    where = commands.add_parser("where", help="where a run's tables, figures and report are")
    where.add_argument("config", type=Path, nargs="+", metavar="CONFIG")
    where.set_defaults(command=_where)
    retry = commands.add_parser(
        "retry",
        help="remove what failed or is damaged and run the workflow",
        usage="%(prog)s CONFIG [CONFIG ...] [options] [-- OPTIONS OF SNAKEMAKE]",
    )
    retry.add_argument("config", type=Path, nargs="+", metavar="CONFIG")
    retry.add_argument("--config", dest="changes", nargs="+", metavar="KEY=VALUE", default=[])
    retry.add_argument("--cores", default="all", help="cores of the run (all)")
    retry.add_argument("-n", "--dry-run", action="store_true", help="list the files, do nothing")
    retry.set_defaults(command=_retry)
    convert = commands.add_parser(
        "convert", help="an h5ad file of count matrices, names and a table of cells"
    )
    convert.add_argument("output", type=Path, metavar="OUTPUT")
    for key, many in (("matrix", "+"), ("barcodes", "+"), ("genes", None), ("cells", None)):
        convert.add_argument(f"--{key}", type=Path, nargs=many, required=True, metavar="FILE")
    convert.add_argument("--keep", type=_pair, nargs="+", default=[], metavar="COLUMN=VALUE")
    convert.add_argument("--require", nargs="+", default=[], metavar="COLUMN")
    convert.add_argument("--rename", type=_pair, nargs="+", default=[], metavar="OLD=NEW")
    convert.set_defaults(command=_convert)
    resume = commands.add_parser(
        "resume",
        help="wait for the jobs that a killed run left on a cluster and run the workflow",
        usage="%(prog)s CONFIG [CONFIG ...] [options] [-- OPTIONS OF SNAKEMAKE]",
    )
    resume.add_argument("config", type=Path, nargs="+", metavar="CONFIG")
    resume.add_argument("--cancel", action="store_true", help="end these jobs first")
    resume.add_argument("--every", type=float, default=30, help="seconds between questions (30)")
    resume.set_defaults(command=_resume)
    return parser


def _pair(text: str) -> tuple[str, str]:
    key, found, value = text.partition("=")
    if not found:
        raise argparse.ArgumentTypeError(f"found {text!r}; expected NAME=VALUE")
    return key, value


def _convert(options: argparse.Namespace) -> int:
    """Write the h5ad file. Returns 1 where the files do not belong together."""
    from sccbgm.data.convert import ConversionError, Parts, convert, write

    parts = Parts(tuple(options.matrix), tuple(options.barcodes), options.genes, options.cells)
    try:
        made = convert(parts, dict(options.keep), options.require, dict(options.rename))
    except (ConversionError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    write(made, options.output)
    print(f"{options.output}: {made.n_obs:,} cells, {made.n_vars:,} genes")
    return 0


def _changes(options: argparse.Namespace) -> dict[str, Any]:
    """Keys and values that Snakemake's own --config sets: KEY=VALUE, the value read as YAML."""
    pairs = [pair.partition("=") for pair in getattr(options, "changes", [])]
    return {key: yaml.safe_load(value) for key, _, value in pairs}


def _plan(run: Run, options: argparse.Namespace) -> int:
    from sccbgm.benchmark.cost import ESTIMATED_GPU, read_timings
    from sccbgm.benchmark.plan_text import as_text
    from sccbgm.benchmark.summary import plan_lines

    timings = read_timings()
    if not any(timing.gpu for timing in timings):
        timings.append(ESTIMATED_GPU)
    print(as_text(run, plan_lines(run), timings))
    for line in not_yet_derived(run.datasets.values()):
        print(line)
    return 0


def _where(run: Run, options: argparse.Namespace) -> int:
    places = {
        "tables": run.results / "tables",
        "figures": run.results / "figures",
        "report": run.results / "report.html",
    }
    for name, path in places.items():
        print(f"{name + ':':9}{path}{'' if path.exists() else '  (not made yet)'}")
        if path.is_dir():
            for file in sorted(path.glob("*.md" if name == "tables" else "*.png")):
                print(f"{'':11}{file}")
    return 0


def _retry(run: Run, options: argparse.Namespace) -> int:
    from sccbgm.benchmark.retry import to_redo
    from sccbgm.io.locks import Locked, take

    try:
        lock = take(run.results / ".lock")
    except Locked as error:
        print(error, file=sys.stderr)
        return 1
    found = to_redo(run)
    for path, reason in found.items():
        print(f"{path}: {reason}")
        if not options.dry_run:
            path.unlink()
    lock.release()
    if options.dry_run:
        return 0
    print("", flush=True)
    changes = ["--config", *options.changes] if options.changes else []
    command = [sys.executable, "-m", "snakemake", "--cores", options.cores, *options.snakemake]
    return subprocess.run([*command, "--configfile", *options.config, *changes]).returncode


def _resume(run: Run, options: argparse.Namespace) -> int:
    from sccbgm.io import cluster
    from sccbgm.io.locks import Locked, take

    try:
        lock = take(run.results / ".lock")
        waited = ""
        while jobs := cluster.left_behind(run.results):
            if options.cancel and not waited:
                cluster.cancel(jobs)
            states = sorted(f"{job.id} {job.state}" for job in jobs)
            if (text := ", ".join(states)) != waited:
                print(f"waiting for {len(jobs)} jobs: {text}", flush=True)
            waited = text
            time.sleep(options.every)
        lock.release()
    except (Locked, cluster.ClusterError) as error:
        print(error, file=sys.stderr)
        return 1
    # What follows a "--" are targets, so the files come before it.
    end = options.snakemake.index("--") if "--" in options.snakemake else len(options.snakemake)
    words = [*options.snakemake[:end], "--configfile", *options.config, *options.snakemake[end:]]
    return subprocess.run([sys.executable, "-m", "snakemake", *words]).returncode


if __name__ == "__main__":
    raise SystemExit(main())
