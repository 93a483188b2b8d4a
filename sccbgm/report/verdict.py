"""The rule by which a number of a run agrees with the published one, fixed before any was seen.

Two means m (ours) and m' (published) agree where

    |m - m'| <= r + t(0.975, df) sqrt(e^2 + e'^2)

with their standard errors e and e', the quantile t of Student's distribution with the degrees of
freedom of Welch and Satterthwaite, and the rounding r, half a unit of the last printed digit. The
rule does not know which number is better. Of N numbers that are equal in truth, 0.05 N differ by
chance. Where the paper prints no spread, e' is 0 and only rounding and our own error count.

A standard deviation over runs becomes an error by dividing by sqrt(n). Where runs of several tasks
are pooled it holds the differences between tasks as well, which both means share: the rule is then
lenient.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

LEVEL = 0.05
"""Share of equal numbers that the rule calls different."""

Kind = Literal["agrees", "differs", "not comparable", "not run"]
KINDS: tuple[Kind, ...] = ("agrees", "differs", "not comparable", "not run")

_RUNS = re.compile(r"(\d+) (?:seeds?|subtypes?|interventions?|held-out|datasets?)\b")


@dataclass(frozen=True)
class Estimate:
    """A mean with its standard error; n: the number of values behind the error, 0 if unknown."""

    mean: float
    error: float = 0.0
    n: int = 0


@dataclass(frozen=True)
class Verdict:
    """The verdict on one published number.

    units: our mean minus the published one, in standard errors of the difference (NaN where none is
    known). tolerance: the largest difference that agrees. reason: why it is not comparable or was
    not run, "" otherwise.
    """

    kind: Kind
    difference: float = math.nan
    units: float = math.nan
    tolerance: float = math.nan
    reason: str = ""

    @property
    def text(self) -> str:
        """The words of a table: "differs (higher)", "not run: ..."."""
        if self.kind == "differs" and not math.isnan(self.difference):
            return f"differs ({'higher' if self.difference > 0 else 'lower'})"
        return f"{self.kind}: {self.reason}" if self.reason else self.kind


def judge(ours: Estimate, published: Estimate, rounding: float) -> Verdict:
    """The verdict of two numbers of the same quantity at the same size of study."""
    from scipy.stats import t

    difference = ours.mean - published.mean
    error = math.hypot(ours.error, published.error)
    tolerance = rounding
    if error > 0:
        tolerance += float(t.ppf(1 - LEVEL / 2, degrees_of_freedom(ours, published))) * error
    # Decimal fractions have no exact binary form: a difference of just the rounding agrees.
    agrees = abs(difference) <= tolerance * (1 + 1e-9)
    units = difference / error if error > 0 else math.nan
    return Verdict("agrees" if agrees else "differs", difference, units, tolerance)


def judge_bound(ours: float, published: float) -> Verdict:
    """The verdict on a printed upper bound: agrees where our number is not above it."""
    kind: Kind = "agrees" if ours <= published else "differs"
    return Verdict(kind, ours - published)


def degrees_of_freedom(a: Estimate, b: Estimate) -> float:
    """Welch and Satterthwaite, (e^2 + e'^2)^2 / (e^4 / (n - 1) + e'^4 / (n' - 1)).

    An error whose n is not known counts as exact, so that it cannot make the rule more lenient.
    """
    parts = [e.error**4 / (e.n - 1) for e in (a, b) if e.error > 0 and e.n > 1]
    total = (a.error**2 + b.error**2) ** 2
    return total / sum(parts) if sum(parts) > 0 else math.inf


def rounding(printed: str) -> float:
    """Half a unit of the last printed digit: 0.0005 for "0.112", 5e-5 for "1e-4", 0 for none."""
    mantissa, _, exponent = printed.strip().lower().partition("e")
    if not mantissa:
        return 0.0
    decimals = len(mantissa.partition(".")[2])
    return 0.5 * 10.0 ** (int(exponent or 0) - decimals)


def published_runs(note: str) -> int:
    """Runs behind a published cell, from its note: 8 for "4 seeds; pooled over 2 subtypes"."""
    found = [int(number) for number in _RUNS.findall(note)]
    return math.prod(found) if found else 0


def standard_error(spread: float, is_sem: bool, n: int) -> float:
    """The error of a mean from its printed spread; 0 where there is none or n is not known."""
    if math.isnan(spread):
        return 0.0
    if is_sem:
        return spread
    return spread / math.sqrt(n) if n else 0.0
