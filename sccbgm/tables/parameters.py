"""The paper's Table 3: what the synthetic datasets of a run were generated with."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

TABLE_ID = "table03"
COLUMNS: dict[str, str] = {
    "n_cells": "cells",
    "n_genes": "genes",
    "n_types": "cell types",
    "n_tissues": "tissues",
    "n_batches": "batches",
    "n_concepts": "concepts",
    "std_noise": "SD of the noise",
    "std_concept": "SD of the concept effects",
    "seed": "seed",
}
"""Argument of the generator -> heading."""


def parameters(
    generated: Mapping[str, Mapping[str, Any]], published: Path, reduced: Mapping[str, str]
) -> pd.DataFrame:
    """A line a generated dataset: its id, the columns above, the published values, `reduced`.

    generated: dataset id -> arguments of the generator. published: the csv of the paper's table;
    `synthetic_1_genes` is its `synthetic_1`. reduced: dataset id -> why it is smaller than the
    paper's, "" if it is not.
    """
    import pandas as pd

    printed: dict[str, dict[str, float]] = {}
    with published.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            printed.setdefault(line["group"], {})[line["metric"]] = float(line["mean"])
    lines = []
    for id, arguments in generated.items():
        own = {heading: arguments[name] for name, heading in COLUMNS.items()}
        of_paper = next((p for group, p in printed.items() if f"{id}_".startswith(f"{group}_")), {})
        paper = {f"{COLUMNS[name]} (paper)": value for name, value in of_paper.items()}
        lines.append({"dataset": id} | own | paper | {"reduced": reduced[id]})
    return pd.DataFrame(lines)


def write_parameters(table: pd.DataFrame, stem: Path) -> list[Path]:
    """Write the table as `stem`.csv and `stem`.md, whole or not at all."""
    from sccbgm.tables.table import REDUCED_MARK, write_text

    mark = f"{REDUCED_MARK}: " if table["reduced"].any() else ""
    body = table.astype(object).where(table.notna(), "–").to_markdown(index=False)
    return [
        write_text(Path(f"{stem}.csv"), table.to_csv(index=False)),
        write_text(
            Path(f"{stem}.md"), f"## {mark}Parameters of the synthetic datasets\n\n{body}\n"
        ),
    ]
