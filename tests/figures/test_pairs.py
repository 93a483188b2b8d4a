"""Two methods on every task: means by hand, and what is drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_rel

from sccbgm.figures import pair_figure, pair_values, save
from sccbgm.tables.names import Names
from sccbgm.tables.paired import said_of_pairs, t_test

A, B = ("sccbgm_fm", "edit", "default"), ("cvae_fm", "edit", "default")
SIDES = {A: "scCBGM-FM (edit)", B: "CVAE-FM (edit)"}


def rows() -> pd.DataFrame:
    """Twenty tasks of two types by both sides and two seeds; one that a side did not answer."""
    rng = np.random.default_rng(0)
    lines = [
        (f"t{i}", f"type {i % 2}", *side, seed, metric, shift + 0.1 * rng.random())
        for i in range(20) for metric in ("rmmd", "rfid") for seed in (1, 2)
        for side, shift in ((A, 0.3 + 0.02 * i), (B, 0.5 + 0.02 * i))
    ]  # fmt: skip
    names = ["task", "group", "method", "mode", "variant", "seed", "metric", "value"]
    table = pd.DataFrame(lines, columns=names)
    table.loc[(table["task"] == "t0") & (table["method"] == "cvae_fm"), "value"] = np.nan
    return table.assign(dataset="d", target="x", preset="recommended", reduced="")


def test_means_are_over_the_tasks_that_both_answered() -> None:
    values = pair_values(rows(), ["rmmd"], SIDES).set_index(["group", "label"])
    assert values["n"].unique().tolist() == [9, 10, 19]
    here = rows()[lambda t: (t["metric"] == "rmmd") & (t["method"] == "sccbgm_fm")]
    expected = here[here["task"] != "t0"].groupby("task")["value"].mean()
    assert values.loc[("all pairs", SIDES[A]), "mean"] == pytest.approx(expected.mean())
    with pytest.raises(ValueError, match="no task has a value of rsd"):
        pair_values(rows(), ["rsd"], SIDES)


def test_the_t_test_is_scipys_on_means_over_seeds() -> None:
    table = rows()[lambda t: t["metric"] == "rmmd"].dropna(subset="value")
    means = table.groupby(["task", "method"])["value"].mean().unstack().dropna()
    theirs = ttest_rel(means["sccbgm_fm"], means["cvae_fm"])
    ours = t_test(rows(), "rmmd", (*A, "recommended"), (*B, "recommended"))
    assert (ours.n_questions, ours.p) == (19, pytest.approx(theirs.pvalue))
    assert ours.difference == pytest.approx(-0.2, abs=0.05)
    said = said_of_pairs(rows(), ["rmmd", "rfid", "rsd"], A, B)
    assert len(said) == 2 and "lower on 19 of 19 pairs, 1 more lack" in said[0]


def test_the_figure_has_both_panels_and_the_tests(tmp_path) -> None:
    values = pair_values(rows(), ["rmmd", "rfid"], SIDES)
    figure = pair_figure(values, SIDES, Names(), "Title", ["A test."], ["Few cells."])
    left, right = figure.axes
    assert [t.get_text() for t in left.get_yticklabels()] == ["type 0 (9)", "type 1 (10)"]
    assert [t.get_text() for t in right.get_yticklabels()] == ["rMMD (19)", "rFID (19)"]
    assert figure.get_suptitle() == "REDUCED RUN: Title"
    assert any("A test." in text.get_text() for text in figure.texts)
    assert all(path.stat().st_size > 1000 for path in save(figure, tmp_path / "figure13"))
