"""Every run against one of them, on the questions that both answered."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sccbgm.tables.comparisons import RUN, NothingToCompare, labelled
from sccbgm.tables.names import Names
from sccbgm.tables.paired import LEVEL, Comparison, compare, holm, ranks

POWER = 0.8


@dataclass(frozen=True)
class Paired:
    """The comparisons of a table. lines: label, run, effect, low, high, p, p_holm, wins, questions,
    rank. reference: the printed name of the run that all others are compared with. said: what can
    be shown with so many questions.
    """

    lines: pd.DataFrame
    reference: str
    said: str


def competitors(rows: pd.DataFrame, names: Names) -> pd.DataFrame:
    """Rows of what competes: methods, and controls that see no target cell; with their labels."""
    declared = {method: names.declared(method) for method in rows["method"].unique()}
    blind = [m for m, found in declared.items() if found is None or not found.sees_targets]
    return labelled(rows[rows["method"].isin(blind)], names)


def paired(rows: pd.DataFrame, metric: str, names: Names, against: str = "") -> Paired:
    """Compare all runs of tidy rows with one of them, on the questions that both answered.

    against: id of that one's method; by default the first in the order of the tables. p-values are
    adjusted (Holm) for these comparisons. Raises NothingToCompare where nothing can be compared:
    fewer than two runs, no question that two of them answered, no run of that method.
    """
    rows = competitors(rows, names)
    runs = rows.drop_duplicates("label").sort_values("label")
    runs = runs.set_index("label")[RUN]
    run_of = dict(zip(map(str, runs.index), map(tuple, runs.to_numpy()), strict=True))
    reference = next((label for label, run in run_of.items() if against in ("", run[0])), "")
    found: dict[str, Comparison] = {}
    for label in (label for label in run_of if reference not in ("", label)):
        result = compare(rows, metric, run_of[label], run_of[reference])
        if result is not None:
            found[label] = result
    if not found:
        raise NothingToCompare(f"no two runs have a value of {metric} on the same question")
    table = pd.DataFrame(
        {
            "label": list(found),
            "effect": [c.effect for c in found.values()],
            "low": [c.low for c in found.values()],
            "high": [c.high for c in found.values()],
            "logarithmic": [c.logarithmic for c in found.values()],
            "better": [c.better for c in found.values()],
            "wins": [c.wins for c in found.values()],
            "questions": [c.n_questions for c in found.values()],
            "p": [c.p for c in found.values()],
            "p_holm": holm([c.p for c in found.values()]),
        }
    )
    table = table.merge(runs.reset_index().astype({"label": str}), on="label")
    n, of_all = int(table["questions"].max()), ranks(rows, metric)
    said = said_of_power(n, len(table))
    table["rank"] = math.nan
    if of_all is not None:
        table["rank"] = [of_all.mean.get(run_of[label], math.nan) for label in table["label"]]
        said += (
            f" Mean ranks over {of_all.n_questions} questions, that of {reference} is "
            f"{of_all.mean[run_of[reference]]:.2f}; critical difference {of_all.critical:.2f} "
            "(Nemenyi, 5 %)."
        )
    return Paired(table, reference, said)


def shown_by_test(lines: pd.DataFrame) -> pd.Series:
    """Of each comparison "better" or "worse" where its test says so, else "not shown"."""
    shown = (lines["p_holm"] <= LEVEL) & (lines["better"] != "")
    return lines["better"].map({"a": "better", "b": "worse"}).where(shown, "not shown")


def effects(lines: pd.DataFrame) -> tuple[dict[str, pd.Series], str]:
    """The effects of comparisons with their intervals by heading, and what they are."""
    logarithmic = lines["logarithmic"]
    kind = "quotient of the metrics" if logarithmic.all() else "difference of the metrics"
    if logarithmic.any() and not logarithmic.all():
        kind = "quotient of the metrics where both are positive, else their difference"
    names = {"effect": "Effect", "low": "from", "high": "to"}
    shown = {h: lines[name].where(~logarithmic, np.exp(lines[name])) for name, h in names.items()}
    return shown, kind


def said_of_power(n_questions: int, n_comparisons: int) -> str:
    """What so many questions can show, in a sentence."""
    size = detectable(n_questions, LEVEL / n_comparisons)
    asked = f"With {n_questions} questions and {n_comparisons} comparisons"
    if math.isinf(size):
        return f"{asked} no difference can be shown, however large it is."
    return (
        f"{asked} a difference of {size:.1f} standard deviations (of the differences between "
        f"questions) is shown with a probability of {POWER:.0%}, where it is the only one."
    )


def detectable(n: int, level: float) -> float:
    """Difference, in standard deviations of the n differences, that is found with `POWER`.

    Of a two-sided paired t-test, which the sign-flip test follows for normal differences
    (Lehmann and Romano 2005, section 15.2); infinite where the smallest p of all 2^n sign patterns,
    2^(1 - n), is above the level.
    """
    from scipy.optimize import brentq
    from scipy.stats import nct, t

    if n < 2 or 2.0 ** (1 - n) > level:
        return math.inf
    bound = t.ppf(1 - level / 2, n - 1)

    def lacking(size: float) -> float:
        return float(nct.sf(bound, n - 1, size * math.sqrt(n))) - POWER

    return float(brentq(lacking, 1e-6, 100.0))
