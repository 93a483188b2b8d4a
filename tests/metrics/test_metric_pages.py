"""The page of docs/metrics.md is the one that the metrics declare."""

from pathlib import Path

from sccbgm.metrics.pages import page
from sccbgm.metrics.registry import METRICS


def test_page_is_current():
    path = Path(__file__).parents[2] / "docs" / "metrics.md"
    assert path.read_text(encoding="utf-8") == page(), (
        "run: python -m sccbgm.metrics.pages docs/metrics.md"
    )


def test_every_metric_says_what_it_is_blind_to():
    assert all(len(metric.blind) > 10 and metric.blind.endswith(".") for metric in METRICS.values())
