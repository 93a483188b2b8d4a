"""Train scCBGM on the cells of an h5ad file, and save the model.

A concept is a column of obs: COLUMN=LABEL is 1 where a cell has the label, COLUMN alone is a
concept for each of its labels, COLUMN=LOW:HIGH of a column of numbers is a continuous one. Or name
a table of concepts in obsm. X must be log-normalised, or counts with --counts.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sccbgm.cli.cells import add_cells, add_device, add_file, check_writable, pair, read

if TYPE_CHECKING:
    from anndata import AnnData

EXAMPLE = (
    "sccbgm fit cells.h5ad --concepts condition=stim cell_type dose=0:10 --seeds 3 --output model"
)
CODES = {1: "the training failed"}

KEY = "concepts"


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_file(parser, "file", "annotated cells, h5ad", metavar="FILE")
    parser.add_argument(
        "--concepts", nargs="+", required=True, metavar="CONCEPT",
        help="COLUMN=LABEL, COLUMN, COLUMN=LOW:HIGH, or a key of obsm",
    )  # fmt: skip
    add_file(parser, "--output", "folder of the model", required=True, metavar="DIR")
    add_cells(parser)
    parser.add_argument("--counts", action="store_true", help="the values are counts")
    parser.add_argument("--layer", help="a layer in place of X, or .raw")
    parser.add_argument("--rep", metavar="KEY", help="components in obsm in place of the model's")
    parser.add_argument("--n-pcs", type=int, default=128, help="components of the model (128)")
    parser.add_argument("--flow", action="store_true", help="put a flow on top: scCBGM-FM")
    parser.add_argument("--seeds", type=int, default=1, help="models to train, as one stack (1)")
    parser.add_argument("--epochs", type=int, help="passes over the cells (200)")
    parser.add_argument(
        "--params", type=pair, nargs="+", default=[], metavar="NAME=VALUE",
        help="other hyperparameters: docs/methods/sccbgm.md",
    )  # fmt: skip
    parser.add_argument(
        "--validation", default="0", metavar="SHARE",
        help="share of the cells to validate with, or a column of obs that is True for them",
    )  # fmt: skip
    parser.add_argument("--patience", type=int, help="epochs without a lower validation loss")
    add_device(parser)
    parser.add_argument("--overwrite", action="store_true", help="replace a model in DIR")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def run(options: argparse.Namespace) -> int:
    """Train, save, and say what the model is."""
    from sccbgm.api import Fault, ScCBGM
    from sccbgm.config.reading import read_value

    if (options.output / "model.json").exists() and not options.overwrite:
        raise Fault(f"{options.output}: found a model; expected another folder, or --overwrite")
    check_writable(options.output)
    adata = read(options.file, options.cells)
    key = make_concepts(adata, options.concepts)
    params = {name: read_value(text, f"--params {name}") for name, text in options.params}
    if options.epochs is not None:
        params["epochs"] = options.epochs
    model = ScCBGM(
        adata, key, rep=options.rep, layer=options.layer, counts=options.counts,
        n_pcs=options.n_pcs, flow=options.flow, seeds=options.seeds, device=options.device,
    )  # fmt: skip
    model.fit(
        progress=not options.quiet, validation=_number(options.validation),
        patience=options.patience, **params,
    )  # fmt: skip
    model.save(options.output)
    print(f"{options.output}: {model}")
    return 0


def make_concepts(adata: AnnData, given: Sequence[str]) -> str:
    """The obsm key of the concepts that a command line describes, made of obs where it does.

    Raises Fault, with all that is wrong.
    """
    from sccbgm.api.faults import Faults
    from sccbgm.api.setup import setup_concepts

    if len(given) == 1 and given[0] in adata.obsm and given[0] not in adata.obs:
        return given[0]
    binary: dict[str, str] = {}
    categorical: list[str] = []
    continuous: dict[str, tuple[float, float]] = {}
    faults = Faults()
    for text in given:
        with faults.gather():
            column, value = _column(adata, text)
            limits = _limits(value or "")
            if not _numeric(adata, column):
                binary |= {column: value} if value else {}
                categorical += [] if value else [column]
            elif limits:
                continuous[column] = limits
            elif set(adata.obs[column].dropna().unique()) <= {0, 1}:
                binary[column] = value or "1"
            else:
                raise _no_range(column, value)
    faults.stop()
    setup_concepts(adata, binary=binary, categorical=categorical, continuous=continuous, key=KEY)
    return KEY


def _no_range(column: str, value: str | None) -> Exception:
    from sccbgm.api.faults import Fault

    found = f"{value!r}" if value else "a column of numbers"
    return Fault(
        f"--concepts {column}: found {found}; expected {column}=LOW:HIGH of a continuous concept, "
        "or a column of text"
    )


def _column(adata: AnnData, text: str) -> tuple[str, str | None]:
    """The column of obs that a word begins with, and what stands behind its equals sign."""
    from sccbgm.api.faults import expect

    if text in adata.obs:
        return text, None
    for place in reversed([i for i, letter in enumerate(text) if letter == "="]):
        if text[:place] in adata.obs:
            return text[:place], text[place + 1 :]
    column = text.partition("=")[0]
    expect(column, adata.obs, "--concepts: obs", "column")
    return column, None


def _numeric(adata: AnnData, column: str) -> bool:
    from pandas.api.types import is_numeric_dtype

    return is_numeric_dtype(adata.obs[column])


def _limits(text: str) -> tuple[float, float] | None:
    """The numbers of LOW:HIGH, None for other text."""
    low, _, high = text.partition(":")
    try:
        return float(low), float(high)
    except ValueError:
        return None


def _number(text: str) -> float | str:
    """A share of the cells, or the name of a column."""
    try:
        return float(text)
    except ValueError:
        return text
