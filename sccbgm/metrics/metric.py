"""A metric's declaration, and those that kinds of metrics have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from sccbgm.metrics.comparison import Comparison


@dataclass(frozen=True)
class Metric:
    """One metric.

    title: its printed name. function: where `ratio`, a distance (target, other) -> float of two
    samples, which enters as D(T, P) / (min_g D(T, S_g) + 1e-8); else (comparison) -> float. Either
    may raise `Missing`. best: the value of a perfect prediction. space: what the cells are given
    in; "x" is whatever the task has, principal components or genes. blind: what it does not see,
    as the panel of adversaries shows.
    min_cells: fewest predictions that the metric is defined for. published_floor: fewest cells of
    a training population that the authors' reference code takes as denominator.
    unbiased: the distance is estimated without bias, below 0 as often as above where nothing
    differs; below 0 it counts 0 in the ratio. floor: the value of the worst prediction, of a metric
    that a copy of the cell does well by; None where that copy is the floor. rowwise: in a paired
    task row i is compared with its own truth. resampled: the ratio metric whose distance stands for
    this one where parts of the target are compared, itself if "". asked: its function takes the
    answers of a fit to questions of its own (`checks.Answers`), not a comparison.
    """

    id: str
    title: str
    formula: str
    direction: Literal["lower", "higher", "none"]
    best: float
    space: Literal["pcs", "x", "genes"]
    estimator: str
    citation: str
    function: Callable[..., float]
    blind: str
    ratio: bool = False
    paired: bool = False
    min_cells: int = 1
    published_floor: int = 0
    unbiased: bool = False
    floor: float | None = None
    rowwise: bool = False
    resampled: str = ""
    asked: bool = False


def ratio(
    id: str,
    title: str,
    distance: str,
    estimator: str,
    citation: str,
    function: Callable[..., float],
    blind: str,
    **more: Any,
) -> Metric:
    """A distance to the target over that of the closest training population."""
    above = "max(D(T, P), 0)" if more.get("unbiased") else "D(T, P)"
    formula = f"{above} / (min_g D(T, S_g) + 1e-8), D = {distance}"
    return Metric(
        id=id,
        title=title,
        formula=formula,
        direction="lower",
        best=0.0,
        space="pcs",
        estimator=estimator,
        citation=citation,
        function=function,
        blind=blind,
        ratio=True,
        min_cells=2,
        **more,
    )


def paired(
    id: str,
    title: str,
    formula: str,
    higher: bool,
    in_genes: bool,
    error: Callable[..., float],
    blind: str,
) -> Metric:
    """An error or likeness of cells and their own true counterfactuals."""

    def function(comparison: Comparison) -> float:
        truth = comparison.truth_in_genes if in_genes else comparison.truth
        return error(comparison.predicted.cells, truth)

    return Metric(
        id=id,
        title=title,
        formula=formula,
        direction="higher" if higher else "lower",
        best=1.0 if higher else 0.0,
        space="genes" if in_genes else "x",
        estimator="mean over paired cells, each with its own true counterfactual",
        citation="authors' reference code",
        function=function,
        blind=blind,
        paired=True,
        rowwise=True,
    )


def noise_free(
    id: str, title: str, formula: str, function: Callable[..., float], blind: str
) -> Metric:
    """An error against what only the generator of the cells knows."""
    return Metric(
        id=id,
        title=title,
        formula=formula,
        direction="lower",
        best=0.0,
        space="x",
        estimator="against the expectation given the true rates, before counting noise",
        citation="diagnostic of this project",
        function=function,
        blind=blind,
        paired=True,
        rowwise=True,
    )


def score(
    id: str,
    title: str,
    formula: str,
    estimator: str,
    citation: str,
    function: Callable[..., float],
    blind: str,
    space: Literal["x", "genes"] = "x",
    rowwise: bool = False,
    min_cells: int = 2,
    floor: float | None = None,
) -> Metric:
    """A score that is higher for better predictions, and 1 for a perfect one."""
    return Metric(
        id=id,
        title=title,
        formula=formula,
        direction="higher",
        best=1.0,
        space=space,
        estimator=estimator,
        citation=citation,
        function=function,
        blind=blind,
        min_cells=min_cells,
        floor=floor,
        rowwise=rowwise,
    )


def asked(
    id: str,
    title: str,
    formula: str,
    estimator: str,
    function: Callable[..., float],
    blind: str,
    higher: bool = False,
) -> Metric:
    """A check by questions that are asked of the fitted method itself."""
    return Metric(
        id=id,
        title=title,
        formula=formula,
        direction="higher" if higher else "lower",
        best=1.0 if higher else 0.0,
        space="x",
        estimator=f"{estimator}; of 200 intervened cells at most",
        citation="diagnostic of this project",
        function=function,
        blind=blind,
        asked=True,
    )
