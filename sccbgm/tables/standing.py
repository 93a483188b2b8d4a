"""Where every method stands: between floor and ceiling, and against the first one by its test."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from sccbgm.metrics.registry import METRICS, headline
from sccbgm.protocol.variants import DEFAULT
from sccbgm.tables.comparisons import NothingToCompare
from sccbgm.tables.names import Names
from sccbgm.tables.paired import QUESTION, interval
from sccbgm.tables.paired_table import competitors, paired, shown_by_test
from sccbgm.tables.rescaled import FLOOR, PLACE, rescaled

_NO_CEILINGS = pd.DataFrame(columns=[*PLACE, "value"]).astype({"value": float})

Place = tuple[str, str]
"""Dataset and metric."""


def standing(rows: pd.DataFrame, ceilings: pd.DataFrame, names: Names) -> pd.DataFrame:
    """A line a dataset and run, by the dataset's headline metric.

    rows: tidy rows of a study. ceilings: scores of real cells, of the datasets that have them.
    Columns: dataset, metric, label, method, control, rows (index labels of the values behind it),
    value (mean over questions of means over seeds), floor and ceiling (means over the same
    questions), score, low, high (of the questions that have one, with its interval of 95 % by
    resampling questions and seeds; none of a single question), questions, reference, than
    ("better", "worse", "not shown", "" of the reference), p_holm, than_floor (as than, against
    doing nothing). Of default variants and the recommended preset.
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
    found = []
    for dataset, part in rows.groupby("dataset", sort=False, observed=True):
        # The order of the study is that of all rows: the first with a value may be of any metric.
        order = part["metric"].unique()
        part = part[part["value"].notna() & (part["variant"] == DEFAULT)]
        metric = headline(str(id) for id in order if id in set(part["metric"]))
        if metric and part["method"].nunique() > 1:
            found.append((str(dataset), metric))
    return found


def _lines(rows: pd.DataFrame, ceilings: pd.DataFrame, names: Names) -> Iterator[dict[str, object]]:
    rows = rows[(rows["variant"] == DEFAULT) & (rows["preset"] == "recommended")]
    known = ceilings if len(ceilings) else _NO_CEILINGS
    scored = rescaled(rows[rows["value"].notna()], known)
    scored = competitors(scored, names)
    metric = str(rows["metric"].iloc[0])
    tested, reference = _tests(rows, metric, names)
    than, p_holm = tested["than"].to_dict(), tested["p_holm"].to_dict()
    against_floor, floor = _tests(rows, metric, names, FLOOR)
    than_floor = {} if floor == reference else against_floor["than"].to_dict()
    for label, part in scored.groupby("label", observed=True, sort=True):
        by_question = part.groupby(list(QUESTION), observed=True)
        ends = by_question[["value", "floor", "ceiling"]].mean().mean()
        scores = [s["score"].dropna().to_numpy() for _, s in by_question]
        scores = [s for s in scores if len(s)]
        ends_of_score = (np.nan, np.nan)
        if len(scores) > 1:  # of a single one nothing says how far another would be
            ends_of_score = interval(scores, "standing", metric, str(label))
        yield {
            "dataset": str(part["dataset"].iloc[0]),
            "metric": metric,
            "label": str(label),
            "method": (method := str(part["method"].iloc[0])),
            "control": names.is_control(method),
            "rows": " ".join(map(str, part.index)),
            **{str(name): float(mean) for name, mean in ends.items()},
            "score": float(np.mean([s.mean() for s in scores])) if scores else np.nan,
            **dict(zip(("low", "high"), ends_of_score, strict=True)),
            "questions": by_question.ngroups,
            "reference": reference,
            "than": than.get(str(label), ""),
            "p_holm": p_holm.get(str(label), np.nan),
            "than_floor": than_floor.get(str(label), ""),
        }


def _tests(
    rows: pd.DataFrame, metric: str, names: Names, against: str = ""
) -> tuple[pd.DataFrame, str]:
    """By label: `than`, what the test shows, and its `p_holm`; and the run that all face."""
    try:
        found = paired(rows, metric, names, against)
    except NothingToCompare:
        return pd.DataFrame(columns=["than", "p_holm"]), ""
    lines = found.lines.set_index("label")
    return lines.assign(than=shown_by_test(lines)), found.reference


def sentences(table: pd.DataFrame) -> Iterator[str]:
    """What the tests show, a sentence a dataset; nothing is called better without its test."""
    of_study = ["dataset", "metric", "reference"]
    for (dataset, metric, reference), part in table.groupby(of_study, sort=False):
        title = METRICS[str(metric)].title
        if not reference:
            yield f"{dataset}, {title}: no two methods answered the same question."
            continue
        n = int(part["questions"].max())
        for column, other in (("than", reference), ("than_floor", "no edit")):
            if (part[column] != "").any():
                yield (
                    f"{dataset}, {title}, {n} question{'s' * (n != 1)}, than {other}: "
                    f"{_said(part, column)}."
                )


def _said(lines: pd.DataFrame, column: str) -> str:
    """Which runs the tests show to be better and worse, and of how many they show nothing."""
    tested = lines[lines[column] != ""]
    said = [
        f"{than}: {', '.join(some['label'])}"
        for than in ("better", "worse")
        if len(some := tested[tested[column] == than])
    ]
    rest = int((tested[column] == "not shown").sum())
    return "; ".join([*said, f"no difference shown for {rest} of {len(tested)}"])
