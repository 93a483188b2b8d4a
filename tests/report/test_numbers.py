"""The numbers of the analyses under the names of the published lines, and their verdicts."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from sccbgm.report.numbers import of_analyses
from sccbgm.report.paper import verdicts

COMMON = {"reason": "", "reduced": "", "n_cells": 40}


def frame(*lines: dict) -> pd.DataFrame:
    return pd.DataFrame([COMMON | line for line in lines])


def verdict(paper: Path, table: str, analysis: str, rows: pd.DataFrame, dataset: str = "kang"):
    found = verdicts([], paper, {(analysis, dataset): rows})
    here = found[found["table"] == table]
    assert len(here)
    return here[here["verdict"] != "not run: this run has no such row"].set_index("group")[
        "verdict"
    ]


def test_counts_agree_where_they_are_equal(paper: Path) -> None:
    rows = frame(
        {"group": "B cells_0", "condition": "ctrl", "value": 1105.0},
        {"group": "CD14+ Monocytes_1", "condition": "stim", "value": 498.0},
    )
    assert verdict(paper, "table05", "counts", rows).to_dict() == {
        "B cells 0, ctrl": "agrees", "CD14+ Monocytes 1, stim": "differs (higher)",
    }  # fmt: skip
    other = verdict(paper, "table05", "counts", rows, "kang_reduced")
    assert set(other) == {"not comparable: another dataset, kang_reduced"}
    fewer = verdict(paper, "table05", "counts", rows.assign(reduced="Few cells."))
    assert set(fewer) == {"not comparable: Few cells."}


def test_a_pair_stands_for_both_halves_and_a_failed_fold_has_its_reason(paper: Path) -> None:
    pair = {"group": "B cells", "group2": "NK cells"}
    rows = frame(*(pair | {"fold": f, "value": v} for f, v in enumerate([0.3, 0.4, 0.36, 0.38])))
    found = verdict(paper, "table10", "misclassification", rows)
    assert found.to_dict() == {"B cells, NK cells": "agrees", "NK cells, B cells": "agrees"}
    failed = frame(pair | {"fold": 0, "value": float("nan"), "reason": "3 cells of one type"})
    found = verdict(paper, "table10", "misclassification", failed)
    assert set(found) == {"not run: 3 cells of one type"}


def test_scores_and_aurocs(paper: Path) -> None:
    score = {"metric": "mean_classifier_score", "group": "B cells", "fold": float("nan")}
    auroc = {"metric": "auroc", "group": "stim_in_known"}
    rows = frame(
        *(score | {"classifier": "stim", "stage": "after", "value": v} for v in (0.999, 1.0)),
        *(auroc | {"fold": f, "value": 0.9} for f in range(1, 6)),
    )
    numbers = dict(of_analyses({("leakage", "kang"): rows}))
    assert numbers["table13", "b_cells", "stim", "after"].mean == pytest.approx(0.9995)
    assert numbers["table14", "stim_in_known", "3"].n == 1
    assert numbers["table14", "stim_in_known", "mean"].n == 5
    found = verdicts([], paper, {("leakage", "kang"): rows})
    text = found[(found["table"] == "text_numbers") & (found["published"] == "0.5580")]
    assert text["verdict"].tolist() == ["differs (higher)"], "as its line in Table 14"


def test_settings_are_equal_or_not(paper: Path) -> None:
    known = {"method": "sccbgm", "preset": "recommended", "variant": "default"}
    names = {"lr": "0.0005", "epochs": "200", "seeds": "69;42;13;1337", "beta": ""}
    rows = frame(*(known | {"metric": n, "value": v} for n, v in names.items()))
    found = verdicts([], paper, {("hyperparameters", "kang"): rows})
    here = found[(found["table"] == "table06") & (found["this run"] != "") & found["preset"].ne("")]
    said = here.set_index("metric")["verdict"].to_dict()
    assert said == {"lr": "differs", "epochs": "agrees", "seeds": "agrees", "beta": "differs"}
    ablation = found[(found["table"] == "table06") & (found["method"] == "scCBM (abl.)")]
    assert ablation["verdict"].str.contains("settings of an ablation").all()


def test_tasks_and_their_total(paper: Path) -> None:
    rows = {
        ("tasks", d): frame({"group": g, "value": float(n)})
        for d, g, n in (("kang", "cd4_t_cells", 3), ("cui", "cdc2", 1), ("nault", "t_cells", 2))
    }
    found = verdicts([], paper, rows)
    tasks = found[found["table"] == "table09"].set_index(["dataset", "group"])["verdict"]
    assert tasks["kang", "CD4 T cells"] == tasks["nault", "T cells"] == "agrees"
    assert tasks["all", "Total"] == "differs (lower)"
    del rows["tasks", "cui"]
    found = verdicts([], paper, rows)
    total = found[(found["table"] == "table09") & (found["dataset"] == "all")]
    assert total["verdict"].tolist() == ["not run: no tasks of cui in this run"]


def test_facts_are_the_nearest_of_several(paper: Path) -> None:
    facts = {"sweep.lr": ((5e-4, 1e-3), ""), "synthetic_1.std_noise": (0.01, "Smaller.")}
    found = verdicts([], paper, facts=facts)
    lr = found[found["metric"] == "sweep_value_lr"].set_index("published")["verdict"]
    assert lr.to_dict() == {"5e-4": "agrees", "1e-5": "differs (higher)"}
    noise = found[(found["table"] == "table03") & (found["group"] == "Synthetic 1")]
    assert noise["verdict"].iloc[0] == "not comparable: Smaller."
