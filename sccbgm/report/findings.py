"""What a run says of the claims: each a paired comparison, all corrected together (Holm).

Of all claims that compare two sides one is shown by chance in 20 runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from sccbgm.protocol.variants import CLEAN, DEFAULT, parse
from sccbgm.report.claims import CLAIMS, EVERY, Claim
from sccbgm.report.numbers import Analyses
from sccbgm.tables.paired import LEVEL, SCALES, Comparison, Run, compare, holm, question_means

CONTROLS = ("no_edit", "mean_shift", "mean_training", "true_shift")
"""Methods whose means stand beside those of both sides, as far as they ran."""


@dataclass(frozen=True)
class Finding:
    """A claim and what the runs say: "holds", "reversed", "not shown" or "not run".

    study: of the rows that answer it. means: of both sides and of the controls on the questions.
    """

    claim: Claim
    verdict: str
    comparison: Comparison | None = None
    p_adjusted: float = float("nan")
    study: str = ""
    means: str = ""


def examine(
    rows: pd.DataFrame, claims: Sequence[Claim] = CLAIMS, analyses: Analyses | None = None
) -> list[Finding]:
    """Every claim on the tidy rows of a run, in order; one that was not run stays in the list.

    rows: with a column "study" where a run has several: a claim is answered by the first that has
    both sides. analyses: rows of the analyses, which are studies of their own.
    """
    rows = pd.concat([rows, *_of_analyses(analyses or {})], ignore_index=True)
    study = rows.get("study", pd.Series("", rows.index)).fillna("").astype(str)
    # Studies in their order, the rows of a metric together: claims look at few of many rows.
    parts = {
        (str(id), str(metric)): part
        for (id, metric), part in rows.groupby([study, "metric"], sort=False, observed=True)
    }
    found = [_first(parts, claim) for claim in claims]
    p = {i: f.comparison.p for i, f in enumerate(found) if f.comparison and not f.verdict}
    adjusted = dict(zip(p, holm(list(p.values())), strict=True))
    return [_verdict(f, adjusted[i]) if i in adjusted else f for i, f in enumerate(found)]


def _first(parts: Mapping[tuple[str, str], pd.DataFrame], claim: Claim) -> Finding:
    """The claim on the first study that has both sides; one with a margin is decided."""
    a, b = ((*side, "recommended") for side in (claim.a, claim.b))
    for (study, metric), rows in parts.items():
        if metric != claim.metric:
            continue
        here = _rows_of(rows, claim)
        result = compare(here, claim.metric, a, b)
        if result is None:
            continue
        finding = Finding(claim, "", result, study=study, means=_means(here, claim.metric, a, b))
        return finding if claim.margin is None else replace(finding, verdict=_within(claim, result))
    return Finding(claim, "not run")


def _rows_of(rows: pd.DataFrame, claim: Claim) -> pd.DataFrame:
    """The rows of the claim's datasets; points of a grid as questions of their own."""
    dataset = rows["dataset"].astype(str)
    here = rows[(dataset == claim.dataset) | dataset.str.startswith(f"{claim.dataset}_")]
    if claim.a[2] != EVERY:
        return here
    variants = [set(here.loc[here["method"] == side[0], "variant"]) for side in (claim.a, claim.b)]
    both = {v for v in set.intersection(*variants) if parse(v).kind == CLEAN and v != DEFAULT}
    points = here[here["variant"].isin(both)]
    task = points["task"].astype(str) + "/" + points["variant"].astype(str)
    controls = here[here["method"].isin(CONTROLS)]
    return pd.concat([points.assign(task=task, variant=EVERY), controls])


def _within(claim: Claim, result: Comparison) -> str:
    """Whether a is worse than b by more than the margin: the whole interval decides.

    The interval of a single question knows of no other.
    """
    assert claim.margin is not None
    if result.n_questions < 2:
        return "not shown"
    sign = -1.0 if SCALES[claim.metric].direction == "higher" else 1.0
    least, most = sorted((sign * result.low, sign * result.high))
    if most <= claim.margin:
        return "holds"
    return "reversed" if least > claim.margin else "not shown"


def _verdict(finding: Finding, adjusted: float) -> Finding:
    result = finding.comparison
    assert result is not None
    said = "not shown"
    if adjusted <= LEVEL and result.better:
        said = "holds" if result.better == "a" else "reversed"
    return replace(finding, verdict=said, p_adjusted=adjusted)


def _means(rows: pd.DataFrame, metric: str, a: Run, b: Run) -> str:
    """Means over the questions of both sides, then of the controls, as far as they ran on them."""
    runs = {"first": a, "second": b} | {
        name.replace("_", " "): (name, "edit", "default", "recommended") for name in CONTROLS
    }
    means = question_means(rows, metric, runs).dropna(subset=["first", "second"])
    return ", ".join(f"{name} {value:.4g}" for name, value in means.mean().dropna().items())


def _of_analyses(analyses: Analyses) -> list[pd.DataFrame]:
    """Scores, AUROCs and reconstruction errors as tidy rows, the analysis as their study."""
    parts = []
    for (name, dataset), rows in analyses.items():
        shared = {"dataset": dataset, "study": name, "target": "", "preset": "recommended"}
        if name == "leakage":
            scores = rows[rows["metric"] == "mean_classifier_score"]
            kind = "score_" + scores["classifier"].astype(str)
            parts.append(scores.assign(metric=kind, task=scores["group"], variant=scores["stage"],
                                       mode="edit", **shared))  # fmt: skip
            units = rows[rows["metric"] == "auroc"]
            # A seed is a split and a training: the unit of which several are there.
            task = "seed " + units["seed"].astype(str)
            means = units.assign(task=task).groupby(["method", "metric", "task", "group", "seed"])
            table = means["value"].mean().reset_index().rename(columns={"group": "variant"})
            parts.append(table.assign(mode="edit", **shared))
        if name == "reconstruction":
            task = "seed " + rows["seed"].astype(str)
            parts.append(rows.assign(task=task, variant=DEFAULT, **shared))
    return parts


def claims_table(findings: Sequence[Finding]) -> pd.DataFrame:
    """A line a claim, as it is written to a file. effect: log ratio where `logarithmic`."""
    lines = []
    for finding in findings:
        claim, result = finding.claim, finding.comparison
        line: dict[str, object] = {
            "claim": claim.sentence,
            "paper": claim.source,
            "metric": claim.metric,
            "verdict": finding.verdict,
        }
        if result is not None:
            line |= {
                "effect": result.effect,
                "low": result.low,
                "high": result.high,
                "logarithmic": result.logarithmic,
                "questions": result.n_questions,
                "wins": result.wins,
                "p": result.p,
                "p_adjusted": finding.p_adjusted,
                "means": finding.means,
                "study": finding.study,
            }
        lines.append(line)
    return pd.DataFrame(lines)
