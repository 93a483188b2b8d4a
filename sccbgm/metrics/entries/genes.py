"""Recall of differentially expressed genes, as the authors' reference code has it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sccbgm.metrics import expression, metric
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
        metric.score(
            f"{id}{suffix}",
            f"Recall of {kind} genes against {against}",
            "|true ∩ predicted| / |true|",
            "scanpy Wilcoxon, adjusted p < 0.001 (truth) and < 0.05 (prediction)",
            "authors' reference code",
            function,
            RECALLS,
            space="genes",
        )
        for id, (kind, function) in kinds.items()
    ]


GENES = (*_recall("", "train"), *_recall("_vs_intervene", "intervene"))
