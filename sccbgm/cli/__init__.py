"""Plan, check and run the benchmark, and edit cells, from a shell.

A command is one module: its docstring is its help, EXAMPLE a line that works, CODES what its exit
codes mean beyond `faults.CODES`; `add` declares its arguments and `run` returns its exit code.
Start-up imports argparse and rich alone: a command imports what it needs when it runs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version
from types import ModuleType

import shtab
from rich_argparse import RawDescriptionRichHelpFormatter

from sccbgm.cli import (
    check,
    convert,
    evaluate,
    export_task,
    faults,
    fit,
    init,
    intervene,
    listing,
    plan,
    reproduce,
    resume,
    retry,
    score,
    where,
)

COMMANDS: dict[str, ModuleType] = {
    "init": init,
    "check": check,
    "plan": plan,
    "list": listing,
    "where": where,
    "retry": retry,
    "resume": resume,
    "reproduce": reproduce,
    "export-task": export_task,
    "score": score,
    "fit": fit,
    "intervene": intervene,
    "evaluate": evaluate,
    "convert": convert,
}
"""In the order of `sccbgm --help`."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Returns its exit code; a fault of the user's is said in a line, with no trace.

    What follows a `--` is for Snakemake.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    end = given.index("--") if "--" in given else len(given)
    parser = command_parser()
    options = parser.parse_args(given[:end])
    if given[end:] and not hasattr(options, "snakemake"):
        parser.error(f"found {' '.join(given[end:])!r}; this command does not start Snakemake")
    options.snakemake = given[end + 1 :]
    with faults.said() as ended:
        ended.code = options.command(options)
    return ended.code


def command_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="sccbgm",
        description="Plan, check and run the benchmark, and edit cells, from a shell.",
        epilog="completion of the shell's TAB key: docs/commands.md",
        formatter_class=RawDescriptionRichHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {version('sccbgm')}")
    shtab.add_argument_to(parser, "--print-completion", help="print a script of completion")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, module in COMMANDS.items():
        text = (module.__doc__ or "").strip()
        codes = {**faults.CODES, **getattr(module, "CODES", {})}
        own = commands.add_parser(
            name,
            help=_first_sentence(text),
            description=text,
            epilog=_epilog(module.EXAMPLE, codes),
            formatter_class=RawDescriptionRichHelpFormatter,
        )
        module.add(own)
        own.set_defaults(command=module.run)
    return parser


def _first_sentence(text: str) -> str:
    first = " ".join(text.split("\n\n")[0].split())
    return first[:1].lower() + first[1:].rstrip(".")


def _epilog(example: str, codes: dict[int, str]) -> str:
    lines = [f"example:\n  {example}", "", "exit codes:"]
    return "\n".join([*lines, *(f"  {code}  {meaning}" for code, meaning in sorted(codes.items()))])
