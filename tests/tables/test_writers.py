from __future__ import annotations

import json
import math
import re

import h5py
import pandas as pd
import pytest

from sccbgm.io.seals import seal
from sccbgm.tables import SUFFIXES, build
from sccbgm.tables.fits import fit_table, read_fits, write_fits
from sccbgm.tables.grid import number
from sccbgm.tables.latex import escape, latex
from sccbgm.tables.markdown import markdown

GOLDEN = """\
## REDUCED RUN: rMMD of every task of my_data

rMMD by held-out task. Lower is better. This run: mean ± standard deviation (ddof 1) over all runs \
of the cell, number of runs in parentheses. Cells: edited / target cells of a task, fewest to \
most. Presets: recommended. Mean: plain mean of the other columns, its spread the standard error \
over seeds of the per-seed mean. Not comparable with published values: 50 cells.

| Method | Source | a | b\\_1 | Mean |
|:---|:---|---:|---:|---:|
| Cells | edited / target | 50 / 40 | 50 / 12 | 50 / 12–40 |
| scCBGM | recommended | **0.200 ± 0.141 (2)** | 0.500 (1)<sup>a,b</sup> | 0.350 (3)<sup>c,b</sup> |
| mine | recommended | 2.000 (1) | –<sup>d</sup> | –<sup>e</sup> |
| *No edit* | recommended | 1.000 ± 0.000 (2) | 0.00012 (1)<sup>b</sup> | 0.500 (3)<sup>b</sup> |

- <sup>a</sup> 1 of 2 runs missing: loss is not finite (1).
- <sup>b</sup> Few cells: b_1: 50 edited, 12 target cells.
- <sup>c</sup> 1 of 4 runs missing: loss is not finite (1).
- <sup>d</sup> Missing: no such run in this configuration.
- <sup>e</sup> Missing: 1 of 2 columns are empty.
"""


def unpadded(text: str) -> str:
    """Markdown without the padding that makes columns as wide as their widest cell."""
    return re.sub(r"-{3,}", "---", re.sub(r" {2,}", " ", text))


@pytest.fixture
def table(rows, paper):
    known = {"dataset": "my_data", "reduced": "50 cells."}
    runs = [
        rows({("a", 1): 0.1, ("a", 2): 0.3, ("b_1", 1): 0.5}, **known),
        rows({("b_1", 2): math.nan}, reason="loss is not finite", **known),
        rows({("a", 1): 2.0}, method="mine", **known),
        rows({("a", 1): 1.0, ("a", 2): 1.0, ("b_1", 1): 0.00012}, method="no_edit", **known),
    ]
    metrics = pd.concat(runs)
    metrics.loc[metrics["task"] == "b_1", "n_target"] = 12
    return build("tasks_rmmd__my_data", metrics, paper)


def test_markdown_is_golden(table):
    assert unpadded(markdown(table)) == GOLDEN


def test_every_file_is_written_and_says_that_the_run_is_reduced(table, tmp_path):
    paths = table.write(tmp_path / "new" / "tasks")
    assert [path.name for path in paths] == [f"tasks{suffix}" for suffix in SUFFIXES]
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(
        path.name for path in paths
    )
    for path in paths:
        assert "50 cells." in path.read_text(encoding="utf-8")


def test_csv_files_keep_full_precision_and_reasons(table, tmp_path):
    table.write(tmp_path / "tasks")
    long = pd.read_csv(tmp_path / "tasks.csv")
    here = long[(long["label"] == "scCBGM") & (long["column"] == "b_1")].iloc[0]
    assert (here["n"], here["n_missing"], here["reasons"]) == (1, 1, "loss is not finite (1)")
    cell = long[(long["label"] == "scCBGM") & (long["column"] == "a")].iloc[0]
    assert cell["sd_runs"] == pytest.approx(math.sqrt(0.02), rel=1e-12)
    wide = pd.read_csv(tmp_path / "tasks.wide.csv")
    assert wide["label"].tolist() == ["scCBGM", "mine", "No edit"]
    assert wide.loc[0, "a mean"] == pytest.approx(0.2)


def test_latex_escapes_what_latex_would_read():
    assert escape(r"50% of A_1 & {B}^2 ~ #3 $") == (
        r"50\% of A\_1 \& \{B\}\textasciicircum{}2 \textasciitilde{} \#3 \$"
    )
    assert escape("\\") == r"\textbackslash{}"
    assert escape("0.1 ± 0.2 ×3 –") == r"0.1 $\pm$ 0.2 $\times$3 --"


def test_latex_table_is_balanced(table):
    text = latex(table)
    body = text[text.index(r"\toprule") : text.index(r"\bottomrule")]
    lines = [line for line in body.splitlines() if line.endswith(r"\\")]
    assert {line.count("&") for line in lines} == {4}
    for name in ("table*", "threeparttable", "adjustbox", "tabular", "tablenotes"):
        assert text.count(rf"\begin{{{name}}}") == text.count(rf"\end{{{name}}}") == 1
    assert r"\tnote{a,b}" in text
    assert r"\item[a] 1 of 2 runs missing" in text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.1234, "0.123"), (0.00012, "0.00012"), (0.0, "0.000"), (11.9, "11.900"), (math.nan, "–")],
)
def test_small_values_keep_two_digits(value, text):
    assert number(value, 3) == text


def write_fit(path, **fit):
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        file["uns/fit"] = json.dumps(fit)
    seal(path)


def test_cost_of_fitting(tmp_path):
    cost = {"n_members": 4, "device": "cpu"}
    at = tmp_path / "predictions" / "kang" / "recommended"
    write_fit(at / "vanilla_fm" / "seed1.h5ad", seconds=30, peak_memory_mb=900, **cost)
    write_fit(at / "sccbgm" / "seed1.h5ad", seconds=10, peak_memory_mb=500, **cost)
    write_fit(
        at / "sccbgm" / "seed2.h5ad", seconds=30, peak_memory_mb=700, asked_memory_mb=1200, **cost
    )
    fits = read_fits(sorted(at.rglob("*.h5ad")))
    table = fit_table(fits)
    assert table["method"].tolist() == ["sccbgm", "vanilla_fm"]
    first = table.iloc[0]
    assert (first["jobs"], first["models"], first["seconds"]) == (2, 8, 40)
    assert (first["seconds a model"], first["peak memory (MB)"]) == (5.0, 700)
    assert first["asked memory (MB)"] == 1200
    csv, md = write_fits(fits, tmp_path / "fits")
    assert pd.read_csv(csv)["seconds"].tolist() == [40, 30]
    text = " ".join(md.read_text(encoding="utf-8").split())
    assert "| kang | sccbgm | recommended | cpu | 2 | 8 | 40 | 700 | 1200 | – | 5 |" in text


def test_a_fit_without_its_cost_is_an_error(tmp_path):
    path = tmp_path / "kang" / "recommended" / "sccbgm" / "seed1.h5ad"
    write_fit(path, seconds=1)
    with pytest.raises(ValueError, match="lacks peak_memory_mb, n_members, device"):
        read_fits([path])
