"""Verdicts on the paper's claims, on runs in which they hold, fail or cannot be seen."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sccbgm.report.claims import CLAIMS, EVERY, Claim
from sccbgm.report.findings import claims_table, examine
from sccbgm.tables.paired import SCALES

A, B = ("a", "edit", "default"), ("b", "edit", "default")


def rows(a: float, b: float, dataset: str, n: int = 10) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    lines = [
        (dataset, f"t{i}", "x", side[0], *side[1:], "recommended", s, "rmmd",
         value * np.exp(rng.normal(0, 0.1)))
        for side, value in ((A, a), (B, b)) for i in range(n) for s in range(2)
    ]  # fmt: skip
    names = ["dataset", "task", "target", "method", "mode", "variant", "preset", "seed"]
    return pd.DataFrame(lines, columns=[*names, "metric", "value"])


def verdicts(table: pd.DataFrame, *datasets: str) -> list[str]:
    claims = [Claim(f"a before b on {d}", d, "rmmd", A, B, "Table 1") for d in datasets]
    return [finding.verdict for finding in examine(table, claims)]


def test_every_verdict():
    table = pd.concat([rows(0.5, 1, "one"), rows(1, 0.5, "two"), rows(0.5, 1, "three", n=3)])
    assert verdicts(table, "one", "two", "three", "four") == [
        "holds", "reversed", "not shown", "not run",
    ]  # fmt: skip


def test_versions_of_a_dataset_count_and_its_namesakes_do_not():
    assert verdicts(rows(0.5, 1, "kang_reduced"), "kang") == ["holds"]
    assert verdicts(rows(0.5, 1, "kangaroo"), "kang") == ["not run"]


def test_the_table_has_a_line_a_claim_also_where_nothing_ran():
    empty = rows(1, 1, "one").iloc[:0]
    table = claims_table(examine(empty))
    assert len(table) == len(CLAIMS)
    assert set(table["verdict"]) == {"not run"}


def test_claims_name_what_exists():
    from sccbgm.methods.registry import METHODS, get

    for claim in CLAIMS:
        assert claim.metric in SCALES and claim.source
        for method, mode, _ in (claim.a, claim.b):
            assert method in METHODS
            assert mode in get(method).modes
    assert len({claim.sentence for claim in CLAIMS}) == len(CLAIMS)


def test_about_as_good_is_decided_by_the_whole_interval():
    def verdict(a: float, margin: float, n: int = 10) -> str:
        claim = Claim("about as good", "one", "rmmd", A, B, "Table 1", margin)
        return examine(rows(a, 1, "one", n), [claim])[0].verdict

    assert verdict(1.0, 0.3) == "holds"
    assert verdict(0.2, 0.3) == "holds", "better is within any margin"
    assert verdict(2.0, 0.3) == "reversed"
    assert verdict(np.exp(0.3), 0.3) == "not shown"
    assert verdict(0.2, 0.3, n=1) == "not shown", "seeds of one question are not enough"


def test_the_first_study_with_both_sides_answers_and_controls_stand_beside():
    one = rows(0.5, 1, "d")
    lacking = one[one["method"] == "a"].assign(study="early")
    control = one[one["method"] == "b"].assign(method="no_edit", value=3.0)
    table = pd.concat([lacking, pd.concat([one, control]).assign(study="late")])
    [found] = examine(table, [Claim("a before b", "d", "rmmd", A, B, "Table 1")])
    assert (found.verdict, found.study) == ("holds", "late")
    assert found.means.split(", ")[-1] == "no edit 3"
    assert claims_table([found]).loc[0, "study"] == "late"


def test_every_point_of_a_grid_is_a_question_of_its_own():
    grid = [rows(0.5, 1, "d", n=2).assign(variant=f"lr{i}") for i in range(5)]
    noise = rows(2, 1, "d").assign(variant="missing_3")
    own = rows(2, 1, "d").assign(variant=lambda t: t["method"].map({"a": "a02", "b": "a07"}))
    sides = ("a", "edit", EVERY), ("b", "edit", EVERY)
    claim = Claim("over the sweep", "d", "rmmd", *sides, "Fig. 8")
    [found] = examine(pd.concat([*grid, noise, own, rows(2, 1, "d")]), [claim])
    assert found.verdict == "holds"
    assert found.comparison.n_questions == 10, "not noise, not default, not what one side ran"


def test_analyses_answer_claims():
    shared = {"method": "sccbgm", "metric": "mean_classifier_score"}
    lines = [
        shared | {"classifier": c, "stage": s, "group": f"type {g}", "seed": 1, "value": v}
        for c, values in (("stim", (0.1, 0.9)), ("cell_type", (0.9, 0.7)))
        for s, v in zip(("before", "after"), values, strict=True)
        for g in range(8)
    ]
    units = [
        {"method": "sccbgm", "metric": "auroc", "group": g, "fold": f, "seed": s, "value": v}
        for g, v in (("stim_in_known", 0.6), ("stim_in_unknown", 0.99))
        for f in range(5) for s in range(4)
    ]  # fmt: skip
    leakage = pd.DataFrame(lines + units)
    empty = rows(1, 1, "kang").iloc[:0]
    found = {f.claim.source: f for f in examine(empty, analyses={("leakage", "kang"): leakage})
             if f.claim.metric != "score_cell_type"}  # fmt: skip
    assert found["Table 13"].verdict == "holds" and found["Table 13"].study == "leakage"
    assert found["Table 14"].comparison.n_questions == 4, "a seed is the unit, not a fold"
    lost = next(f for f in examine(empty, analyses={("leakage", "kang"): leakage})
                if f.claim.metric == "score_cell_type")  # fmt: skip
    assert lost.verdict == "reversed", "0.2 less than before, of which 0.05 were allowed"
