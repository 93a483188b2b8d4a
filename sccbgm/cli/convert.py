"""An h5ad file of count matrices, names and a table of cells."""

from __future__ import annotations

import argparse
from pathlib import Path

import shtab

from sccbgm.cli.cells import pair

EXAMPLE = (
    "sccbgm convert kang.h5ad --matrix a.mtx.gz b.mtx.gz --barcodes a.tsv.gz b.tsv.gz "
    "--genes genes.tsv.gz --cells cells.tsv.gz --keep multiplets=singlet --rename cell=broad"
)
CODES = {1: "the files do not belong together"}


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("output", type=Path, metavar="OUTPUT", help="the h5ad file to write")
    said = {
        "matrix": "counts in the Matrix Market format, genes x cells",
        "barcodes": "names of the cells of each matrix",
        "genes": "names of the genes",
        "cells": "a table with a row a cell",
    }
    for key, text in said.items():
        many = "+" if key in ("matrix", "barcodes") else None
        given = parser.add_argument(
            f"--{key}", type=Path, nargs=many, required=True, metavar="FILE", help=text
        )
        given.complete = shtab.FILE  # type: ignore[attr-defined]
    parser.add_argument(
        "--keep", type=pair, nargs="+", default=[], metavar="COLUMN=VALUE",
        help="only cells with these values",
    )  # fmt: skip
    parser.add_argument(
        "--require", nargs="+", default=[], metavar="COLUMN", help="only cells that have a value"
    )
    parser.add_argument(
        "--rename", type=pair, nargs="+", default=[], metavar="OLD=NEW", help="names of columns"
    )


def run(options: argparse.Namespace) -> int:
    """Write the file."""
    from sccbgm.data.convert import Parts, convert, write

    parts = Parts(tuple(options.matrix), tuple(options.barcodes), options.genes, options.cells)
    made = convert(parts, dict(options.keep), options.require, dict(options.rename))
    write(made, options.output)
    print(f"{options.output}: {made.n_obs:,} cells, {made.n_vars:,} genes")
    return 0
