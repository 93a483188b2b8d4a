"""Where a run's tables, figures and report are, and which of them there are."""

from __future__ import annotations

import argparse

from sccbgm.cli.configs import add_config, read_run

EXAMPLE = "sccbgm where config/demo.yaml"


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_config(parser)


def run(options: argparse.Namespace) -> int:
    """Print the places."""
    results = read_run(options.config).results
    places = {
        "tables": results / "tables",
        "figures": results / "figures",
        "report": results / "report.html",
    }
    for name, path in places.items():
        print(f"{name + ':':9}{path}{'' if path.exists() else '  (not made yet)'}")
        if path.is_dir():
            for file in sorted(path.glob("*.md" if name == "tables" else "*.png")):
                print(f"{'':11}{file}")
    return 0
