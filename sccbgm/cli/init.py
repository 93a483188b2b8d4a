"""Write a dataset file and a run file for an AnnData, with what was guessed and why.

Nothing is overwritten without --force. Both files are meant to be read and changed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import shtab

EXAMPLE = "sccbgm init cells.h5ad --condition treatment --control DMSO"
CODES = {2: "a fault in the file or the command, or there is nothing that could be held out"}


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    file = parser.add_argument("file", type=Path, metavar="FILE.h5ad", help="the cells")
    file.complete = shtab.FILE  # type: ignore[attr-defined]
    parser.add_argument("--id", help="name of the dataset and of its run (that of the file)")
    parser.add_argument(
        "--condition", metavar="COLUMN", help="of treatments, perturbations or doses"
    )
    parser.add_argument("--control", metavar="LABEL", help="condition of the cells to edit")
    parser.add_argument("--type", metavar="COLUMN", help="of cell types or cell lines")
    parser.add_argument("--donor", metavar="COLUMN", help="of donors, patients or replicates")
    parser.add_argument("--dose", metavar="COLUMN", help="of doses beside the condition")
    parser.add_argument(
        "--hold-out", choices=["type", "donor", "condition"],
        help="what a condition is held out of: each cell type, each donor, or all cells",
    )  # fmt: skip
    parser.add_argument(
        "--folder", type=Path, default=Path(), help="where the files are written (here)"
    )
    parser.add_argument("--force", action="store_true", help="overwrite files that are there")


def _id_of(path: Path) -> str:
    """The file's name as an id, other than those of the datasets that are shipped."""
    from sccbgm.config.places import REPOSITORY, named
    from sccbgm.data.derive import slug

    id = slug(path.stem)
    return f"my_{id}" if id in named([REPOSITORY / "config"], "datasets") else id


def run(options: argparse.Namespace) -> int:
    """Look, write, and say what was found."""
    import os

    from sccbgm.cli.init_text import dataset_text, run_text, spoken
    from sccbgm.config.dataset import load_dataset_config
    from sccbgm.config.errors import ConfigError
    from sccbgm.config.places import check_h5ad
    from sccbgm.data.glance import glance
    from sccbgm.data.guess import guess
    from sccbgm.data.proposal import propose
    from sccbgm.io.files import written_whole

    path, folder = options.file, options.folder
    if not path.exists():
        raise ConfigError(f"{path}: no such file")
    check_h5ad(path)
    id = options.id or _id_of(path)
    files = folder / "config" / "datasets" / f"{id}.yaml", folder / f"{id}.yaml"
    there = [str(file) for file in files if file.exists()]
    if there and not options.force:
        raise ConfigError(
            f"{' and '.join(there)}: there already; give the dataset another name with --id, or "
            "overwrite with --force"
        )
    seen = glance(path)
    given = {
        "condition": options.condition,
        "kind": options.type,
        "donor": options.donor,
        "dose": options.dose,
        "control": options.control,
    }
    found = guess(seen.cells.obs, given)
    here = folder.resolve() == Path.cwd()
    place = str(path) if here and not path.is_absolute() else os.path.abspath(path)  # noqa: PTH100
    try:
        made = propose(seen, found, id, place, options.hold_out)
    except ConfigError as error:
        raise ConfigError("\n".join([*found.notes, str(error)])) from None
    notes = [*found.notes, *made.notes]
    files[0].parent.mkdir(parents=True, exist_ok=True)
    for file, text in zip(files, (dataset_text(made, notes), run_text(made)), strict=True):
        with written_whole(file) as beside:
            beside.write_text(text, encoding="utf-8")
    load_dataset_config(files[0])
    print(spoken(seen, made, notes, files))
    return 0
