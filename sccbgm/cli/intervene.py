"""Set concepts of cells by a saved model, and write the cells as they would be.

The answer is an h5ad file: X as observed, layers["counterfactual"] after the edit, var["effect"] by
gene. The cells need no annotations, but the genes of the model.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from sccbgm.cli.cells import add_cells, add_device, add_file, check_writable, pair, read, write

if TYPE_CHECKING:
    from anndata import AnnData

    from sccbgm.api import ScCBGM

EXAMPLE = (
    "sccbgm intervene model cells.h5ad --cells condition=ctrl --set stim=1 --output edited.h5ad"
)
N_GENES = 8


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_file(parser, "model", "folder of a saved model", metavar="DIR")
    add_file(parser, "file", "cells to edit, h5ad", metavar="FILE")
    parser.add_argument(
        "--set", type=pair, nargs="+", required=True, dest="edits", metavar="CONCEPT=VALUE",
        help="values of concepts after the edit, or the label of a categorical column",
    )  # fmt: skip
    add_file(parser, "--output", "the h5ad file to write", required=True, metavar="OUT")
    add_cells(parser)
    parser.add_argument("--mode", help="of a flow: edit (its default) or decode")
    add_device(parser)


def run(options: argparse.Namespace) -> int:
    """Edit, write, and say which genes change most."""
    from sccbgm.api import ScCBGM

    check_writable(options.output)
    model = ScCBGM.load(options.model, device=options.device)
    edits = {name: _value(model, name, text) for name, text in options.edits}
    answer = model.intervene(edits, read(options.file, options.cells), options.mode)
    write(answer, options.output)
    print(f"{options.output}: {answer.n_obs:,} cells, {answer.n_vars:,} genes")
    for line in _summary(answer):
        print(line)
    return 0


def _value(model: ScCBGM, name: str, text: str) -> float | str:
    """A number, or text where a label is asked for; what is neither is refused with the edits."""
    try:
        labelled = name in {concept.column for concept in model.model.concepts.items}
        return text if labelled else float(text)
    except ValueError:
        return text


def _summary(answer: AnnData) -> list[str]:
    lines = []
    if "effect" in answer.var:
        effects = answer.var["effect"]
        largest = effects.loc[effects.abs().nlargest(N_GENES).index]
        said = ", ".join(f"{gene} {value:+.3g}" for gene, value in largest.items())
        lines.append(f"largest mean effects: {said}")
    if "agreement" in answer.obs:
        median = answer.obs["agreement"].median()
        lines.append(f"agreement of the seeds: {median:.2f} (median cell; 1 is full)")
    return lines
