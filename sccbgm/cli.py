"""`sccbgm`: what is not a target of the workflow."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from sccbgm.config.run import Benchmark, ConfigError, load_config, merged


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Returns the exit code: 0, 1 for no, 2 for a fault in the configuration."""
    options = _parser().parse_args(arguments)
    try:
        benchmark = load_config(merged(options.config), ", ".join(map(str, options.config)))
        return int(options.command(benchmark, options))
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sccbgm", description=__doc__)
    parser.add_argument("--version", action="version", version=f"%(prog)s {version('sccbgm')}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    plan = commands.add_parser("plan", help="members, jobs and steps of a configuration")
    plan.add_argument("config", type=Path, nargs="+", metavar="CONFIG")
    plan.set_defaults(command=_plan)
    where = commands.add_parser("where", help="where a run's tables, figures and report are")
    where.add_argument("config", type=Path, nargs="+", metavar="CONFIG")
    where.add_argument("--only", choices=["tables", "figures", "report"], help="print one path")
    where.add_argument(
        "--report-is-current",
        action="store_true",
        help="print nothing; exit with 0 if the report is newer than all that it shows",
    )
    where.set_defaults(command=_where)
    return parser


def _plan(benchmark: Benchmark, options: argparse.Namespace) -> int:
    from sccbgm.benchmark.cost import read_timings
    from sccbgm.benchmark.summary import as_text, summarise

    print(as_text(summarise(benchmark), read_timings()))
    return 0


def _where(benchmark: Benchmark, options: argparse.Namespace) -> int:
    places = {
        "tables": benchmark.results / "tables",
        "figures": benchmark.results / "figures",
        "report": benchmark.results / "report.html",
    }
    if options.report_is_current:
        shown = [*places["tables"].glob("*"), *places["figures"].glob("*")]
        return 0 if _newer(places["report"], shown) else 1
    if options.only:
        print(places[options.only])
        return 0
    for name, path in places.items():
        print(f"{name + ':':9}{path}{'' if path.exists() else '  (not made yet)'}")
        if path.is_dir():
            for file in sorted(path.glob("*.md" if name == "tables" else "*.png")):
                print(f"{'':11}{file}")
    return 0


def _newer(path: Path, others: Sequence[Path]) -> bool:
    if not path.exists() or not others:
        return False
    return path.stat().st_mtime >= max(other.stat().st_mtime for other in others)


if __name__ == "__main__":
    raise SystemExit(main())
