from __future__ import annotations

import csv
import subprocess
import sys

import pytest

from sccbgm.tables import CATALOGUE, available, find
from sccbgm.tables.published import PublishedTable


def test_the_catalogue_needs_the_standard_library_alone():
    code = (
        "import sys; import sccbgm.tables as t; t.available('kang', ['rmmd']); "
        "sys.exit(any(m in sys.modules for m in ('pandas', 'numpy', 'matplotlib', 'torch')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("table_id", CATALOGUE)
def test_every_published_value_of_a_table_is_found(table_id, paper):
    spec = CATALOGUE[table_id]
    published = PublishedTable(paper / spec.published)
    found = [published.get(row, column) for row in spec.rows for column in spec.columns]
    with (paper / spec.published).open(encoding="utf-8") as file:
        printed = [
            line for line in csv.DictReader(file) if line["method"] and "mean" not in line["group"]
        ]
    assert sum(cell is not None for cell in found) == len(printed)


def test_published_numbers_are_those_of_the_file(paper):
    spec = find("table01")
    cell = PublishedTable(paper / spec.published).get(spec.rows[0], spec.columns[0])
    assert (cell.mean, cell.spread, cell.kind) == (0.112, 0.028, "unstated")


def test_an_empty_published_cell_is_nan(paper):
    spec = find("table21")
    row = next(row for row in spec.rows if row.method == "biolord")
    column = next(c for c in spec.columns if c.id == "hepatocytes_centrilobular")
    cell = PublishedTable(paper / spec.published).get(row, column)
    assert cell.mean != cell.mean


def test_ids_of_other_datasets_and_of_all_tasks():
    assert find("table01__kang_reduced").datasets == ("kang_reduced",)
    assert find("table11__demo").columns[0].dataset == "demo"
    assert find("tasks_rmmd__demo").metric == "rmmd"


@pytest.mark.parametrize("table_id", ["table99", "tasks_rmmd", "table01_kang"])
def test_an_unknown_id_is_an_error(table_id):
    with pytest.raises(ValueError, match=f"unknown table '{table_id}'"):
        find(table_id)


def test_available_tables():
    assert available("kang", ["rmmd", "rsd"]) == [
        "table01",
        "table18",
        "tasks_rmmd__kang",
        "tasks_rsd__kang",
    ]
    assert available("kang_reduced", ["rmmd"])[0] == "table01__kang_reduced"
    assert available("mine", ["rmmd"]) == ["tasks_rmmd__mine"]
    assert "table11" in available("synthetic_2", ["mse"])
