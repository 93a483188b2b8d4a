"""The page of all metrics, written from their declarations.

`python -m sccbgm.metrics.pages docs/metrics.md` writes it; a test keeps it current.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sccbgm.metrics.metric import Metric
from sccbgm.metrics.registry import METRICS

_DIRECTIONS = {
    "lower": "lower is better",
    "higher": "higher is better",
    "none": "neither lower nor higher is better",
}
_HEAD = """# Metrics

T are the cells of the target, P the predicted cells, I the intervened cells, S_g the training
cells of population g; x'_i is the true counterfactual of cell i. No single number is to be trusted
alone: each says here what it is blind to, and [adversaries](adversaries.md) shows it.
"""


def page() -> str:
    """Markdown: an entry a metric."""
    return "\n".join([_HEAD, *map(_entry, METRICS.values())]).rstrip() + "\n"


def _entry(metric: Metric) -> str:
    needs = "true counterfactuals" if metric.paired else ""
    facts = {
        "formula": metric.formula,
        "direction": f"{_DIRECTIONS[metric.direction]}, {metric.best:g} is perfect",
        "estimator": metric.estimator,
        "needs": needs,
        "blind to": metric.blind,
        "citation": metric.citation,
    }
    lines = [f"- **{name}**: {text}" for name, text in facts.items() if text]
    return "\n".join([f"## {metric.title}", "", f"`{metric.id}`", "", *lines, ""])


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
