"""Numbers of the text that rows answer: those of the paper follow from its own tables."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from tidy_rows import KNOWN

from sccbgm.report import text
from sccbgm.report.numbers import Number, of_table
from sccbgm.report.published import TEXT, published, text_sources
from sccbgm.report.verdict import judge_bound
from sccbgm.tables import build
from sccbgm.tables.aggregate import REQUIRED
from sccbgm.tables.table import Table


def printed_as_ours(id: str, paper: Path) -> pd.DataFrame:
    """Rows of one task and seed a group, whose values are the published ones."""
    lines = []
    with (paper / f"{id}.csv").open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            if not line["mean"]:
                continue
            mode = line["variant"] or ("decode" if line["method"] == "biolord_fm" else "edit")
            known = {"dataset": line["dataset"], "group": line["group"], "metric": line["metric"]}
            known |= {"method": line["method"], "mode": mode, "preset": "reference"}
            known |= {"task": line["group"], "seed": 1, "value": float(line["mean"])}
            lines.append(KNOWN | known)
    return pd.DataFrame(lines)


@cache
def filled(id: str, paper: Path) -> Table:
    return build(id, printed_as_ours(id, paper), paper)


def run_of(paper: Path, *ids: str) -> text.Run:
    tables = [filled(id, paper) for id in ids]
    found = dict(number for table in tables for number in of_table(table))
    return text.Run(tables, {}, pd.DataFrame(), found)


@pytest.mark.parametrize(
    ("name", "ids", "wins"),
    [
        ("wins.table01", ("table01",), 5),
        pytest.param("wins.table17.table18", ("table17", "table18"), 5, marks=pytest.mark.slow),
        pytest.param("wins.table19.table20", ("table19", "table20"), 4, marks=pytest.mark.slow),
        ("improves", ("table01", "table02"), 10),
    ],
)
def test_the_wins_that_the_paper_states_follow_from_its_tables(
    paper: Path, name: str, ids: tuple[str, ...], wins: int
) -> None:
    found = text.number(name, run_of(paper, *ids))
    assert found.mean == wins
    assert bool(found.obstacle) == (name == "improves"), "the criterion of a match is not stated"
    assert ids[0] in text.number(name, run_of(paper)).reason


def test_the_increase_with_the_number_of_concepts(paper: Path) -> None:
    rows = printed_as_ours("table12", paper)
    datasets = dict(zip(rows["group"], ("synthetic_1_genes", "concept_size_20", "concept_size_100",
                                        "concept_size_250"), strict=True))  # fmt: skip
    table = build("table12", rows.assign(dataset=rows["group"].map(datasets)), paper)
    run = text.Run([table], {}, pd.DataFrame(), dict(of_table(table)))
    found = text.number("table12.increase", run)
    assert found.mean == pytest.approx(1.17, abs=0.005), "the README of the published numbers"
    assert found.at_most
    assert judge_bound(found.mean, 2).text == "agrees"
    assert judge_bound(2.1, 2).text == "differs (higher)"


def test_every_number_of_the_text_has_one_source(paper: Path) -> None:
    keys = [number.key for number in published(paper) if number.table == TEXT]
    sources = text_sources(paper)
    assert len(keys) == len(set(keys)) == 128
    assert list(sources) == keys, "in the order of text_numbers.csv"
    empty = text.Run([], {}, pd.DataFrame(columns=list(REQUIRED)), {})
    for kind, name in sources.values():
        assert kind in ("fact", "rows", "none") and name
        if kind == "rows":
            found = text.number(name, empty)
            assert found.reason or name.startswith("columns."), name


def test_kangs_types_are_counted_before_one_is_left_out() -> None:
    rows = pd.DataFrame(
        {"group": ["B cells", "Megakaryocytes"], "value": [5.0, 2.0], "reduced": ""}
    )
    run = text.Run([], {("tsne", "kang"): rows}, pd.DataFrame(), {})
    names = ("cells", "types", "megakaryocytes")
    assert [text.number(f"all_types.{name}", run).mean for name in names] == [7, 2, 2]
    reduced = text.Run([], {("tsne", "kang"): rows.assign(reduced="Few.")}, pd.DataFrame(), {})
    assert text.number("all_types.cells", reduced) == Number(7.0, obstacle="Few.")


def test_the_case_study_gives_its_targets_and_markers() -> None:
    lines = [
        {"metric": "pathway_target", "group": "TGFb", "value": 0.6, "n_cells": 9},
        {"metric": "marker_overlap", "value": 50.0, "n_markers": 200},
    ]
    rows = pd.DataFrame(lines).assign(reduced="")
    run = text.Run([], {("stellate", "nault_pathways"): rows}, pd.DataFrame(), {})
    assert text.number("pathway.tgf_beta", run).mean == 0.6
    assert text.number("markers.overlap", run).mean == 50
    assert text.number("markers.free_pct", run).mean == 75
    assert "not in this run" in text.number("pathway.pi3k", run).reason
