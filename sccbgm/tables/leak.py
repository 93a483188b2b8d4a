"""The same questions on cells that were prepared with and without those held out."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from sccbgm.protocol.variants import DEFAULT
from sccbgm.tables.comparisons import RUN, NothingToCompare
from sccbgm.tables.names import Names
from sccbgm.tables.paired import compare, holm, ranks
from sccbgm.tables.paired_table import competitors, effects, shown_by_test

PREPARATIONS = {"all": "all cells", "train": "without held-out"}
"""`preprocess.selection_on` of a dataset -> what it is called."""


def leak(
    rows: pd.DataFrame, metric: str, selection: Mapping[str, str], names: Names
) -> pd.DataFrame:
    """A line a method: its means, and its questions without held-out cells against those with all.

    rows: tidy rows of a metric. selection: dataset -> the cells that its genes and library size
    come from ("all", "train"). Columns: label, all and train (means over the method's questions),
    rank_all and rank_train, and those of `paired.Comparison` with p_holm; better says whether the
    method does better without held-out cells ("a") or with them ("b"). Of default variants and
    the recommended preset. Raises NothingToCompare where no question was asked of both.
    """
    rows = rows[(rows["variant"] == DEFAULT) & (rows["preset"] == "recommended")]
    rows = competitors(rows[rows["value"].notna()], names)
    # A preparation stands in the place of a preset, and a question is one of all datasets.
    rows = rows.assign(preset=rows["dataset"].map(selection).astype(str), dataset="")
    question = ["task", "target", *RUN, "seed"]
    if (twice := rows.duplicated(question)).any():
        tasks = ", ".join(sorted({*map(str, rows.loc[twice, "task"])}))
        raise NothingToCompare(f"several datasets that are prepared alike have the tasks {tasks}")
    by = ["label", "task", "target"]
    asked = rows.groupby(by, observed=True)["preset"].transform("nunique")
    rows = rows[asked == len(PREPARATIONS)]
    runs = rows.drop_duplicates("label").sort_values("label")
    run_of = dict(zip(map(str, runs["label"]), runs[RUN[:3]].itertuples(False, None), strict=True))
    found = {
        label: compare(rows, metric, (*run, "train"), (*run, "all"))
        for label, run in run_of.items()
    }
    lines = [{"label": label, **vars(result)} for label, result in found.items() if result]
    if not lines:
        raise NothingToCompare("no question was asked of both kinds of prepared cells")
    table = pd.DataFrame(lines)
    for preparation in PREPARATIONS:
        part = rows[rows["preset"] == preparation]
        means = part.groupby(by, observed=True)["value"].mean()
        table[preparation] = table["label"].map(means.groupby("label", observed=True).mean())
        of_all = ranks(part, metric)
        places = {} if of_all is None else of_all.mean.to_dict()
        table[f"rank_{preparation}"] = [
            places.get((*run_of[label], preparation), math.nan) for label in table["label"]
        ]
    return table.assign(p_holm=holm(table["p"].tolist()))


def leak_lines(table: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """`leak` as people read it, and what its effects are."""
    effect, kind = effects(table)
    means = {f"Mean, {words}": table[name] for name, words in PREPARATIONS.items()}
    places = {f"Mean rank, {words}": table[f"rank_{name}"] for name, words in PREPARATIONS.items()}
    shown = {
        "Method": table["label"],
        **means,
        **effect,
        "Better without": table["wins"].astype(str) + " / " + table["n_questions"].astype(str),
        "Without is": shown_by_test(table),
        "p": table["p"],
        "p (Holm)": table["p_holm"],
        **places,
    }
    return pd.DataFrame(shown), f"Effect: {kind}, without held-out cells to with them."
