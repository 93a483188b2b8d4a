"""Methods compared on the same held-out questions: effects, intervals, tests, ranks.

The unit is the question, a (dataset, task, target): seeds repeat a training, not the biology, so
they are averaged within a question before anything is tested. Ratios and errors are compared as
logarithms, in which "half as far" weighs as much as "twice as far"; scores that can be 0 or
negative as they are.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sccbgm.metrics.registry import METRICS
from sccbgm.protocol.keys import generator


@dataclass(frozen=True)
class Scale:
    """Which values of a quantity are better ("lower", "higher", "none"), and its best value."""

    direction: str
    best: float


SCALES: dict[str, Scale] = {
    **{id: Scale(metric.direction, metric.best) for id, metric in METRICS.items()},
    "score_stim": Scale("higher", 1.0),
    "score_cell_type": Scale("higher", 1.0),
    "auroc": Scale("lower", 0.5),
    "mse_pca": Scale("lower", 0.0),
}
"""The metrics, and the quantities of the analyses that claims are about."""
Run = tuple[str, ...]
"""Method, mode, variant, preset."""
QUESTION = ("dataset", "task", "target")
_RUN = ("method", "mode", "variant", "preset")
EXACT = 14
"""Questions up to which all 2^n sign flips are counted; more are drawn."""
DRAWS = 20_000
LEVEL = 0.05


@dataclass(frozen=True)
class Comparison:
    """Run a against run b on the questions that both answered.

    effect: mean over questions of (a - b), or of log a - log b where `logarithmic`; low, high: its
    95 % interval, by resampling questions and seeds within them. p: two-sided sign-flip test of
    the questions' means. wins: questions on which a is better. better: "a", "b" or "" by the sign
    of the effect and the metric's direction.
    """

    n_questions: int
    effect: float
    low: float
    high: float
    p: float
    wins: int
    better: str
    logarithmic: bool


def compare(
    rows: pd.DataFrame, metric: str, a: tuple[str, ...], b: tuple[str, ...]
) -> Comparison | None:
    """Compare two runs, each named by (method, mode, variant, preset), on one metric.

    rows: tidy rows. None where no question has a value of both.
    """
    entry, pairs = SCALES[metric], _pairs(rows, metric, a, b)
    if pairs.empty:
        return None
    values = pairs[["value_a", "value_b"]].to_numpy(dtype=float)
    logarithmic = entry.best == 0.0 and bool((values > 0).all())
    if logarithmic:
        values = np.log(values)
    by_question = [
        part.to_numpy()
        for _, part in pd.Series(values[:, 0] - values[:, 1]).groupby(
            [pairs[name] for name in QUESTION], sort=True
        )
    ]
    means = np.array([part.mean() for part in by_question])
    effect = float(means.mean())
    low, high = interval(by_question, "paired", metric, *a, *b)
    sign = {"lower": -1.0, "higher": 1.0}.get(entry.direction, 0.0)
    return Comparison(
        n_questions=len(means),
        effect=effect,
        low=low,
        high=high,
        p=sign_flip(means, "sign flip", metric, *a, *b),
        wins=int((sign * means > 0).sum()),
        better="" if sign * effect == 0 else "a" if sign * effect > 0 else "b",
        logarithmic=logarithmic,
    )


def _pairs(rows: pd.DataFrame, metric: str, a: tuple[str, ...], b: tuple[str, ...]) -> pd.DataFrame:
    """The values of both runs, `value_a` and `value_b`, a line a question and seed."""
    of_metric = rows[(rows["metric"] == metric) & rows["value"].notna()]
    sides = [of_metric[(of_metric[list(_RUN)] == list(run)).all(axis=1)] for run in (a, b)]
    return sides[0].merge(sides[1], on=[*QUESTION, "seed"], suffixes=("_a", "_b"))


def question_means(rows: pd.DataFrame, metric: str, runs: Mapping[str, Run]) -> pd.DataFrame:
    """A line a question and a column a run, by its name: the mean over the run's seeds."""
    of_metric = rows[(rows["metric"] == metric) & rows["value"].notna()]
    columns = {}
    for name, run in runs.items():
        here = of_metric[(of_metric[list(_RUN)] == list(run)).all(axis=1)]
        columns[name] = here.groupby(list(QUESTION), observed=True)["value"].mean()
    return pd.DataFrame(columns)


@dataclass(frozen=True)
class TTest:
    """A paired t-test over questions: mean of a - b, and the two-sided p."""

    n_questions: int
    difference: float
    p: float


def t_test(rows: pd.DataFrame, metric: str, a: tuple[str, ...], b: tuple[str, ...]) -> TTest | None:
    """The paper's test (Fig. 13): plain differences, seeds averaged within a question.

    Questions of one cell type share cells, which the test does not know. None for fewer than two
    questions.
    """
    from scipy.stats import ttest_rel

    pairs = _pairs(rows, metric, a, b)
    means = pairs.groupby(list(QUESTION), observed=True)[["value_a", "value_b"]].mean()
    if len(means) < 2:
        return None
    test = ttest_rel(means["value_a"], means["value_b"])
    difference = float((means["value_a"] - means["value_b"]).mean())
    return TTest(len(means), difference, float(test.pvalue))


def sign_flip(differences: np.ndarray, *key: str) -> float:
    """p of the two-sided test that the differences are symmetric about 0.

    The share of sign patterns whose mean is at least as far from 0. All 2^n patterns up to
    `EXACT` differences; above, `DRAWS` random ones by `key`, with the observed one counted in, so
    that p is never 0.
    """
    n, observed = len(differences), abs(differences.mean())
    near = observed * (1 - 1e-12)  # sums of the same numbers in another order
    if n <= EXACT:
        signs = np.array(list(itertools.product((1.0, -1.0), repeat=n)))
        return float((np.abs(signs @ differences) / n >= near).mean())
    signs = generator(*key).choice([1.0, -1.0], (DRAWS, n))
    return float(((np.abs(signs @ differences) / n >= near).sum() + 1) / (DRAWS + 1))


def interval(by_question: Sequence[np.ndarray], *key: str) -> tuple[float, float]:
    """95 % percentile interval of the mean of question means; both levels are resampled.

    by_question: the values of each question's seeds. key: decides the draws.
    """
    rng, n = generator(*key), len(by_question)
    resampled = np.stack([part[rng.integers(0, len(part), (2000, len(part)))].mean(axis=1)
                          for part in by_question], axis=1)  # fmt: skip
    chosen = rng.integers(0, n, (2000, n))
    means = np.take_along_axis(resampled, chosen, axis=1).mean(axis=1)
    low, high = np.quantile(means, [LEVEL / 2, 1 - LEVEL / 2])
    return float(low), float(high)


def holm(p: Sequence[float]) -> list[float]:
    """p-values adjusted for their number (Holm 1979): reject where at most 0.05.

    The i-th smallest is multiplied by the number of those not smaller, and made monotone.
    """
    order = np.argsort(p)
    steps = np.asarray(p)[order] * np.arange(len(p), 0, -1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return [float(value) for value in adjusted]


@dataclass(frozen=True)
class Ranks:
    """Mean ranks over questions, 1 is best; two differ where by more than `critical`.

    critical: Nemenyi's difference q sqrt(k (k + 1) / (6 n)), q the 95 % point of the studentised
    range over sqrt(2) (Demsar 2006). p: Friedman's test that all are equal.
    """

    mean: pd.Series
    critical: float
    n_questions: int
    p: float


def ranks(rows: pd.DataFrame, metric: str) -> Ranks | None:
    """Ranks of all runs on the questions that every one of them answered, ties shared.

    rows: tidy rows of the runs to rank. None for fewer than 3 runs or 2 common questions.
    """
    from scipy.stats import friedmanchisquare, studentized_range

    some = rows[(rows["metric"] == metric) & rows["value"].notna()]
    means = some.groupby([*QUESTION, *_RUN], observed=True)["value"].mean()
    table = means.unstack(list(_RUN)).dropna()
    n, k = table.shape
    if k < 3 or n < 2:
        return None
    entry = METRICS[metric]
    worth = (table - entry.best).abs() if entry.direction == "none" else table
    order = worth.rank(axis=1, ascending=entry.direction != "higher")
    q = float(studentized_range.ppf(1 - LEVEL, k, np.inf)) / math.sqrt(2)
    return Ranks(
        mean=order.mean().sort_values(kind="stable"),
        critical=q * math.sqrt(k * (k + 1) / (6 * n)),
        n_questions=n,
        p=float(friedmanchisquare(*table.to_numpy().T).pvalue),
    )


def said_of_pairs(
    rows: pd.DataFrame, metrics: Sequence[str], a: tuple[str, ...], b: tuple[str, ...]
) -> list[str]:
    """A sentence a metric on a against b, each (method, mode, variant): the paper's test and ours.

    Sign-flip p-values are corrected for the number of metrics (Holm).
    """
    sides = (*a, "recommended"), (*b, "recommended")
    found = {metric: compare(rows, metric, *sides) for metric in metrics}
    compared = {metric: result for metric, result in found.items() if result is not None}
    adjusted = dict(zip(compared, holm([c.p for c in compared.values()]), strict=True))
    said = []
    for metric, result in compared.items():
        test = t_test(rows, metric, *sides)
        plain = f"{test.difference:+.3g}, paired t-test p = {test.p:.1e}" if test else "one pair"
        n_asked = rows.groupby(["dataset", "task", "target"], observed=True).ngroups
        without = n_asked - result.n_questions
        said.append(
            f"{METRICS[metric].title}: mean difference {plain}; sign-flip test p = "
            f"{adjusted[metric]:.1e}; lower on {result.wins:,} of {result.n_questions:,} pairs"
            f"{f', {without:,} more lack a value' if without else ''}."
        )
    return said
