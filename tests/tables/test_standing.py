"""The report's first table: floor, ceiling, score, and what the tests show, by hand."""

import numpy as np
import pandas as pd
import pytest
from tidy_rows import make_rows

from sccbgm.tables.names import Names
from sccbgm.tables.standing import headlines, sentences, standing


def made(n=12, metric="rmmd", dataset="kang", **levels):
    """Method -> its level; every question is as hard for all."""
    rng = np.random.default_rng(0)
    hard = rng.uniform(0.9, 1.1, n)
    parts = []
    for method, level in levels.items():
        near = rng.uniform(0.99, 1.01, (n, 2)) * level * hard[:, None]
        cells = {(f"t{i}", s): near[i, s] for i in range(n) for s in (0, 1)}
        parts.append(make_rows(cells, method=method, metric=metric, dataset=dataset))
    return pd.concat(parts, ignore_index=True)


def truth(n=12, metric="rmmd", value=0.1):
    at = {"dataset": "kang", "target": "stim", "metric": metric}
    return pd.DataFrame([at | {"task": f"t{i}", "value": value} for i in range(n)])


ROWS = made(
    sccbgm=0.4, vanilla_fm=0.2, cvae=0.8, scgen=1.5, mean_shift=0.4, no_edit=1.0, target=0.1
)


def test_scores_lie_between_floor_and_ceiling_and_targets_do_not_compete():
    table = standing(ROWS, truth(), Names()).set_index("method")
    assert "target" not in table.index
    assert table.loc["no_edit", "score"] == pytest.approx(0, abs=0.02)
    assert table.loc["sccbgm", "score"] == pytest.approx(2 / 3, abs=0.03)
    assert table.loc["scgen", "score"] < -0.4
    assert (table["low"] <= table["score"]).all() and (table["score"] <= table["high"]).all()
    assert table["ceiling"].to_numpy() == pytest.approx(0.1)
    assert (table["questions"] == 12).all()
    values = ROWS.loc[list(map(int, table.loc["cvae", "rows"].split()))]
    assert set(values["method"]) == {"cvae"} and len(values) == 24


def test_only_what_the_test_shows_is_called_better():
    table = standing(ROWS, truth(), Names())
    than = table.set_index("method")["than"].to_dict()
    assert than == {"sccbgm": "", "vanilla_fm": "better", "cvae": "worse", "scgen": "worse",
                    "mean_shift": "not shown", "no_edit": "worse"}  # fmt: skip
    assert list(sentences(table)) == [
        "kang, rMMD, 12 questions, than scCBGM: better: Vanilla-FM (edit); worse: scGen, CVAE, "
        "No edit; no difference shown for 1 of 5.",
        "kang, rMMD, 12 questions, than no edit: better: scCBGM, Vanilla-FM (edit), CVAE, Mean "
        "shift; worse: scGen; no difference shown for 0 of 5.",
    ]


def test_a_worse_score_is_no_sentence_without_a_test():
    few = standing(made(n=3, sccbgm=0.1, scgen=1.5, no_edit=1.0), truth(3), Names())
    assert few.set_index("method").loc["scgen", "high"] < 0, "not even half way is in its interval"
    assert not any("worse" in said for said in sentences(few))
    one = standing(made(n=1, sccbgm=0.1, no_edit=1.0), truth(1), Names())
    assert one["score"].notna().all() and one[["low", "high"]].isna().all(axis=None)


def test_studies_of_one_dataset_have_their_own_sentences():
    other = standing(made(cvae=0.8, scgen=1.5, no_edit=1.0), truth(), Names())
    other = other[other["method"] != "no_edit"]
    said = list(sentences(pd.concat([standing(ROWS, truth(), Names()), other])))
    assert len(said) == 4 and " than scGen: better: CVAE;" in said[2]


def test_few_questions_show_nothing():
    table = standing(made(n=3, sccbgm=0.1, cvae=0.9, no_edit=1.0), pd.DataFrame(), Names())
    assert set(table["than"]) == {"", "not shown"}
    assert table["score"].isna().all() and table["ceiling"].isna().all()
    assert next(sentences(table)).endswith("no difference shown for 2 of 2.")


def test_a_dataset_is_summed_up_by_the_composite_or_its_first_metric():
    both = pd.concat([made(metric="rmmd", sccbgm=1, cvae=2), made(metric="composite", sccbgm=1)])
    assert headlines(both) == [("kang", "composite")]
    lacking = pd.concat([made(metric=metric, sccbgm=1, cvae=2) for metric in ("rmmd", "mse")])
    lacking = lacking.reset_index(drop=True)
    lacking.loc[lacking["metric"].eq("rmmd") & lacking["task"].eq("t0"), "value"] = np.nan
    assert headlines(lacking.sort_values("task", kind="stable")) == [("kang", "rmmd")]
    other = made(metric="mse", dataset="synthetic_1", sccbgm=1, cvae=2)
    assert headlines(other) == [("synthetic_1", "mse")]
    assert headlines(made(sccbgm=1)) == []
