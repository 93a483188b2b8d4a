"""The paper's Table 3: what the synthetic datasets of a run were generated with."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sccbgm.config.dataset import DatasetConfig
from sccbgm.config.sources import SyntheticSource

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


def parameters(datasets: Mapping[str, DatasetConfig], published: Path) -> pd.DataFrame:
    """A line a generated dataset: its id, the columns above, the published values, `reduced`.

    published: the csv of the paper's table. `synthetic_1_genes` is the paper's `synthetic_1`.
    """
    import pandas as pd

    printed: dict[str, dict[str, float]] = {}
    with published.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            printed.setdefault(line["group"], {})[line["metric"]] = float(line["mean"])
    lines = []
    for id, dataset in datasets.items():
        if not isinstance(dataset.source, SyntheticSource):
            continue
        own = {heading: getattr(dataset.source, name) for name, heading in COLUMNS.items()}
        of_paper = next((p for group, p in printed.items() if f"{id}_".startswith(f"{group}_")), {})
        paper = {f"{COLUMNS[name]} (paper)": value for name, value in of_paper.items()}
        lines.append({"dataset": id} | own | paper | {"reduced": dataset.reduced})
    return pd.DataFrame(lines)


def write_parameters(table: pd.DataFrame, stem: Path) -> list[Path]:
    """Write the table as `stem`.csv and `stem`.md, whole or not at all."""
    from sccbgm.tables.table import REDUCED_MARK, replace_text

    stem.parent.mkdir(parents=True, exist_ok=True)
    mark = f"{REDUCED_MARK}: " if table["reduced"].any() else ""
    rows = [
        list(table.columns),
        ["---"] * table.shape[1],
        *table.fillna("–").astype(str).to_numpy(),
    ]
    body = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    return [
        replace_text(Path(f"{stem}.csv"), table.to_csv(index=False)),
        replace_text(
            Path(f"{stem}.md"), f"## {mark}Parameters of the synthetic datasets\n\n{body}"
        ),
    ]
