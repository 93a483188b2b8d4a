"""Score predicted cells against the true ones, by every metric that the files allow.

Both files are log-normalised in X and share their genes. An output of `sccbgm intervene` has the
cells before the edit inside. Ratios need training cells too, and the column of their populations.
"""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from sccbgm.cli.cells import add_cells, add_file, read

if TYPE_CHECKING:
    import pandas as pd

EXAMPLE = "sccbgm evaluate cells.h5ad edited.h5ad --cells condition=stim --format csv"


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_file(parser, "true", "cells as they should be, h5ad", metavar="TRUE")
    add_file(parser, "predicted", "predicted cells, h5ad", metavar="PREDICTED")
    add_cells(parser, "of TRUE")
    parser.add_argument("--layer", help="the layer of PREDICTED that is scored")
    add_file(parser, "--control", "the predicted cells before the edit, row by row", metavar="FILE")
    add_file(parser, "--train", "other real cells, h5ad", metavar="FILE")
    parser.add_argument("--groups", metavar="COLUMN", help="column of their populations")
    parser.add_argument(
        "--labels", metavar="COLUMN",
        help="column of subtypes, of TRUE and of the cells before the edit, for subtype accuracy",
    )  # fmt: skip
    parser.add_argument(
        "--counts", action="store_true",
        help="real cells are counts, as those of the model that predicted",
    )  # fmt: skip
    parser.add_argument(
        "--paired", action="store_true", help="true and predicted cells are the same, row by row"
    )
    parser.add_argument("--n-pcs", type=int, default=128, help="components to compare in (128)")
    parser.add_argument(
        "--max-cells", type=int, default=2000, help="cells of each kind that are compared (2000)"
    )
    parser.add_argument("--metrics", nargs="+", metavar="METRIC", help="which (all)")
    parser.add_argument("--format", choices=["table", "csv", "json"], default="table")


def run(options: argparse.Namespace) -> int:
    """Print the metrics."""
    from sccbgm.api import evaluate

    control, train = (
        None if path is None else read(path) for path in (options.control, options.train)
    )
    table = evaluate(
        read(options.true, options.cells), read(options.predicted), control, train, options.groups,
        labels=options.labels, layer=options.layer, counts=options.counts, paired=options.paired,
        n_pcs=options.n_pcs, max_cells=options.max_cells, metrics=options.metrics,
    )  # fmt: skip
    if options.format == "csv":
        print(table.to_csv(index=False), end="")
    elif options.format == "json":
        print(json.dumps(json.loads(table.to_json(orient="records")), indent=1, ensure_ascii=False))
    else:
        print(_as_text(table))
    return 0


def _as_text(table: pd.DataFrame) -> str:
    """Metrics with a number in columns, then why there is no value of the others."""
    from tabulate import tabulate

    numbers = ["value", "no_edit", "distance", "no_edit_distance"]
    known = table[numbers].notna().any(axis=1)
    shown = table[known].drop(columns=["title", "reason"]).dropna(axis=1, how="all")
    rows = shown.astype(object).where(shown.notna(), None)
    lines = [tabulate(rows, headers="keys", showindex=False, floatfmt=".4g", missingval="-")]
    for reason, without in table[table["value"].isna()].groupby("reason", sort=False):
        lines += ["", f"no value ({reason}):", f"  {', '.join(without['metric'])}"]
    return "\n".join(lines)
