"""Verdicts on the paper's claims, on runs in which they hold, fail or cannot be seen."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sccbgm.report.claims import CLAIMS, Claim, claims_table, examine

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
    claims = [Claim(f"a before b on {d}", d, "rmmd", A, B) for d in datasets]
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
    from sccbgm.metrics.registry import METRICS

    for claim in CLAIMS:
        assert claim.metric in METRICS
        for method, mode, _ in (claim.a, claim.b):
            assert method in METHODS
            assert mode in get(method).modes
    assert len({claim.sentence for claim in CLAIMS}) == len(CLAIMS)
