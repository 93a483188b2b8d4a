"""The catalogue's declarations of its metrics."""

from __future__ import annotations

from sccbgm.metrics.registry import METRICS


def test_printed_names_are_told_apart() -> None:
    titles = [metric.title.casefold() for metric in METRICS.values()]
    assert len(set(titles)) == len(titles)


def test_the_best_value_fits_the_direction() -> None:
    best = {"lower": 0.0, "higher": 1.0, "none": 1.0}
    assert {id: m.best for id, m in METRICS.items()} == {
        id: best[m.direction] for id, m in METRICS.items()
    }
