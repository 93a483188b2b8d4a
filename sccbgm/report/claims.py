"""Sentences that the paper argues, each as a paired comparison on the runs at hand.

Both sides run under the preset "recommended", the rivals at their best. The comparisons asked are
corrected together (Holm), so that of all claims one is shown by chance in 20 runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from sccbgm.tables.paired import LEVEL, Comparison, compare, holm

Side = tuple[str, str, str]
"""Method, mode, variant."""

FM_EDIT: Side = ("sccbgm_fm", "edit", "default")
SCCBGM: Side = ("sccbgm", "edit", "default")


@dataclass(frozen=True)
class Claim:
    """A sentence, and the two sides that it compares; it holds where a is better.

    dataset: the paper's dataset, or the start of several datasets' ids; a reduced or seen version
    of it, `<dataset>_<anything>`, counts as well.
    """

    sentence: str
    dataset: str
    metric: str
    a: Side
    b: Side


def _leads(dataset: str, name: str) -> list[Claim]:
    rivals: tuple[tuple[str, Side], ...] = (
        ("Vanilla-FM", ("vanilla_fm", "edit", "default")),
        ("CVAE-FM", ("cvae_fm", "edit", "default")),
        ("biolord", ("biolord", "edit", "default")),
        ("CINEMA-OT", ("cinema_ot", "edit", "default")),
        ("scGen", ("scgen", "edit", "default")),
        ("a mean shift", ("mean_shift", "edit", "default")),
    )
    return [
        Claim(f"On {name}, scCBGM-FM (edit) is ahead of {rival}", dataset, "rmmd", FM_EDIT, side)
        for rival, side in rivals
    ]


CLAIMS: tuple[Claim, ...] = (
    *_leads("kang", "Kang"),
    *_leads("cui", "Cui"),
    *_leads("nault", "Nault"),
    Claim("On Kang, scCBGM is ahead of CBGM", "kang", "rmmd", SCCBGM, ("cbgm", "edit", "default")),
    Claim(
        "On Kang, editing a cell is ahead of decoding a new one (scCBGM-FM)",
        "kang", "rmmd", FM_EDIT, ("sccbgm_fm", "decode", "default"),
    ),
    Claim(
        "On Kang, the flow improves on scCBGM alone", "kang", "rmmd", FM_EDIT, SCCBGM
    ),
    Claim(
        "On Kang, a variational encoder is ahead of a plain one (AE)",
        "kang", "rmmd", SCCBGM, ("sccbgm_ae", "edit", "default"),
    ),
    Claim(
        "On Kang, skips in the decoder help", "kang", "rmmd", SCCBGM, ("sccbgm", "edit", "a04")
    ),
    Claim(
        "On Kang, cross-covariance is ahead of cosine",
        "kang", "rmmd", SCCBGM, ("sccbgm", "edit", "a02"),
    ),
    Claim(
        "On Kang, scCBGM-FM keeps subtypes better than Vanilla-FM",
        "kang", "subtype_accuracy", FM_EDIT, ("vanilla_fm", "edit", "default"),
    ),
    Claim(
        "On synthetic cells, skips in the decoder help",
        "synthetic", "mse", SCCBGM, ("sccbgm", "edit", "a04"),
    ),
    Claim(
        "On synthetic cells, scCBGM-FM (edit) is ahead of Vanilla-FM",
        "synthetic", "mse", FM_EDIT, ("vanilla_fm", "edit", "default"),
    ),
    Claim(
        "On synthetic cells, scCBGM is ahead of leaving the cell alone",
        "synthetic", "mse", SCCBGM, ("no_edit", "edit", "default"),
    ),
    *(
        Claim(
            f"With {kind} annotations, scCBGM is ahead of CBGM",
            "synthetic", "mse", ("sccbgm", "edit", f"{kind}_3"), ("cbgm", "edit", f"{kind}_3"),
        )
        for kind in ("incorrect", "irrelevant", "missing", "duplicate")
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """A claim and what the runs say: "holds", "reversed", "not shown" or "not run"."""

    claim: Claim
    verdict: str
    comparison: Comparison | None = None
    p_adjusted: float = float("nan")


def examine(rows: pd.DataFrame, claims: Sequence[Claim] = CLAIMS) -> list[Finding]:
    """Every claim on the tidy rows of a run, in order; one that was not run stays in the list."""
    found = [_compare(rows, claim) for claim in claims]
    adjusted = iter(holm([c.p for c in found if c is not None]))
    return [
        Finding(claim, "not run") if result is None else _finding(claim, result, next(adjusted))
        for claim, result in zip(claims, found, strict=True)
    ]


def _compare(rows: pd.DataFrame, claim: Claim) -> Comparison | None:
    dataset = rows["dataset"].astype(str)
    here = rows[(dataset == claim.dataset) | dataset.str.startswith(f"{claim.dataset}_")]
    return compare(here, claim.metric, (*claim.a, "recommended"), (*claim.b, "recommended"))


def _finding(claim: Claim, result: Comparison, adjusted: float) -> Finding:
    if adjusted > LEVEL or not result.better:
        return Finding(claim, "not shown", result, adjusted)
    return Finding(claim, "holds" if result.better == "a" else "reversed", result, adjusted)


def claims_table(findings: Sequence[Finding]) -> pd.DataFrame:
    """A line a claim, as it is written to a file. effect: log ratio where `logarithmic`."""
    lines = []
    for finding in findings:
        result = finding.comparison
        line: dict[str, object] = {
            "claim": finding.claim.sentence,
            "metric": finding.claim.metric,
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
            }
        lines.append(line)
    return pd.DataFrame(lines)
