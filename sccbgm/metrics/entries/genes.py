"""Recall of differentially expressed genes, as the authors' reference code has it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sccbgm.metrics import expression
from sccbgm.metrics.entries.blind import RECALLS
from sccbgm.metrics.metric import Metric


def _recall(suffix: str, control: expression.Control) -> list[Metric]:
    against = {"train": "all training cells", "intervene": "the intervened cells"}[control]
    kinds: dict[str, tuple[str, Callable[..., float]]] = {
        "de_recall_up": ("up-regulated", partial(expression.de_recall, side="up", control=control)),
        "de_recall_down": (
            "down-regulated",
            partial(expression.de_recall, side="down", control=control),
        ),
        "de_recall": ("DE", partial(expression.de_recall_mean, control=control)),
    }
    return [
        Metric(
            id=f"{id}{suffix}",
            title=f"Recall of {kind} genes against {against}",
            formula="|true ∩ predicted| / |true|",
            direction="higher",
            best=1.0,
            space="genes",
            estimator="scanpy Wilcoxon, adjusted p < 0.001 (truth) and < 0.05 (prediction)",
            citation="authors' reference code",
            function=function,
            blind=RECALLS,
            min_cells=2,
        )
        for id, (kind, function) in kinds.items()
    ]


GENES = (*_recall("", "train"), *_recall("_vs_intervene", "intervene"))
