"""Where every method stands: between floor and ceiling, and against the first one by its test."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from sccbgm.metrics.registry import METRICS
from sccbgm.protocol.variants import DEFAULT
from sccbgm.tables.comparisons import NothingToCompare
from sccbgm.tables.names import Names
from sccbgm.tables.paired import LEVEL, QUESTION, interval
from sccbgm.tables.paired_table import competitors, paired
from sccbgm.tables.rescaled import FLOOR, PLACE, rescaled

HEADLINE = "composite"
"""The metric that no adversary wins; where a dataset has it not, the first of its study."""

_NO_CEILINGS = pd.DataFrame(columns=[*PLACE, "value"]).astype({"value": float})

Place = tuple[str, str]
"""Dataset and metric."""


def standing(rows: pd.DataFrame, ceilings: pd.DataFrame, names: Names) -> pd.DataFrame:
    """A line a dataset and run, by the dataset's headline metric.

    rows: tidy rows of a study. ceilings: scores of real cells, of the datasets that have them.
    Columns: dataset, metric, label, method, control, rows (index labels of the values behind it),
    value (mean over questions of means over seeds), floor and ceiling (means over the same
    questions), score, low, high (of the questions that have one, with its interval of 95 % by
    resampling questions and seeds), questions, reference, than ("better", "worse",
    "not shown", "" of the reference), p_holm. Of default variants and the recommended preset.
    """
    lines = [
        line
        for dataset, metric in headlines(rows)
        for line in _lines(
            rows[(rows["dataset"] == dataset) & (rows["metric"] == metric)], ceilings, names
        )
    ]
    return pd.DataFrame(lines)


def headlines(rows: pd.DataFrame) -> list[Place]:
    """The metric by which each dataset is summed up, of datasets on which several methods ran."""
    some = rows[rows["value"].notna() & (rows["variant"] == DEFAULT)]
    found = []
    for dataset, part in some.groupby("dataset", sort=False, observed=True):
        directed = [id for id in part["metric"].unique() if METRICS[id].direction != "none"]
        if directed and part["method"].nunique() > 1:
            metric = HEADLINE if HEADLINE in directed else directed[0]
            found.append((str(dataset), str(metric)))
    return found


def _lines(rows: pd.DataFrame, ceilings: pd.DataFrame, names: Names) -> Iterator[dict[str, object]]:
    rows = rows[(rows["variant"] == DEFAULT) & (rows["preset"] == "recommended")]
    known = ceilings if len(ceilings) else _NO_CEILINGS
    scored = rescaled(rows[rows["value"].notna()], known)
    scored = competitors(scored, names)
    metric = str(rows["metric"].iloc[0])
    than, p_holm, reference = _tests(rows, metric, names)
    for label, part in scored.groupby("label", observed=True, sort=True):
        by_question = part.groupby(list(QUESTION), observed=True)
        ends = by_question[["value", "floor", "ceiling"]].mean().mean()
        scores = [s["score"].dropna().to_numpy() for _, s in by_question]
        scores = [s for s in scores if len(s)]
        low, high = interval(scores, "standing", metric, str(label)) if scores else (np.nan,) * 2
        yield {
            "dataset": str(part["dataset"].iloc[0]),
            "metric": metric,
            "label": str(label),
            "method": (method := str(part["method"].iloc[0])),
            "control": names.is_control(method),
            "rows": " ".join(map(str, part.index)),
            **{str(name): float(mean) for name, mean in ends.items()},
            "score": float(np.mean([s.mean() for s in scores])) if scores else np.nan,
            "low": low,
            "high": high,
            "questions": by_question.ngroups,
            "reference": reference,
            "than": than.get(str(label), ""),
            "p_holm": p_holm.get(str(label), np.nan),
        }


def _tests(
    rows: pd.DataFrame, metric: str, names: Names
) -> tuple[dict[str, str], dict[str, float], str]:
    """By label: what the test shows, and its adjusted p; and the run that all are compared with."""
    try:
        found = paired(rows, metric, names)
    except NothingToCompare:
        return {}, {}, ""
    lines = found.lines.set_index("label")
    shown = (lines["p_holm"] <= LEVEL) & (lines["better"] != "")
    than = lines["better"].map({"a": "better", "b": "worse"}).where(shown, "not shown")
    labels = [str(label) for label in lines.index]
    tested = dict(zip(labels, than, strict=True)), dict(zip(labels, lines["p_holm"], strict=True))
    return *tested, found.reference


def sentences(table: pd.DataFrame) -> Iterator[str]:
    """What the tests show, a sentence a dataset; nothing is called better without its test."""
    for (dataset, metric), part in table.groupby(["dataset", "metric"], sort=False):
        title = METRICS[str(metric)].title
        reference = part["reference"].iloc[0]
        if not reference:
            yield f"{dataset}, {title}: no two methods answered the same question."
            continue
        tested = part[part["than"] != ""]
        said = [
            f"{than} than {reference}: {', '.join(some['label'])}"
            for than in ("better", "worse")
            if len(some := tested[tested["than"] == than])
        ]
        rest = int((tested["than"] == "not shown").sum())
        n = int(part["questions"].max())
        yield (
            f"{dataset}, {title}, {n} question{'s' * (n != 1)}: "
            + "; ".join([*said, f"no difference shown for {rest} of {len(tested)}"])
            + "."
        )
        floor = part[part["method"] == FLOOR]
        below = part[(part["score"] < 0) & (part["high"] < 0)]
        if len(floor) and len(below):
            yield f"Farther off than no edit on {dataset}: {', '.join(below['label'])}."
