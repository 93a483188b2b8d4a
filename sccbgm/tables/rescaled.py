"""Scores between a floor and a ceiling: 0 is doing nothing, 1 is a draw of the truth."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sccbgm.metrics.registry import METRICS, Metric

FLOOR = "no_edit"
"""The method that scores 0."""
LEVEL = 0.05
PLACE = ["dataset", "task", "target", "metric"]


def rescaled(rows: pd.DataFrame, ceilings: pd.DataFrame) -> pd.DataFrame:
    """Tidy rows with their score on the way from floor to ceiling.

    score = (f − v) / (f − c), in losses: v the row's value, f the mean over the seeds of no edit
    (or the floor that the metric declares), c the mean over the repeats of
    `sccbgm.metrics.ceiling`. A loss is the value itself, its negative where higher is better, or
    its distance from the best value where there is no direction. Not clipped.

    Columns added: floor, ceiling, ceiling_low and ceiling_high (the interval of 95 % of the
    repeats), score, and unscored: why there is none though the row has a value. There is none
    where the floor is no worse than the worst of that interval: then nothing lies between.
    """
    scale = _scale(rows, ceilings)
    table = rows.merge(scale, on=PLACE, how="left", validate="many_to_one")
    table.index = rows.index
    floor, ceiling = _losses(table, "floor"), _losses(table, "ceiling")
    worst = np.fmax(_losses(table, "ceiling_low"), _losses(table, "ceiling_high"))
    between = floor > worst
    way = np.where(between, floor - ceiling, np.nan)
    unscored = np.select(
        [table["value"].isna(), np.isnan(floor), np.isnan(ceiling), ~between],
        ["", "no floor", "no ceiling", "the floor is no worse than draws of the truth"],
        default="",
    )
    return table.assign(score=(floor - _losses(table, "value")) / way, unscored=unscored)


def _scale(rows: pd.DataFrame, ceilings: pd.DataFrame) -> pd.DataFrame:
    """Floor and ceiling of each (dataset, task, target, metric)."""
    at_rest = rows[(rows["method"] == FLOOR) & rows["value"].notna()]
    floor = at_rest.groupby(PLACE, observed=True)["value"].mean().rename("floor")
    of_truth = ceilings.dropna(subset="value").groupby(PLACE, observed=True)["value"]
    scale = (
        pd.DataFrame(
            {
                "floor": floor,
                "ceiling": of_truth.mean(),
                "ceiling_low": of_truth.quantile(LEVEL / 2),
                "ceiling_high": of_truth.quantile(1 - LEVEL / 2),
            }
        )
        .rename_axis(PLACE)
        .reset_index()
    )
    declared = scale["metric"].map(lambda id: METRICS[id].floor).astype(float)
    return scale.assign(floor=declared.fillna(scale["floor"]))


def loss(metric: Metric, values: pd.Series) -> pd.Series:
    """Values of a metric so that lower is better: as `rescaled` says."""
    if metric.direction == "none":
        return (values - metric.best).abs()
    return -values if metric.direction == "higher" else values


def _losses(table: pd.DataFrame, column: str) -> np.ndarray:
    losses = pd.Series(np.nan, index=table.index)
    for id, part in table.groupby("metric", observed=True)[column]:
        losses[part.index] = loss(METRICS[str(id)], part)
    return losses.to_numpy()
